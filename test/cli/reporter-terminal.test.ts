import { describe, expect, test } from 'vitest'
import { cells } from '../../src/cli/cells.js'
import { plainPaint } from '../../src/cli/explain.js'
import { createBars } from '../../src/cli/reporter/bars.js'
import { fancyReporter } from '../../src/cli/reporter/fancy.js'
import { createTalk } from '../../src/cli/reporter/index.js'
import { createLook } from '../../src/cli/reporter/look.js'
import { leftText, timeLeft } from '../../src/cli/reporter/pace.js'
import { waitRow } from '../../src/cli/reporter/wait-row.js'
import { harmless } from '../../src/cli/text.js'
import { newProgress, type Progress } from '../../src/fetch/progress.js'
import type { JobEvent } from '../../src/job/facts.js'
import { fakeClock } from '../helpers/fake-clock.js'
import { type FakeIo, fakeIo } from './fake-io.js'
import { expectGolden } from './golden.js'
import { createScreen, type Screen } from './screen.js'
import {
  begin,
  finished,
  item,
  manifest,
  page,
  progress,
  start,
  stored,
  type Timed,
  tell,
  wholeStory,
} from './stories.js'

const utf8 = { LANG: 'en_US.UTF-8' }
const stripes = /\u001b\[[\d;]*m/g

/** Which of its frames the spinner shows is a matter of the real time. */
const still = (text: string): string => text.replace(/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/gm, '⠿').replace(/^[-\\|/](?= )/gm, '*')

interface Shown {
  screen: Screen
  /** What is another thing on the screen after each fact, from the first line that is. */
  film: string
}

const newLines = (before: string, now: string): string => {
  const [old, lines] = [before.split('\n'), now.split('\n')]
  const first = lines.findIndex((line, index) => line !== old[index])
  return first === -1 ? '' : lines.slice(first).join('\n')
}

interface Showing {
  columns: number
  rows?: number
  env?: Record<string, string>
  gauges?: (progress: Progress) => void
  between?: (event: JobEvent, io: FakeIo, screen: Screen) => void
}

const show = async (story: readonly Timed[], options: Showing): Promise<Shown> => {
  const { columns, rows = 24, env = utf8, gauges, between } = options
  const screen = createScreen(columns, rows)
  const io = fakeIo({ columns, rows, env })
  io.onTalk = (text) => screen.write(text.replace(/([^\r])\n/g, '$1\r\n'))
  const progress = newProgress()
  gauges?.(progress)
  const reporter = fancyReporter(createTalk(io, plainPaint), io)
  reporter.watch?.(progress)
  const film: string[] = []
  let before = ''
  const take = (): void => {
    const now = still(screen.text())
    const seen = newLines(before, now)
    before = now
    if (seen !== '') film.push(seen)
  }
  await tell(story, reporter, (event) => {
    io.clock.advance(Math.max(0, event.at - io.clock.now()) + 100)
    between?.(event, io, screen)
    take()
  })
  take()
  const ruler = `${'='.repeat(columns)}\n`
  return { screen, film: film.join(ruler) }
}

const twoFiles = (gauges: Progress): void => {
  gauges.active.set('Observation.0001.ndjson', { bytes: 500_000, totalBytes: 1_000_000, attempt: 1 })
  gauges.active.set('Observation.0002.ndjson', { bytes: 5_000, attempt: 2 })
}

const bothKinds: Timed[] = wholeStory.slice(0, -2)

describe('what is seen', () => {
  test('at 80 columns', async () => {
    const { film, screen } = await show(bothKinds, { columns: 80, gauges: twoFiles })
    expectGolden('transcripts/terminal-80', film)
    expect(screen.hasCursor).toBe(true)
  })

  test('at 40 columns and 6 rows', async () => {
    const { film } = await show(bothKinds, { columns: 40, rows: 6, gauges: twoFiles })
    expectGolden('transcripts/terminal-40x6', film)
  })

  test('where only ASCII can be shown', async () => {
    const { film } = await show(bothKinds, { columns: 80, env: { LANG: 'C' }, gauges: twoFiles })
    expectGolden('transcripts/terminal-ascii', film)
    expect(film).toMatch(/^[\n -~]*$/)
  })

  test('an end with findings', async () => {
    const { screen } = await show(finished, { columns: 80 })
    expectGolden('transcripts/terminal-findings', screen.text())
  })
})

test('lines go above the rows, and rows that are gone leave nothing behind', async () => {
  const seen: string[][] = []
  await show(bothKinds, {
    columns: 80,
    gauges: twoFiles,
    between: (event, _io, screen) => {
      if (event.type === 'file-completed') seen.push(screen.rows())
    },
  })
  const last = seen.at(-1) ?? []
  const warning = last.findIndex((row) => row.startsWith('warning: Observation.0001.ndjson: 1,000'))
  const bar = last.findIndex((row) => / of 5 files/.test(row))
  expect(warning).toBeGreaterThan(0)
  expect(bar).toBeGreaterThan(warning)
  expect(last.filter((row) => / of 5 files/.test(row))).toHaveLength(1)
})

test('a terminal that becomes narrower is drawn anew, within its new width', async () => {
  const { screen } = await show(bothKinds.slice(0, -3), {
    columns: 80,
    gauges: twoFiles,
    between: (event, io, screen) => {
      if (event.type !== 'manifest-received') return
      const stream = io.stderr.terminal?.stream
      if (!stream) throw new Error('there is a terminal')
      screen.resize(40)
      stream.columns = 40
      stream.emit('resize')
      const rows = screen.rows().filter((row) => /of 5 files|Observation\.000/.test(row))
      expect(rows.map(still)).toEqual([
        '⠿ 0 of 5 files      stalled for 10 s',
        '  Observation.0001  500 kB of 1.00 MB',
        '  Observation.0002  5.00 kB · attempt 2',
      ])
    },
  })
  expect(screen.hasCursor).toBe(true)
})

test('Ctrl-Z gives the cursor back, and takes it again when the process goes on', async () => {
  const io = fakeIo({ columns: 80 })
  const reporter = fancyReporter(createTalk(io, plainPaint), io)
  await tell(begin, { ...reporter, end: () => {}, close: () => {} })
  io.stopped()
  expect(io.err()).toMatch(/\r\u001b\[J\u001b\[\?25h$/)
  io.goesOn()
  expect(io.err()).toMatch(/\u001b\[\?25l\r\u001b\[J.*in progress.*$/s)
  reporter.close()
  const closed = io.err()
  io.stopped()
  io.goesOn()
  expect(io.err()).toBe(closed)
})

test('what is drawn is restored should the process end', async () => {
  const io = fakeIo({ columns: 80 })
  const reporter = fancyReporter(createTalk(io, plainPaint), io)
  expect(io.atExit()).toBe('')
  await tell(begin, { ...reporter, end: () => {}, close: () => {} })
  expect(io.atExit()).toBe('\r\u001b[J\u001b[?25h')
  reporter.close()
  expect(io.atExit()).toBe('')
})

test('twenty thousand files are drawn at the pace of the frames, not of the files', async () => {
  const number = 20_000
  const output = Array.from({ length: number }, (_, index) => item('Patient', index))
  const done = output.map(
    (_, index): Timed => [
      3,
      { type: 'file-completed', name: `Patient.${String(index + 1).padStart(4, '0')}.ndjson`, ...stored(1) },
    ],
  )
  const io = fakeIo({ columns: 80, env: utf8 })
  let written = 0
  io.onTalk = (text) => {
    written += text.length
  }
  const received: Timed = [2, { type: 'manifest-received', page, manifest: manifest({ output }) }]
  const reporter = fancyReporter(createTalk(io, plainPaint), io)
  await tell([...begin, received, ...done], reporter)
  expect(written).toBeLessThan(5_000)
})

describe('no row is wider than its terminal', () => {
  const words = [
    '45% complete',
    '\u001b[2J\u001b]0;mine\u0007wiped\r\n\u009b31m red \u202e backwards',
    '数え上げ中 '.repeat(30),
    '👩‍👩‍👧‍👦 ❤️ 🇺🇳 '.repeat(20),
    'é\u0301\u0302 zero width '.repeat(9),
    'x'.repeat(5_000),
    '',
  ]
  const widths = Array.from({ length: 220 }, (_, index) => index + 1)
  test.each([
    ['unicode', utf8],
    ['ASCII', {}],
  ])('%s: waiting', (_name, env) => {
    const look = createLook({ env, platform: 'linux' })
    for (const columns of widths) {
      for (const said of words) {
        const text = harmless(said)
        const wait = {
          words: [`in progress: ${text}`, text] as const,
          since: start,
          next: { at: start + 90_000, what: 'look' as const },
        }
        const row = waitRow(wait, start + 7_300_000 / 2, columns, look).replace(stripes, '')
        expect(cells(row), `${columns}: ${row}`).toBeLessThanOrEqual(Math.max(3, columns - 1))
        expect(row).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
      }
    }
  })

  test.each([
    ['unicode', utf8],
    ['ASCII', {}],
  ])('%s: downloading', (_name, env) => {
    const clock = fakeClock()
    const gauges = newProgress()
    gauges.bytes = 123_456_789_012
    gauges.active.set('MedicationAdministration.12345.ndjson', {
      bytes: 99,
      totalBytes: 123_456_789,
      attempt: 1,
    })
    gauges.active.set('deleted/Bundle.0001.ndjson.gz', { bytes: 1_234_567, attempt: 12 })
    gauges.active.set('Patient.0001.ndjson', { bytes: 200, totalBytes: 100, attempt: 1 })
    gauges.paused.set('https://files.example', clock.now() + 7_200_000)
    const bars = createBars({
      clock,
      progress: gauges,
      counts: () => ({ done: 19_999, total: 1_234_567, resources: 9_876_543_210, bytes: 1e15 }),
      look: createLook({ env, platform: 'linux' }),
    })
    for (const columns of widths) {
      for (const row of bars({ columns, rows: 24 }))
        expect(cells(row.replace(stripes, '')), `${columns}: ${row}`).toBeLessThanOrEqual(
          Math.max(4, columns - 1),
        )
    }
    for (let rows = 1; rows < 30; rows += 1)
      expect(bars({ columns: 80, rows }).length).toBeLessThanOrEqual(Math.max(1, rows - 1))
  })
})

test('words of a server are cut before what we say of them', () => {
  const look = createLook({ env: utf8, platform: 'linux' })
  const said = 'Exported 12,345 of about 67,890 resources of type Observation'
  const wait = {
    words: [`in progress: ${said}`, said] as const,
    since: start,
    next: { at: start + 62_000, what: 'look' as const },
  }
  const at = (columns: number): string => still(waitRow(wait, start + 50_000, columns, look))
  expect(at(120)).toBe(`⠿ in progress: ${said} · 50 s · next look in 12 s`)
  expect(at(100)).toBe(`⠿ ${said} · 50 s · next look in 12 s`)
  expect(at(60)).toBe('⠿ Exported 12,345 of about 67,8… · 50 s · next look in 12 s')
  expect(at(40)).toBe('⠿ Exported 12,345… · next look in 12 s')
  expect(at(20)).toBe('⠿ Exported 12,345…')
})

test('files keep their rows, and more than fit are counted', () => {
  const gauges = newProgress()
  const file = { bytes: 1, attempt: 1 }
  for (let index = 1; index <= 6; index += 1) gauges.active.set(`Patient.000${index}.ndjson`, file)
  const bars = createBars({
    clock: fakeClock(),
    progress: gauges,
    counts: () => ({ done: 0, total: 9 }),
    look: createLook({ env: utf8, platform: 'linux' }),
  })
  const labels = (): string[] =>
    bars({ columns: 80, rows: 7 })
      .slice(1)
      .map((row) => row.trim().split(/ {2,}/)[0] ?? '')
  expect(labels()).toEqual([
    'Patient.0001',
    'Patient.0002',
    'Patient.0003',
    'Patient.0004',
    'and 2 more files',
  ])
  gauges.active.delete('Patient.0002.ndjson')
  gauges.active.set('Patient.0007.ndjson', file)
  expect(labels()).toEqual([
    'Patient.0001',
    'Patient.0005',
    'Patient.0003',
    'Patient.0004',
    'and 2 more files',
  ])
})

test('where nothing comes there is no time left: how long nothing came is said instead', () => {
  const clock = fakeClock()
  const gauges = newProgress()
  const bars = createBars({
    clock,
    progress: gauges,
    counts: () => ({ done: 0, total: 2 }),
    look: createLook({ env: {}, platform: 'linux' }),
  })
  const details = (): string[] =>
    bars({ columns: 80, rows: 24 }).map((row) => row.split(/ {2,}/).at(-1)?.trim() ?? '')
  const come = (one: number, other: number): void => {
    gauges.active.set('Patient.0001.ndjson', { bytes: one, totalBytes: 689_000, attempt: 1 })
    gauges.active.set('Condition.0001.ndjson', { bytes: other, totalBytes: 689_000, attempt: 1 })
    gauges.bytes = one + other
  }
  come(0, 0)
  bars({ columns: 80, rows: 24 })
  clock.advance(4_000)
  come(270_000, 10_000)
  expect(details()[0]).toMatch(/^280 kB, 70.0 kB\/s, .* left$/)
  for (let kilobytes = 10; kilobytes < 30; kilobytes += 1) {
    clock.advance(1_000)
    come(270_000, kilobytes * 1000)
    bars({ columns: 80, rows: 24 })
  }
  expect(details().slice(1)).toEqual(['270 kB of 689 kB, stalled for 20 s', '29.0 kB of 689 kB'])
  clock.advance(40_000)
  expect(details()).toEqual(['299 kB, stalled for 40 s', '270 kB of 689 kB', '29.0 kB of 689 kB'])
})

test('the time left is that of the last half minute, and not more exact than it is known', () => {
  const left = timeLeft()
  expect(left(0, 0)).toBeUndefined()
  expect(left(1_000, 0.01)).toBeUndefined()
  expect(left(10_000, 0.1)).toBeCloseTo(90_000)
  expect(left(100_000, 0.1)).toBeUndefined()
  expect(leftText(3_200)).toBe('4 s left')
  expect(leftText(33_000)).toBe('35 s left')
  expect(leftText(61_000)).toBe('1 min 10 s left')
  expect(leftText(3_700_000)).toBe('1 h 2 min left')
})

test('a countdown to the next look', async () => {
  const rows: string[] = []
  await show([...begin, progress(2, '40% complete', 120)], {
    columns: 80,
    between: (event, io, screen) => {
      if (event.type !== 'status-in-progress') return
      for (const seconds of [0, 61, 58, 5]) {
        io.clock.advance(seconds * 1000)
        rows.push(still(screen.rows().at(-1) ?? ''))
      }
    },
  })
  expect(rows).toEqual([
    '⠿ in progress: 40% complete · 1 s · next look in 2 min',
    '⠿ in progress: 40% complete · 1 min 2 s · next look in 59 s',
    '⠿ in progress: 40% complete · 2 min · next look in 1 s',
    '⠿ in progress: 40% complete · 2 min 5 s · looking now',
  ])
})
