// Which page shows which explorable, at the end of which of its sections (`##`), counted from 1.
const places = {
  deep_unfolding: { replay: 5, steps: 6 },
  sec3_du_gd: { descent: 5 },
  sec3_du_gd_quadratic: { steps: 5 },
  sec2_4_gradient_descent: { zigzag: 5 },
  sec3_training_modes: { replay: 5 },
  sec3_du_gd_least_squares: { replay: 5 },
}

export function explorablesOf(page) {
  const place = places[page.match(/(\w+)\.md$/)?.[1]] ?? {}
  return Object.entries(place).map(([name, section]) => ({ name, section }))
}
