// Shows dist/ on 127.0.0.1: `node server.mjs [PORT]`; the tests use it too.
import { createReadStream, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { base } from './.vitepress/settings.mjs'

const dist = fileURLToPath(new URL('dist/', import.meta.url))
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.wasm': 'application/wasm', '.json': 'application/json' }

function find(url) {
  const path = decodeURIComponent(new URL(url, 'http://localhost').pathname)
  if (!path.startsWith(base)) return
  const file = dist + normalize(`/${path.slice(base.length)}`).slice(1) + (path.endsWith('/') ? 'index.html' : '')
  return [file, `${file}.html`].find((file) => statSync(file, { throwIfNoEntry: false })?.isFile())
}

export function serve(port = 0) {
  const server = createServer((request, response) => {
    const file = find(request.url)
    response.writeHead(file ? 200 : 404, { 'content-type': types[extname(file ?? '.html')] ?? 'application/octet-stream' })
    createReadStream(file ?? `${dist}404.html`).pipe(response)
  })
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen(port, '127.0.0.1', () => resolve({ server, address: `http://127.0.0.1:${server.address().port}${base}` }))
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { address } = await serve(Number(process.argv[2] ?? 8000))
  console.log(`${address} (Ctrl-C ends it)`)
}
