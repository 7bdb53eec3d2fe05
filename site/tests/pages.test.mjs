// Every page opens as it should, for everybody.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { each, open, pages } from './browser.mjs'

let site
before(async () => { site = await open() })
after(() => site.close())

test('every page opens without an error, nothing comes from elsewhere, and a phone is wide enough', async () => {
  const problems = []
  await each(site, ['', ...pages], async (path, { page, wrong, visit }) => {
    await visit(path)
    const lang = await page.getAttribute('html', 'lang')
    if (lang !== (path.slice(0, 2) || 'en')) wrong.push(`lang is ${lang}`)
    wrong.push(...await page.evaluate(() => [
      ...[...document.images].filter((image) => image.complete && !image.naturalWidth).map((image) => image.src),
      ...[...document.querySelectorAll('.vp-doc :is(p, td, li)')].map((text) => text.textContent).filter((text) => /\$`|\\(frac|eta|lambda)\b/.test(text)),
    ]))
    await page.setViewportSize({ width: 360, height: 740 })
    const width = await page.evaluate(() => document.documentElement.scrollWidth)
    if (width > 360) wrong.push(`${width} pixels wide on a phone`)
    await page.setViewportSize({ width: 1280, height: 900 })
    if (wrong.length) problems.push({ path, wrong: [...wrong] })
  })
  assert.deepEqual(problems, [])
})

test('without JavaScript a page has its text, formulas, figures and a hint', async () => {
  for (const [path, hint] of [['en/sec3_du_gd.html', 'Without JavaScript'], ['ja/sec3_du_gd.html', 'JavaScript が使えない']]) {
    const { page, visit, close } = await site.page({ javaScriptEnabled: false })
    await visit(path)
    assert.match(await page.innerText('.playground'), new RegExp(hint))
    assert.equal(await page.isVisible('.playground .run'), false)
    assert.ok(await page.isVisible('.formula svg'))
    assert.ok(await page.isVisible('.vp-doc img'))
    await page.emulateMedia({ media: 'print' })
    assert.equal(await page.isVisible('.VPSidebar'), false)
    await close()
  }
})

test('a language leads to the same page in the other', async () => {
  const { page, visit, close } = await site.page()
  await visit('en/sec3_du_gd.html')
  assert.match(await page.locator('.VPNavBarTranslations a').first().getAttribute('href'), /\/ja\/sec3_du_gd(\.html)?$/)
  assert.match(await page.locator('.VPDocFooter .next').getAttribute('href'), /sec3_du_gd_quadratic/)
  assert.match(await page.locator('.VPDocFooter .prev').getAttribute('href'), /deep_unfolding/)
  await close()
})

for (const [language, word, first] of [['ja', '学習率', /ja\/(notation|sec2_4_4_)/], ['ja', 'ステップサイズ', /ja\/sec3_du_gd/], ['ja', '逐次学習', /ja\/deep_unfolding/], ['en', 'step size', /en\/sec3_du_gd/], ['en', 'Rastrigin', /en\/sec3_rastrigin/]]) {
  test(`search for ${word} finds the right page first`, async () => {
    const { page, wrong, visit, close } = await site.page()
    await visit(`${language}/`)
    await page.click('.VPNavBarSearchButton, .DocSearch-Button')
    await page.fill('.search-input', word)
    await page.waitForSelector('.results .result')
    const results = await page.locator('.results .result').evaluateAll((links) => links.map((link) => link.getAttribute('href')))
    assert.match(results[0], first, results.join('\n'))
    assert.deepEqual(wrong, [])
    await close()
  })
}

const axe = readFileSync(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')
for (const colorScheme of ['light', 'dark']) {
  test(`axe finds nothing serious, ${colorScheme}`, async () => {
    const problems = []
    const paths = ['', ...['en', 'ja'].flatMap((language) => ['', 'deep_unfolding.html', 'notation.html', 'sec3_du_gd.html', 'sec3_du_pgd.html'].map((path) => `${language}/${path}`))]
    await each(site, paths, async (path, { page, visit }) => {
      await visit(path)
      if (path.includes('sec3')) {
        for (const summary of await page.locator('.playground form summary').all()) await summary.click()
        await page.click('.playground .run')
        await page.waitForSelector('.playground .results')
        await page.locator('.playground .fields input[type="text"]').first().fill('x')
        await page.click('.playground .run')
        await page.waitForSelector('.playground .field .problem')
      }
      await page.evaluate(axe)
      const { violations } = await page.evaluate(() => axe.run())
      for (const { id, impact, nodes } of violations) {
        if (['serious', 'critical'].includes(impact)) problems.push({ path, id, nodes: nodes.slice(0, 4).map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary.slice(0, 200)}`) })
      }
    }, { colorScheme, reducedMotion: 'reduce' })
    assert.deepEqual(problems, [])
  })
}
