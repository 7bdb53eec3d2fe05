import { copyFileSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitepress'
import { docs, neighbours, quick, sidebar } from './book.mjs'
import { explorablesOf } from './explorables.mjs'
import { formulas } from './formulas.mjs'
import { markers } from './markers.mjs'
import { explorable, section } from './playground.mjs'
import { base, branch, repository } from './settings.mjs'

const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1f5f99"/>
<path d="M5 9 14 23 18 11 23 20 27 17" fill="none" stroke="#fff" stroke-width="3" stroke-linejoin="round" stroke-linecap="round"/></svg>`

const edit = (text) => (repository ? { pattern: `${repository}/edit/${branch}/docs/:path`, text } : undefined)

// Words of Japanese and English text, and pairs of words that touch: 学習 and 率 are also 学習率, and who asks for 学習率 (then
// there is no field) means no other 学習. The function is sent to the browser too, so it stands for itself.
const tokenize = (text, field) => {
  if (!Intl.Segmenter) return text.match(/[\p{L}\p{N}_]+/gu) ?? []
  globalThis.segmenter ??= new Intl.Segmenter('ja', { granularity: 'word' })
  const words = [...globalThis.segmenter.segment(text)].filter(({ isWordLike }) => isWordLike)
  const touches = (at) => at > 0 && at < words.length && words[at - 1].index + words[at - 1].segment.length === words[at].index
  return words.flatMap(({ segment }, at) => [
    ...(field || !(touches(at) || touches(at + 1)) ? [segment] : []),
    ...(touches(at) ? [words[at - 1].segment + segment] : []),
  ])
}

// Pages about all programs at once have every word; a page that explains one stands before them.
const boostDocument = (page) => (/\/(speed|scale|findings)\.html/.test(page) ? 0.5 : 1)

// Pages lie outside this folder; what they import is found as if they lay in it.
const here = {
  name: 'here',
  enforce: 'pre',
  resolveId(id, importer, options) {
    if (/^vue(\/|$)/.test(id) && importer?.startsWith(docs)) return this.resolve(id, fileURLToPath(import.meta.url), options)
  },
}

// Whose code is in the site is in THIRD-PARTY.md, which goes with it.
const licences = fileURLToPath(new URL('../../THIRD-PARTY.md', import.meta.url))
const named = {
  name: 'named',
  configResolved(config) { named.server = Boolean(config.build.ssr) }, // what draws the pages stays here
  generateBundle(options, bundle) {
    const modules = Object.values(bundle).flatMap(({ modules }) => Object.entries(modules ?? {}))
    const packages = modules.map(([id, { renderedLength }]) => renderedLength && /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1])
    const lines = readFileSync(licences, 'utf8')
    const missing = [...new Set(packages)].filter((name) => name && !lines.includes(`\n- ${name} `))
    if (missing.length && !named.server) this.error(`THIRD-PARTY.md does not name ${missing}: SITE in tests/src/bin/licences.rs`)
  },
}

export default defineConfig({
  base,
  srcDir: '../docs',
  outDir: './dist',
  rewrites: { 'README.md': 'index.md' },
  lang: 'en',
  title: 'Deep unfolding',
  description: 'A companion in Rust to 『モデルベース深層学習と深層展開』: every section is a page, every program runs in it.',
  head: [['link', { rel: 'icon', href: `data:image/svg+xml,${encodeURIComponent(icon)}` }]],
  themeConfig: {
    outline: 2,
    externalLinkIcon: false,
    search: {
      provider: 'local',
      options: {
        miniSearch: { options: { tokenize }, searchOptions: { combineWith: 'AND', fuzzy: false, prefix: true, boost: { title: 4, titles: 2, text: 1 }, boostDocument } },
        locales: {
          ja: {
            translations: {
              button: { buttonText: '検索', buttonAriaLabel: '検索' },
              modal: {
                displayDetails: '本文も表示する', resetButtonTitle: '検索語を消す', backButtonTitle: '検索を閉じる',
                noResultsText: '見つかりませんでした：',
                footer: { selectText: '選択', selectKeyAriaLabel: 'Enter', navigateText: '移動', navigateUpKeyAriaLabel: '上矢印', navigateDownKeyAriaLabel: '下矢印', closeText: '閉じる', closeKeyAriaLabel: 'Escape' },
              },
            },
          },
        },
      },
    },
  },
  locales: {
    en: {
      label: 'English', lang: 'en', title: 'Deep unfolding in Rust',
      themeConfig: {
        sidebar: sidebar('en', { start: 'Start here', index: 'Index', introduction: 'Introduction', questions: 'Questions' }),
        editLink: edit('Edit this page'),
      },
    },
    ja: {
      label: '日本語', lang: 'ja', title: 'Rust で学ぶ深層展開',
      description: '『モデルベース深層学習と深層展開』を Rust で動かしながら読むためのサイト。各節のプログラムがページの中で動きます。',
      themeConfig: {
        sidebar: sidebar('ja', { start: 'はじめに', index: '目次', introduction: '概要', questions: '問い' }),
        editLink: edit('このページを編集する'),
        outline: { level: 2, label: 'このページの内容' },
        docFooter: { prev: '前のページ', next: '次のページ' },
        sidebarMenuLabel: '目次', returnToTopLabel: 'ページの先頭へ', langMenuLabel: '言語を変える', skipToContentLabel: '本文へ移動',
        darkModeSwitchLabel: '外観', darkModeSwitchTitle: '暗い表示にする', lightModeSwitchTitle: '明るい表示にする',
        notFound: { title: 'ページが見つかりません', quote: 'アドレスが変わったか、誤っているようです。目次からお探しください。', linkText: '目次へ', linkLabel: '目次へ' },
      },
    },
  },
  markdown: {
    // Colours with enough contrast on their background.
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    attrs: { disable: true }, // GitHub has none, and formulas end in braces
    config: (md) => { md.use(formulas).use(markers) },
  },
  buildEnd({ outDir }) { copyFileSync(licences, `${outDir}/THIRD-PARTY.md`) },
  transformPageData(page) {
    const [language, file] = page.relativePath.split('/')
    if (!file) return { frontmatter: { layout: 'Front' } }
    const name = file.replace('.md', '')
    const { prev, next } = neighbours(page.relativePath)
    const frontmatter = { ...page.frontmatter, prev, next }
    const form = section(name, language)
    if (form) frontmatter.playground = { ...form, quick: quick.has(name) }
    const explorables = explorablesOf(page.relativePath).map(({ name }) => [name, explorable(name, language)])
    if (explorables.length) frontmatter.explorables = Object.fromEntries(explorables)
    return { frontmatter, title: page.title.replace(/<[^>]*>/g, '') }
  },
  vite: {
    plugins: [here, named],
    build: { assetsInlineLimit: 0, chunkSizeWarningLimit: 4000 },
    worker: { format: 'es' },
    server: { fs: { allow: ['..', '../..'] } },
  },
})
