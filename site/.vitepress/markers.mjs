// What the site adds to a page where its markers and commands stand: links to the lines of the code, the playground
// below the first command that runs the page's own program, the explorables. The Markdown itself stays as it is.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { dirname, normalize, relative, resolve } from 'node:path'
import { docs } from './book.mjs'
import { explorablesOf } from './explorables.mjs'
import { repository, source } from './settings.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))

const escape = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt()};`)

// "#L12-L20", the lines between `// ANCHOR: name` and `// ANCHOR_END: name`.
function lines(path, anchor) {
  const all = readFileSync(root + path, 'utf8').split('\n').map((line) => line.trim())
  const [from, to] = [`ANCHOR: ${anchor}`, `ANCHOR_END: ${anchor}`].map((mark) => all.findIndex((line) => line.endsWith(` ${mark}`)))
  return from < 0 || to < 0 ? '' : `#L${from + 2}-L${to}`
}

function quoted(path, anchor) {
  const name = `<code>${escape(path)}</code>`
  const address = source(path, existsSync(root + path) ? lines(path, anchor) : '')
  return `<p class="quoted">${address ? `<a href="${escape(address)}">${name}</a>` : name}</p>\n`
}

export function markers(md) {
  md.core.ruler.after('block', 'markers', (state) => {
    const page = state.env.relativePath ?? ''
    const program = page.match(/(sec\w+)\.md$/)?.[1]
    const explorables = explorablesOf(page)
    const html = (content) => Object.assign(new state.Token('html_block', '', 0), { content, block: true })
    const fence = (token, info) => token?.type === 'fence' && token.info.trim() === info
    const tokens = []
    let [played, headings, skip] = [!program, 0, 0]
    for (const [index, token] of state.tokens.entries()) {
      if (skip && skip--) continue
      if (token.type === 'heading_open' && token.tag === 'h2') {
        explorables.filter(({ section }) => section === headings).forEach(({ name }) => tokens.push(html(`<Explorable name="${name}" />\n`)))
        headings++
      }
      const [, marker, argument] = token.type === 'html_block' ? token.content.match(/^<!-- (\w+)(?:: (.*))? -->/) ?? [] : []
      if (marker === 'navigation') skip = 3 // the paragraph: the theme shows the neighbours below, the languages above
      if (marker === 'snippet') tokens.push(html(quoted(...argument.split('#'))))
      tokens.push(token)
      const previous = state.tokens[index - 1]
      const command = (token) => fence(token, 'sh') && new RegExp(`^cargo run .*--bin ${program}(\\s|$)`).test(token.content)
      const ends = command(token) ? !fence(state.tokens[index + 1], 'text') : fence(token, 'text') && command(previous)
      if (!played && ends) {
        played = true
        tokens.push(html('<Playground />\n'))
      }
    }
    state.tokens = tokens
  })

  // Links out of docs/ lead to the repository.
  md.core.ruler.after('inline', 'sources', (state) => {
    const folder = dirname(relative(docs, state.env.path ?? `${docs}en/x`))
    for (const { children } of state.tokens) {
      let open = false
      for (const token of children ?? []) {
        const target = token.type === 'link_open' && !/^(\w+:|#|\/)/.test(token.attrGet('href')) && normalize(`docs/${folder}/${token.attrGet('href')}`)
        if (target && !target.startsWith('docs/')) {
          if (repository) token.attrSet('href', source(target))
          else [token.type, token.content, open] = ['html_inline', '', true]
        } else if (token.type === 'link_close' && open) [token.type, token.content, open] = ['html_inline', '', false]
      }
    }
  })

  // The button beside code speaks the page's language.
  const fence = md.renderer.rules.fence
  md.renderer.rules.fence = (tokens, index, options, env, self) => {
    const html = fence(tokens, index, options, env, self)
    return env.relativePath?.startsWith('ja/') ? html.replace('title="Copy Code"', 'title="コードをコピー"') : html
  }

  // A picture has its size before it is there.
  const image = md.renderer.rules.image
  md.renderer.rules.image = (tokens, index, options, env, self) => {
    const path = resolve(dirname(env.path ?? `${docs}en/x`), tokens[index].attrGet('src'))
    const [, width, height] = existsSync(path) ? readFileSync(path, 'utf8').match(/<svg[^>]* width="(\d+)" height="(\d+)"/) ?? [] : []
    if (width) Object.entries({ width, height, decoding: 'async' }).forEach(([name, value]) => tokens[index].attrSet(name, value))
    return image(tokens, index, options, env, self)
  }
}
