/** The pages in a real browser: nothing is asked or run, all of it can be read, by everybody, everywhere. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AxeResults } from 'axe-core'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { session } from '../cli/session.js'
import { lacks } from '../helpers/tools.js'
import { argvOf, nightly, troubledExport } from './worlds.js'

/** Chromium with a profile of its own that is gone afterwards. It may take as long as it needs to start. */
const browser = async (): Promise<BrowserContext> => {
  const profile = await mkdtemp(join(tmpdir(), 'bulkx-browser-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    headless: true,
    timeout: 0,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-dev-shm-usage'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  })
  context.setDefaultTimeout(0)
  onTestFinished(async () => {
    await context.close()
    await rm(profile, { recursive: true, force: true })
  })
  return context
}

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** The policy of the page lets no script in: axe comes by the debugger, past it. */
const violations = async (page: Page): Promise<string[]> => {
  await page.evaluate(await readFile(axePath, 'utf8'))
  const results: AxeResults = await page.evaluate('axe.run(document)')
  expect(results.passes.length).toBeGreaterThan(15)
  return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)
}

const wide = { width: 1280, height: 900 }
const looks = [
  { name: 'light', scheme: 'light', size: wide },
  { name: 'dark', scheme: 'dark', size: wide },
  { name: 'narrow', scheme: 'light', size: { width: 360, height: 800 } },
  { name: 'narrow and dark', scheme: 'dark', size: { width: 360, height: 800 } },
] as const

/** A page as each of its readers has it. */
const expectReadable = async (path: string): Promise<void> => {
  const context = await browser()
  const page = await context.newPage()
  const said: string[] = []
  page.on('console', (message) => said.push(message.text()))
  page.on('pageerror', (error) => said.push(String(error)))
  page.on('request', (request) => said.push(`asked for ${request.url()}`))
  const address = pathToFileURL(path).href
  await page.goto(address, { timeout: 0 })
  expect(said).toEqual([`asked for ${address}`])
  for (const { name, scheme, size } of looks) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
    await page.setViewportSize(size)
    expect(await violations(page), name).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth'), name).toBe(size.width)
    expect((await page.screenshot({ fullPage: true, timeout: 0 })).length, name).toBeGreaterThan(10_000)
  }
  const charts = (await page.evaluate(
    `[...document.querySelectorAll('svg[role=img]')].map((svg) =>
      [...svg.getAttribute('aria-labelledby').split(' ')].map((id) => document.getElementById(id)?.textContent))`,
  )) as (string | undefined)[][]
  expect(charts.length).toBeGreaterThan(2)
  for (const texts of charts) for (const text of texts) expect(text).toBeTruthy()
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
  expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)')
  const paper = await page.pdf({ preferCSSPageSize: true, printBackground: true })
  // A4 in points.
  expect(paper.toString('latin1')).toMatch(/\/MediaBox \[0 0 59[45][.\d]* 84[12][.\d]*\]/)
  expect(said).toEqual([`asked for ${address}`])
}

describe.skipIf(lacks('chromium'))('in Chromium', () => {
  test('an export with trouble', async () => {
    const talk = await troubledExport()
    await talk.run(['report', 'out'])
    await expectReadable(join(talk.cwd, 'out/report.html'))
  })

  test('a data set', async () => {
    const talk = await nightly(7)
    await talk.run(['report', 'data'])
    await expectReadable(join(talk.cwd, 'data/report.html'))
  })

  test('ids on a page are there once', async () => {
    const talk = await session()
    await talk.run(argvOf(talk))
    const { out } = await talk.run(['report', 'out', '--out', '-'])
    const ids = [...out.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    expect(ids).toEqual([...new Set(ids)])
  })
})
