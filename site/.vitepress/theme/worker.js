// The sections, compiled to WebAssembly, beside the page: {id, call, given, needs} → {id, progress}…, {id, value: {value, seconds}} or {id, error}.
import init, * as playground from '../../../playground/pkg/playground.js'
import wasm from '../../../playground/pkg/playground_bg.wasm?url'
import digits from '../../../chapter5/assets/digits.png?url'

let ready
let provided // the digits, for the two sections that need them

async function provide() {
  const answer = await fetch(digits)
  if (!answer.ok) throw new Error(`${answer.status} ${answer.url}`)
  playground.provide(new Uint8Array(await answer.arrayBuffer()))
}

self.onmessage = async ({ data: { id, call, given, needs } }) => {
  try {
    await (ready ??= init({ module_or_path: wasm }))
    if (needs) await (provided ??= provide().catch((error) => { provided = undefined; throw error }))
    const progress = (fraction, message) => postMessage({ id, progress: { fraction, message } })
    const began = performance.now()
    const value = playground[call](...given, ...(call === 'run' ? [progress] : []))
    postMessage({ id, value: { value, seconds: (performance.now() - began) / 1000 } })
  } catch (error) {
    // What a program refuses has `usage`; anything else has broken the module.
    const { option, usage } = error
    postMessage({ id, error: { message: String(error.message ?? error), option, broken: usage === undefined } })
  }
}
