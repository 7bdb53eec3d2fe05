// Every section of the book in WebAssembly, against the same run on the machine itself: `node --test playground/test.mjs`, after
// `playground/build`.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import * as playground from './pkg/playground.js'

playground.initSync({ module: readFileSync(new URL('pkg/playground_bg.wasm', import.meta.url)) })
const sections = JSON.parse(playground.sections())
for (const { needs } of sections) if (needs) playground.provide(readFileSync(new URL(`../${needs}`, import.meta.url)))

const times = []

// Where the last bits of a number grow. The machine fuses multiplications with additions and has vectors of another length, so
// the first step may differ in the 16th digit; these trainings multiply that by a factor each time. By table: the `rows` that
// are compared, how far the cells may lie apart (`within`), columns `without` meaning.
const TRAINED = { generation: { rows: 6 }, mse: { rows: 0 }, step_sizes: { rows: 0 } } // as sensitive as what is trained
const SENSITIVE = {
  sec2_4_reverse_mode: { history: { without: ['distance_from_candle'] } }, // a difference of equal numbers
  sec2_5_analytic: { history: { rows: 30 }, directions: { rows: 0 } }, // Adam's late spikes; residuals near 0
  sec2_5_2_compact_domain: { curves: { within: 1e-6 } }, // thousands of updates of a network
  sec3_du_gd_least_squares: TRAINED, // step sizes that make the error grow before it falls
  sec3_du_pgd: TRAINED, // the same
  sec3_rastrigin: TRAINED, // a start near a ridge falls to either side
  sec3_training_modes: { mse: { within: 1e-5 } }, // as least squares
  sec4_du_bqp: { step_sizes: { within: 1e-5 } }, // some are near 0
  sec5_consensus_schedules: { methods: { rows: 3 }, counted: { rows: 20 } }, // averages down to rounding errors
  sec6_lv_identification: { fits: { rows: 6 } }, // hundreds of updates through a long trajectory
  sec6_ritz_analytic: { rules: { within: 1e-2 } }, // errors of a quadrature, 1e-10 and less
}

// The same sections natively: a process that answers line by line.
const root = new URL('..', import.meta.url)
const native = spawn('cargo', ['run', '--release', '--quiet', '--locked', '-p', 'playground', '--example', 'native'], {
  cwd: root,
  stdio: ['pipe', 'pipe', 'inherit'],
})
const answers = createInterface({ input: native.stdout })[Symbol.asyncIterator]()
const natively = async (name, settings) => {
  native.stdin.write(JSON.stringify([name, settings]) + '\n')
  return JSON.parse((await answers.next()).value)
}
after(() => {
  native.stdin.end()
  times.sort((a, b) => b[1] - a[1])
  console.log(`slowest: ${times.slice(0, 8).map(([name, seconds]) => `${name} ${seconds.toFixed(1)} s`).join(', ')}`)
})

const settings = ({ start, start_with }) => [...(start === 'quick' ? ['--quick'] : []), ...start_with]

function run(name, settings) {
  const fractions = []
  const outcome = JSON.parse(playground.run(name, JSON.stringify(settings), fraction => fractions.push(fraction)))
  assert.ok(fractions.every(fraction => fraction >= 0 && fraction <= 1), `${name}: progress ${fractions}`)
  return outcome
}

// Cells by row and column; a name stays a text.
const cells = csv => csv.trimEnd().split('\n').map(line => line.split(',').map(cell => (isNaN(cell) ? cell : cell === '' ? NaN : Number(cell))))

// The largest difference of two tables, relative to the larger of two cells; what is rounding beside the largest entry of its
// column counts as 0.
function difference(table, other, { rows = Infinity, without = [] } = {}) {
  const [a, b] = [cells(table.csv), cells(other.csv)]
  assert.equal(a.length, b.length)
  assert.deepEqual(a[0], b[0])
  let most = { by: 0 }
  for (const [j, column] of a[0].entries()) {
    if (without.includes(column)) continue
    const largest = a.slice(1).reduce((most, row) => Math.max(most, Math.abs(row[j]) || 0), 0)
    for (let i = 1; i < a.length && i <= rows; i++) {
      const [x, y] = [a[i][j], b[i][j]]
      if (Object.is(x, y) || Math.abs(x - y) <= 1e-13 * largest) continue
      const by = Math.abs(x - y) / Math.max(Math.abs(x), Math.abs(y))
      if (!(by <= most.by)) most = { by, at: `${column}, row ${i}: ${x} and ${y}` }
    }
  }
  return most
}

for (const section of sections) {
  const { name } = section
  test(name, async () => {
    const expected = natively(name, settings(section))
    const start = performance.now()
    const outcome = run(name, settings(section))
    times.push([name, (performance.now() - start) / 1000])
    const other = await expected
    assert.equal(other.message, undefined)
    assert.equal(outcome.command, other.command)
    assert.deepEqual(outcome.configuration, other.configuration)
    for (const key of ['figures', 'tables']) assert.deepEqual(outcome[key].map(one => one.name), other[key].map(one => one.name))
    assert.deepEqual(outcome.parameters.map(p => [p.name, p.shape]), other.parameters.map(p => [p.name, p.shape]))
    for (const [index, table] of outcome.tables.entries()) {
      const { by, at } = difference(table, other.tables[index], SENSITIVE[name]?.[table.name])
      assert.ok(by <= (SENSITIVE[name]?.[table.name]?.within ?? 1e-8), `${table.name}, ${at}`)
    }
    if (!SENSITIVE[name]) assert.equal(outcome.headline, other.headline)
  })
}

test('what is wrong is said in the same words', async () => {
  for (const [name, settings] of [
    ['sec3_du_gd', ['--num-updates', '0']],
    ['sec3_du_gd', ['--learning-rate', 'x']],
    ['sec3_du_gd', ['--nonsense']],
    ['sec3_du_gd', ['--seed', '-1']],
    ['sec3_training_modes', ['--period', '8,8']],
    ['sec3_du_gd', ['--initial-step-size', '1e200', '--num-iterations', '9']],
    ['sec9', []],
  ]) {
    const { message, option, usage } = await natively(name, settings)
    const thrown = { message, usage, option: option ?? undefined }
    assert.throws(
      () => run(name, settings),
      error => assert.deepEqual({ message: error.message, usage: error.usage, option: error.option }, thrown) ?? true,
    )
  }
  assert.throws(() => playground.run('sec3_du_gd', 'no JSON', () => {}), Error)
})

test('the pictures answer while one drags', () => {
  for (const { name, controls } of JSON.parse(playground.explorables())) {
    playground.explore(name, '{}')
    for (const { name: control, min, max } of controls) {
      for (const value of [min, (min + max) / 2, max]) {
        assert.match(playground.explore(name, JSON.stringify({ [control]: value })), /^<svg/)
      }
    }
  }
  assert.throws(() => playground.explore('none', '{}'), /there is no picture 'none'/)
})
