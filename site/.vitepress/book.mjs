// The order of the pages, from what docs/ says itself: the index's headings and tables, and each page's title and
// navigation line.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const docs = fileURLToPath(new URL('../../docs/', import.meta.url))

const read = (path) => readFileSync(docs + path, 'utf8')

// "One learned step size" of "# One learned step size: `sec3_du_gd`"; a question has no colon.
export const title = (page) => read(page).match(/^# (.*)$/m)[1].replace(/\s*[:：]?\s*`sec\w+`$/, '')

const linked = (text) => [...text.matchAll(/\]\((\w[\w-]*)\.md[)#]/g)].map(([, name]) => name)

// The rows of a table of the index: [name, seconds].
const rows = (part, kind) => {
  const table = part.match(new RegExp(`<!-- ${kind}: \\w+ -->\\n+((?:\\|.*\\n)+)`))?.[1] ?? ''
  return table.split('\n').filter((row) => linked(row).length).map((row) => [linked(row)[0], row.split('|').at(-2).trim()])
}

// Names of the sections that take less than two seconds natively.
export const quick = new Set(
  ['sections', 'questions'].flatMap((kind) => read('en/index.md').split(/^## /m).flatMap((part) => rows(part, kind)))
    .filter(([, seconds]) => seconds === '< 2').map(([name]) => name))

export function sidebar(language, words) {
  const item = (name) => ({ text: title(`${language}/${name}.md`), link: `/${language}/${name}` })
  const parts = read(`${language}/index.md`).split(/^## /m)
  const names = (kind) => (part) => rows(part, kind).map(([name]) => name)
  const inTables = new Set(parts.flatMap((part) => [...names('sections')(part), ...names('questions')(part)]))
  const groups = [{ text: words.start, items: [{ text: words.index, link: `/${language}/` }] }]
  let introduced = 0
  for (const [index, part] of parts.entries()) {
    const introductions = [...new Set(linked(part))].filter((name) => !inTables.has(name)).map(item)
    if (index === 0) groups[0].items.push(...introductions)
    const sections = names('sections')(part).map(item)
    if (sections.length) {
      const text = part.split('\n')[0]
      introductions.filter((item) => item.text === text).forEach((item) => { item.text = words.introduction })
      introduced = groups.push({ text, collapsed: false, items: [...introductions, ...sections] }) - 1
    }
    const questions = names('questions')(part).map(item)
    if (questions.length) groups[introduced].items.push({ text: words.questions, collapsed: false, items: questions })
  }
  return groups
}

// The page before and the page after, from the navigation line.
export function neighbours(page) {
  const line = read(page).match(/<!-- navigation -->\n(.*)/)?.[1] ?? ''
  const neighbour = (pattern) => {
    const [, text, name] = line.match(pattern) ?? []
    return text ? { text, link: `/${page.split('/')[0]}/${name === 'index' ? '' : name}` } : false
  }
  return { prev: neighbour(/\[← ([^\]]*)\]\((\w[\w-]*)\.md\)/), next: neighbour(/\[([^\]]*) →\]\((\w[\w-]*)\.md\)/) }
}
