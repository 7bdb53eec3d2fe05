// Formulas as SVG, drawn while the site is built: $…$, $`…`$ and ```math, as on GitHub.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const { mathjax } = require('mathjax-full/js/mathjax.js')
const { TeX } = require('mathjax-full/js/input/tex.js')
const { SVG } = require('mathjax-full/js/output/svg.js')
const { AllPackages } = require('mathjax-full/js/input/tex/AllPackages.js')
const { liteAdaptor } = require('mathjax-full/js/adaptors/liteAdaptor.js')
const { RegisterHTMLHandler } = require('mathjax-full/js/handlers/html.js')
const { AssistiveMmlHandler } = require('mathjax-full/js/a11y/assistive-mml.js')

const adaptor = liteAdaptor()
AssistiveMmlHandler(RegisterHTMLHandler(adaptor))
const formatError = (input, error) => { throw new Error(`${error.message} in ${input.latex}`) }
const packages = AllPackages.filter((name) => name !== 'noundefined' && name !== 'noerrors')
const math = mathjax.document('', { InputJax: new TeX({ packages, formatError }), OutputJax: new SVG({ fontCache: 'local' }) })

const drawn = new Map()

// The SVG of a formula; it stands for itself and beside it is MathML for those who listen. A page has the outline of
// each letter once, `env.glyphs` remembers which are there.
function draw(tex, display, env) {
  const key = `${display}${tex}`
  if (!drawn.has(key)) {
    const html = adaptor.outerHTML(math.convert(tex, { display }))
    drawn.set(key, html.replace(/MJX-\d+-/g, 'glyph-').replace(/ data-[\w-]+="[^"]*"/g, '').replace(/ tabindex="0"/, ''))
  }
  env.glyphs ??= new Set()
  return drawn.get(key).replace(/<path id="([^"]*)"[^>]*><\/path>/g, (path, id) => {
    if (env.glyphs.has(id)) return ''
    env.glyphs.add(id)
    return path
  })
}

export function formulas(md) {
  md.inline.ruler.before('escape', 'formula', (state, silent) => {
    const rest = state.src.slice(state.pos)
    const match = /^\$`([^`]+)`\$/.exec(rest) ?? /^\$([^\s$](?:[^$]*[^\s$])?)\$/.exec(rest)
    if (!match) return false
    if (!silent) state.push('formula', 'math', 0).content = match[1]
    state.pos += match[0].length
    return true
  })
  md.renderer.rules.formula = (tokens, index, _, env) => {
    const svg = draw(tokens[index].content, false, env)
    const wide = Number(svg.match(/ width="([\d.]+)ex"/)[1]) > 30 // nearly as wide as a phone: it scrolls in its own box
    return `<span v-pre class="formula${wide ? ' wide" tabindex="0' : ''}">${svg}</span>`
  }
  const fence = md.renderer.rules.fence
  md.renderer.rules.fence = (tokens, index, options, env, self) =>
    tokens[index].info.trim() === 'math'
      ? `<div v-pre class="formula" tabindex="0">${draw(tokens[index].content, true, env)}</div>\n`
      : fence(tokens, index, options, env, self)
}
