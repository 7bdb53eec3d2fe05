// Every section of the book in WebAssembly, against the same run on the machine itself: `node --test playground/`, after
// `playground/build`.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import * as playground from './pkg/playground.js'

playground.initSync({ module: readFileSync(new URL('pkg/playground_bg.wasm', import.meta.url)) })
const sections = JSON.parse(playground.sections())

// Settings of those that take long even in their quick ones.
const SHORTER = {
  sec3_training_modes: ['--num-seeds', '2', '--num-generations', '10'],
  sec5_mnist_reconstruction: ['--num-generations', '2', '--num-updates', '10'],
  sec5_bp_weights: ['--num-updates', '20', '--num-few-updates', '20'],
  sec5_mnist_constraints: ['--num-generations', '2', '--num-updates', '5'],
  sec6_neural_ode_states: ['--num-seeds', '2', '--num-updates', '100'],
}

// Where the last bits of a number grow until they are the number, with the tables that stay comparable and their first rows.
const CHAOTIC = {
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
after(() => native.stdin.end())

const settings = ({ name, start }) => [...(start === 'quick' ? ['--quick'] : []), ...(SHORTER[name] ?? [])]

function run(name, settings) {
  const fractions = []
  const outcome = JSON.parse(playground.run(name, JSON.stringify(settings), fraction => fractions.push(fraction)))
  assert.ok(fractions.every(fraction => fraction >= 0 && fraction <= 1), `${name}: progress ${fractions}`)
  return outcome
}

// Cells by row and column; a name stays a text.
const cells = csv => csv.trimEnd().split('\n').map(line => line.split(',').map(cell => (isNaN(cell) ? cell : cell === '' ? NaN : Number(cell))))

// The largest difference of two tables, relative to the larger of two cells; what is rounding beside its column's largest
// entry counts as 0.
function difference(a, b) {
  assert.equal(a.length, b.length)
  assert.deepEqual(a[0], b[0])
  const largest = a[0].map((_, j) => Math.max(0, ...a.slice(1).map(row => Math.abs(row[j])).filter(Number.isFinite)))
  let most = { by: 0 }
  for (let i = 1; i < a.length; i++) {
    for (let j = 0; j < a[0].length; j++) {
      const [x, y] = [a[i][j], b[i][j]]
      if (Object.is(x, y) || Math.abs(x - y) <= 1e-13 * largest[j]) continue
      const by = typeof x === 'string' ? Infinity : Math.abs(x - y) / Math.max(Math.abs(x), Math.abs(y))
      if (!(by <= most.by)) most = { by, at: `${a[0][j]}, row ${i}: ${x} and ${y}` }
    }
  }
  return most
}

for (const section of sections) {
  test(section.name, async () => {
    const { name } = section
    const expected = natively(name, settings(section))
    const start = performance.now()
    const outcome = run(name, settings(section))
    const seconds = (performance.now() - start) / 1000
    const other = await expected
    if (process.env.VERBOSE) console.log(name, seconds.toFixed(2))
    assert.equal(other.message, undefined)
    assert.equal(outcome.command, other.command)
    assert.deepEqual(outcome.configuration, other.configuration)
    assert.deepEqual(outcome.figures.map(f => f.name), other.figures.map(f => f.name))
    assert.deepEqual(outcome.parameters.map(p => [p.name, p.shape]), other.parameters.map(p => [p.name, p.shape]))
    assert.deepEqual(outcome.tables.map(t => t.name), other.tables.map(t => t.name))
    for (const [index, table] of outcome.tables.entries()) {
      const { by, at } = difference(cells(table.csv), cells(other.tables[index].csv))
      if (process.env.VERBOSE) console.log('  ', table.name, by, at ?? '')
      else assert.ok(by <= 1e-8, `${table.name}, ${at}`)
    }
  })
}
