// A worker that answers calls one after the other; it starts with the first call, and again after a stop or a crash.
export function engine() {
  let worker
  let calls = new Map()
  let last = 0

  function end(error) {
    worker?.terminate()
    worker = undefined
    for (const { reject } of calls.values()) reject(error)
    calls = new Map()
  }

  function start() {
    worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
    worker.onmessage = ({ data: { id, value, progress, error } }) => {
      const call = calls.get(id)
      if (!call) return
      if (progress) return call.onProgress?.(progress)
      if (error?.broken) return end(error)
      calls.delete(id)
      if (error) call.reject(error)
      else call.resolve(value)
    }
    worker.onerror = (event) => {
      event.preventDefault()
      end({ broken: true, message: event.message || 'the worker did not start' })
    }
  }

  return {
    call(call, given, onProgress, needs = false) {
      if (!worker) start()
      const id = ++last
      return new Promise((resolve, reject) => {
        calls.set(id, { resolve, reject, onProgress })
        worker.postMessage({ id, call, given, needs })
      })
    },
    stop: () => end({ stopped: true }),
  }
}
