// What the sections say of themselves, asked of the same module that runs in the browser.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = new URL('../../playground/pkg/', import.meta.url)
if (!existsSync(new URL('playground_bg.wasm', folder))) {
  throw new Error(`${fileURLToPath(folder)} has no playground_bg.wasm: run playground/build, or site/build, which does it`)
}
const playground = await import(new URL('playground.js', folder))
playground.initSync({ module: readFileSync(new URL('playground_bg.wasm', folder)) })

const translations = JSON.parse(readFileSync(new URL('../ja.json', import.meta.url), 'utf8'))
const sections = JSON.parse(playground.sections())
const explorables = JSON.parse(playground.explorables())

// Every text of the sections that a form shows.
export const texts = () => [...new Set(sections.flatMap(({ options, presets }) => [
  ...options.flatMap(({ help, group, choices }) => [help, group, ...choices.map((choice) => choice.help)]),
  ...presets.map(({ about }) => about),
]))].filter(Boolean)

export function section(name, language) {
  const found = sections.find((section) => section.name === name)
  if (!found) return
  const say = (text) => (language === 'ja' && translations[text]) || text
  return {
    name,
    start: found.start,
    startWith: found.start_with,
    needs: Boolean(found.needs),
    options: found.options.filter(({ name }) => name !== 'seed').map(({ choices, ...option }) => ({
      ...option,
      title: say(option.group),
      about: say(option.help),
      choices: choices.map(({ value, help }) => ({ value, about: say(help) })),
    })),
    presets: found.presets.map(({ name, about, arguments: given }) => ({ name, about: say(about), given })),
  }
}

// With the picture of its first values, so that there is one before anything is loaded.
export function explorable(name, language) {
  const found = explorables.find((explorable) => explorable.name === name)
  const values = Object.fromEntries(found.controls.map(({ name, value }) => [name, value]))
  return {
    name,
    title: found.title[language],
    controls: found.controls.map((control) => ({ ...control, label: control.label[language] })),
    svg: playground.explore(name, JSON.stringify(values)),
  }
}
