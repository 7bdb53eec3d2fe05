// A browser and the site, for the tests.
import { readdirSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { docs } from '../.vitepress/book.mjs'
import { serve } from '../server.mjs'

export async function open() {
  const { server, address } = await serve()
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
  const close = async () => {
    await browser.close()
    server.close()
  }

  // A page of its own, and everything that went wrong on it: errors, warnings, requests that failed or left the site.
  async function page(options = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
    const page = await context.newPage()
    const wrong = []
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && wrong.push(message.text()))
    page.on('pageerror', (error) => wrong.push(String(error)))
    page.on('requestfailed', (request) => request.failure().errorText !== 'net::ERR_ABORTED' && wrong.push(`${request.url()} failed`))
    page.on('response', (response) => response.status() >= 400 && wrong.push(`${response.url()}: ${response.status()}`))
    page.on('request', (request) => /^https?:/.test(request.url()) && !request.url().startsWith(address) && wrong.push(`${request.url()} is elsewhere`))
    const visit = (path) => page.goto(address + path, { waitUntil: 'load' })
    return { page, wrong, visit, close: () => context.close() }
  }
  return { page, close, address }
}

// "en/sec3_du_gd.html", of every page.
export const pages = ['en', 'ja'].flatMap((language) => readdirSync(docs + language).map((file) => `${language}/${file.replace(/\.md$/, '.html')}`))

export const sections = pages.filter((page) => page.startsWith('en/sec'))

// Three at a time, each with a page of the browser that goes from one to the next: `work(item, {page, wrong, visit})`.
export async function each(site, list, work, options) {
  const rest = [...list]
  await Promise.all([1, 2, 3].map(async () => {
    const opened = await site.page(options)
    while (rest.length) {
      opened.wrong.length = 0
      await work(rest.shift(), opened)
    }
    await opened.close()
  }))
}
