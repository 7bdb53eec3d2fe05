// The sections, compiled to WebAssembly, beside the page: {id, call, given} → {id, progress}…, {id, value: {value, seconds}} or {id, error}.
import init, * as playground from '../../../playground/pkg/playground.js'
import wasm from '../../../playground/pkg/playground_bg.wasm?url'

let ready

self.onmessage = async ({ data: { id, call, given } }) => {
  try {
    await (ready ??= init({ module_or_path: wasm }))
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
