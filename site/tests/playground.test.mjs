// The programs run in their pages.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { texts } from '../.vitepress/playground.mjs'
import { each, open, sections } from './browser.mjs'

let site
before(async () => { site = await open() })
after(() => site.close())

const done = (page) => page.waitForSelector('.playground .results .plot svg', { timeout: 180_000 })

test('every section runs to a figure', async (t) => {
  const [problems, times] = [[], []]
  const japanese = ['sec1_tsin', 'sec3_du_pgd', 'sec5_bp_decoding', 'sec6_du_euler'].map((name) => `ja/${name}.html`)
  await each(site, [...sections, ...japanese], async (path, { page, wrong, visit }) => {
    await visit(path)
    const began = Date.now()
    await page.click('.playground .run')
    await page.waitForSelector('.playground :is(.results .plot svg, .problem)', { timeout: 180_000 }).catch((error) => wrong.push(String(error)))
    times.push([(Date.now() - began) / 1000, path])
    wrong.push(...await page.locator('.playground .problem').allInnerTexts())
    if (!wrong.length && !(await page.innerText('.playground .summary')).trim()) wrong.push('no summary')
    if (wrong.length) problems.push({ path, wrong: [...wrong] })
  })
  times.sort(([a], [b]) => b - a).slice(0, 5).forEach(([seconds, path]) => t.diagnostic(`${path}: ${seconds} s`))
  assert.deepEqual(problems, [])
})

test('the page shows what the command line prints', async () => {
  const { page, visit, close } = await site.page()
  await visit('en/sec3_du_gd.html')
  const printed = await page.locator('.language-text pre').first().innerText()
  await page.click('.playground .run')
  await done(page)
  const lines = (await page.innerText('.playground .summary')).trim().split('\n')
  assert.deepEqual(lines, printed.trim().split('\n').slice(0, lines.length))
  await close()
})

test('nothing is loaded before somebody asks', async () => {
  const { page, visit, close } = await site.page()
  let wasm = 0
  page.on('request', (request) => { wasm += request.url().endsWith('.wasm') })
  await visit('en/sec3_du_gd.html')
  await page.waitForTimeout(500)
  assert.equal(wasm, 0)
  await page.click('.playground .run')
  await done(page)
  assert.equal(wasm, 1)
  await close()
})

test('a bad value has its message beside its field', async () => {
  const { page, visit, close } = await site.page()
  await visit('en/sec3_du_gd.html')
  const field = page.getByLabel('num-updates', { exact: false }).first()
  await field.fill('none')
  await page.click('.playground .run')
  const problem = page.locator('.field', { has: field }).locator('.problem')
  await problem.waitFor()
  assert.match(await problem.innerText(), /invalid value 'none' for '--num-updates/)
  assert.equal(await field.getAttribute('aria-invalid'), 'true')
  assert.ok((await field.getAttribute('aria-describedby')).split(' ').includes(await problem.getAttribute('id')))
  await field.fill('10')
  await done(page)
  assert.equal(await problem.count(), 0)
  await close()
})

test('a bad value in a folded group unfolds it', async () => {
  const { page, visit, close } = await site.page()
  await visit('ja/sec3_du_pgd.html#sec3_du_pgd?learning-rate=-1')
  await page.click('.playground .run')
  await page.locator('.playground details[open] .problem').waitFor()
  await close()
})

test('typing and dragging run a quick section again', async () => {
  const { page, visit, close } = await site.page()
  await visit('en/sec3_du_gd.html')
  await page.click('.playground .run')
  await done(page)
  const summary = page.locator('.playground .summary')
  const first = await summary.innerText()
  await page.getByLabel('initial-step-size, slider').press('ArrowRight')
  await page.waitForFunction((first) => document.querySelector('.playground .summary').innerText !== first, first)
  assert.match(page.url(), /#sec3_du_gd\?initial-step-size=0\.02$/)
  assert.match(await page.innerText('.playground .command pre'), /--bin sec3_du_gd -- --initial-step-size 0\.02$/)
  await close()
})

test('Stop stops, and the next run works', async () => {
  const { page, visit, close } = await site.page()
  await visit('en/sec3_du_gd.html#sec3_du_gd?num-updates=100000&num-iterations=1000')
  await page.click('.playground .run')
  await page.waitForFunction(() => document.querySelector('.playground progress').value > 0)
  await page.click('.playground .stop')
  await page.waitForFunction(() => document.querySelector('.playground .status').innerText.includes('Stopped'))
  await page.getByText('Back to the start').click()
  await page.click('.playground .run')
  await done(page)
  await close()
})

test('a worker that dies is replaced, and the page says so', async () => {
  const { page, visit, close } = await site.page()
  await page.route('**/*.wasm', (route) => route.abort(), { times: 1 })
  await visit('ja/sec3_du_gd.html')
  await page.click('.playground .run')
  await page.getByText('予期せず終了しました').waitFor()
  await page.click('.playground .run')
  await done(page)
  await close()
})

// A width that no memory holds, and one that fills it: a panic, and an end without a word.
for (const [what, page, settings, word] of [
  ['panics', 'en/sec5_autoencoder', 'num-starts=1&num-updates=1&batch-size=100000&num-hidden=10000', /ended unexpectedly[^]*capacity overflow/],
  ['has no memory left', 'ja/sec5_mimo_detection', 'num-updates=1&num-hidden=10000', /予期せず終了しました/],
]) {
  test(`a section that ${what} says so, and the next run works`, async () => {
    const opened = await site.page()
    await opened.visit(`${page}.html#${page.slice(3)}?${settings}`)
    await opened.page.click('.playground .run')
    await opened.page.getByText(word).waitFor({ timeout: 120000 })
    await opened.page.locator('.playground .actions button').nth(2).click()
    await opened.page.click('.playground .run')
    await done(opened.page)
    await opened.close()
  })
}

test('an address restores its settings', async () => {
  const { page, visit, close } = await site.page()
  await visit('en/sec3_du_pgd.html#sec3_du_pgd?quick&observation-std=5&seed=7')
  assert.equal(await page.getByLabel('observation-std', { exact: false }).first().inputValue(), '5')
  assert.match(await page.innerText('.playground .command pre'), /-- --quick --observation-std 5 --seed 7$/)
  assert.equal(await page.locator('.presets [aria-pressed="true"]').innerText(), 'quick')
  await page.evaluate(() => { location.hash = '#sec3_du_pgd?observation-std=2' })
  await page.waitForFunction(() => document.querySelector('.playground .command pre').innerText.endsWith('-- --observation-std 2'))
  await close()
})

test('CSV and SVG can be saved', async () => {
  const { page, visit, close } = await site.page()
  await visit('en/sec3_du_gd.html')
  await page.click('.playground .run')
  await done(page)
  for (const [file, name] of [['history.csv', 'sec3_du_gd-history.csv'], ['step_size.svg', 'sec3_du_gd-step_size.svg']]) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByText(`Save ${file}`).click()])
    assert.equal(download.suggestedFilename(), name)
  }
  await close()
})

test('explorables follow their sliders', async () => {
  const explorables = [['en/deep_unfolding.html', 'steps'], ['ja/sec2_4_gradient_descent.html', 'zigzag'], ['en/sec3_training_modes.html', 'replay']]
  for (const [path, name] of explorables) {
    const { page, wrong, visit, close } = await site.page()
    await visit(path)
    const plot = page.locator(`[data-name="${name}"] .plot`)
    const first = await plot.innerHTML()
    await page.locator(`[data-name="${name}"] input`).first().press('ArrowLeft')
    await page.waitForFunction(([name, first]) => document.querySelector(`[data-name="${name}"] .plot`).innerHTML !== first, [name, first])
    assert.deepEqual(wrong, [])
    await close()
  }
})

test('a film plays, and stands still for those who want no motion', async () => {
  for (const [reducedMotion, button] of [['no-preference', 'Play'], ['reduce', 'One step back']]) {
    const { page, visit, close } = await site.page({ reducedMotion })
    await visit('en/sec3_training_modes.html')
    const plot = page.locator('[data-name="replay"] .plot')
    const first = await plot.innerHTML()
    await page.locator('[data-name="replay"]').getByText(button, { exact: true }).click()
    await page.waitForFunction((first) => document.querySelector('[data-name="replay"] .plot').innerHTML !== first, first)
    await close()
  }
})

test('every text of the forms has a translation', () => {
  const translations = JSON.parse(readFileSync(new URL('../ja.json', import.meta.url), 'utf8'))
  assert.deepEqual(texts().filter((text) => !translations[text]), [])
})
