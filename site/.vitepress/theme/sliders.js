// Which options have a slider, and from where to where: as the help says, else a factor of ten around the default,
// logarithmic. The field beside it takes any value.
const STEPS = 100

export function slider({ name, kind, default: [given], help }) {
  const start = Number(given)
  if (!['number', 'integer'].includes(kind) || given === undefined || !Number.isFinite(start)) return
  const [, from, to] = help.match(/from ([\d.]+) to (?:below )?([\d.]+)/) ?? help.match(/, ([\d.]+) to ([\d.]+)/) ?? []
  const below = help.match(/(?:below|<) ([\d.]+)/)?.[1]
  const [low, high] = [from === undefined ? -Infinity : Number(from), Number(to ?? below ?? Infinity)]
  const round = (value) => (kind === 'integer' ? Math.round(value) : Number(value.toPrecision(2)))
  let value, place
  if (start <= 0 || (high <= 1 && start >= 0.01)) {
    if (start < 0) return
    const [a, b] = [Math.max(low, 0), start > 0 ? high : Math.min(high, kind === 'integer' ? 10 : name.includes('step-size') ? 2 : 1)]
    const step = (b - a) / STEPS
    const last = below && b === high ? b - step : b
    const first = /above 0|> 0/.test(help) && a === 0 ? step : a
    value = (at) => first + ((last - first) * at) / STEPS
    place = (value) => ((value - first) / (last - first)) * STEPS
  } else {
    const [a, b] = [Math.max(low, start / 10, kind === 'integer' ? 1 : 0), Math.min(high, Math.max(start * 10, kind === 'integer' ? 10 : 0))]
    if (!(a < b)) return
    value = (at) => a * (b / a) ** (at / STEPS)
    place = (value) => (Math.log(value / a) / Math.log(b / a)) * STEPS
  }
  return {
    steps: STEPS,
    value: (at) => String(round(value(at))),
    place: (text) => Math.min(STEPS, Math.max(0, Math.round(place(Number(text)) || 0))),
  }
}
