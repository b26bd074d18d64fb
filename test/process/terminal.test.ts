/** What a person sees: the real command in a real terminal, against a server that stands still while it is looked at. */
import { describe, expect, test } from 'vitest'
import { expectGolden } from '../cli/golden.js'
import { lacks } from '../helpers/tools.js'
import { newPlace } from './place.js'
import { type Hook, serve, untilTold } from './server.js'
import { openTerminal } from './tmux.js'

/** Half of each file comes at once, the rest when it is told to. */
const halves = () => {
  let goOn = (): void => {}
  const told = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const hook: Hook = async (call, next) => {
    const answer = await next(call)
    if (call.phase !== 'file' || answer.status !== 200) return answer
    const bytes = new Uint8Array(await answer.arrayBuffer())
    const middle = bytes.length >> 1
    const pieces = (async function* () {
      yield bytes.subarray(0, middle)
      await told
      yield bytes.subarray(middle)
    })()
    return new Response(ReadableStream.from(pieces), { status: 200, headers: answer.headers })
  }
  return { hook, goOn: () => goOn() }
}

/** Without what differs from run to run, and what depends on it: the widths of columns, rates, what is left. */
const still = (lines: readonly string[]): string =>
  `${lines
    .join('\n')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:8080')
    .replace(/bulkstatus\/[0-9a-f]+/g, 'bulkstatus/77')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '2026-01-01T00:00:00Z')
    .replace(/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/gm, '⠿')
    .replace(/ · (?:next look in .*|looking now)$/gm, '')
    .replace(/^(⠿ \d of \d files)((?: +[━─]+)?) .*$/gm, '$1$2  …')
    .replace(/of it .*/g, 'of it …')
    .replace(/( in|complete ·) [\d.]+ (?:s|min.*)/g, '$1 …')
    .replace(/[━─]+/g, '━━──')
    .replace(/(\S) {2,}/g, '$1  ')}\n`

const looks = /in progress: 0% complete · \d/
const rowOfAll = /\d of 2 files/
/** All of one that comes before the rest is told to. */
const half = '44\\.4 kB of 88\\.8 kB'
const halfPatient = /Patient\.0001 .*2\.75 kB of 5\.49 kB$/
const withBars = new RegExp(`Observation\\.0001 +━+─+ +${half}$`)

/** The rows with bars, and where there is no room for any. */
const wide = `⠿ 0 of 2 files  ━━──  …
  Patient.0001  ━━──  2.75 kB of 5.49 kB
  Observation.0001  ━━──  44.4 kB of 88.8 kB
`
const narrow = wide.replaceAll('━━──  ', '')

const command = [
  'export',
  'Group/123',
  '--type',
  'Patient,Observation',
  '-o',
  'out',
  '--request-timeout',
  '10m',
]

/** What comes once the files are here. */
const afterwards = (lines: readonly string[]): string[] =>
  lines.slice(lines.indexOf('every file is whole; manifest.json is written'))

/** The rows that move, which are the last ones. */
const moving = (lines: readonly string[]): string[] =>
  lines.slice(lines.findIndex((line) => rowOfAll.test(line)))

describe.skipIf(lacks('tmux'))('in a terminal', () => {
  test.each([
    { columns: 80, rows: 24 },
    { columns: 200, rows: 50 },
  ])('an export at $columns x $rows, made narrower and wider in between', async ({ columns, rows }) => {
    await using place = await newPlace()
    const { hook, goOn } = halves()
    await using server = await serve({ hook, jobMs: untilTold })
    const terminal = await openTerminal(place, [...command, '--server', server.fhirUrl], { columns, rows })
    const waiting = still(await terminal.showing(looks))
    server.finishJobs()
    await terminal.showing(halfPatient)
    const downloading = still(await terminal.showing(withBars))
    for (const [width, height, expected] of [
      [46, rows, narrow],
      [120, rows, wide],
      [120, 6, wide],
      [120, rows, wide],
      [columns, rows, wide],
    ] as const) {
      await terminal.resize(width, height)
      // Between the terminal's new size and its signal there is a moment of rows of the old one.
      await expect.poll(async () => still(moving(await terminal.screen()))).toBe(expected)
      // Of all that there ever was, one is left.
      await expect
        .poll(async () => (await terminal.rows()).filter((row) => rowOfAll.test(row)))
        .toHaveLength(1)
    }
    goOn()
    const ended = still(afterwards(await terminal.showing(/^ended 0$/)))
    expect(await terminal.hasCursor()).toBe(true)
    const ruler = `${'='.repeat(80)}\n`
    const film = [waiting, downloading, ended].join(ruler).replaceAll(place.root, '/work')
    expectGolden(`transcripts/tmux-${columns}x${rows}`, film)
  })

  test('Ctrl-C gives the terminal back, and says how to go on', async () => {
    await using place = await newPlace()
    const { hook } = halves()
    await using server = await serve({ hook, jobMs: untilTold })
    const terminal = await openTerminal(place, [...command, '--server', server.fhirUrl], {
      columns: 80,
      rows: 24,
    })
    await terminal.showing(looks)
    server.finishJobs()
    await terminal.showing(rowOfAll)
    expect(await terminal.hasCursor()).toBe(false)
    await terminal.press('C-c')
    const ended = await terminal.showing(/^ended 130$/)
    expect(await terminal.hasCursor()).toBe(true)
    expectGolden('transcripts/tmux-interrupted', still(ended).replaceAll(place.root, '/work'))
  })

  test('a second Ctrl-C, which ends it at once, gives it back as well', async () => {
    await using place = await newPlace()
    let answer = (): void => {}
    const told = new Promise<void>((resolve) => {
      answer = resolve
    })
    const hook: Hook = async (call, next) => {
      if (call.phase === 'kick-off') await told
      return next(call)
    }
    await using server = await serve({ hook })
    const size = { columns: 80, rows: 24 }
    const terminal = await openTerminal(place, [...command, '--server', server.fhirUrl], size)
    await terminal.showing(/kicking off · \d/)
    await terminal.press('C-c')
    await terminal.showing(/^waiting for the answer to the kick-off/)
    expect(await terminal.hasCursor()).toBe(false)
    await terminal.press('C-c')
    const ended = await terminal.showing(/^ended 130$/)
    expect(await terminal.hasCursor()).toBe(true)
    expect(ended.filter((line) => /kicking off/.test(line))).toEqual([])
    answer()
  })
})
