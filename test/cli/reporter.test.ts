import { describe, expect, test } from 'vitest'
import { plainPaint } from '../../src/cli/explain.js'
import { fancyReporter } from '../../src/cli/reporter/fancy.js'
import { createReporter, createTalk } from '../../src/cli/reporter/index.js'
import { jsonLine } from '../../src/cli/reporter/json.js'
import { rateMeter } from '../../src/cli/reporter/pace.js'
import { plainReporter } from '../../src/cli/reporter/plain.js'
import { resolveSettings } from '../../src/cli/settings.js'
import { newProgress } from '../../src/fetch/progress.js'
import type { Fact, JobEvent } from '../../src/job/facts.js'
import { type FakeIo, fakeIo } from './fake-io.js'
import { expectGolden } from './golden.js'
import {
  begin,
  eventsOf,
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

const plainText = async (story: readonly Timed[]): Promise<string> => {
  const io = fakeIo()
  await tell(story, plainReporter(createTalk(io, plainPaint), io.clock))
  return io.err()
}

describe('plain', () => {
  test('an export that ends incomplete', async () => {
    expectGolden('transcripts/plain-incomplete', await plainText(wholeStory))
  })

  test('a finished export with findings', async () => {
    expectGolden('transcripts/plain-findings', await plainText(finished))
  })

  test('a resumed one, with fresh URLs and a job that cannot be deleted', async () => {
    const fresh: Fact = {
      type: 'manifest-received',
      page,
      manifest: manifest({ output: [item('Patient', 1), item('Patient', 2)] }),
    }
    const story: Timed[] = [
      ...begin,
      [2, fresh],
      [3, { type: 'file-completed', name: 'Patient.0001.ndjson', ...stored(50) }],
      [
        4,
        {
          type: 'file-failed',
          name: 'Patient.0002.ndjson',
          code: 'gone',
          message: 'HTTP 410',
          refresh: true,
        },
      ],
      [10, { type: 'job-resumed', kept: { files: 1, bytes: 48_200 } }],
      [
        11,
        {
          type: 'file-failed',
          name: 'Patient.0002.ndjson',
          code: 'gone',
          message: 'HTTP 410',
          refresh: true,
        },
      ],
      [12, fresh],
      [13, { type: 'file-completed', name: 'Patient.0002.ndjson', ...stored(7) }],
      [14, { type: 'manifest-written', findings: [] }],
      [15, { type: 'delete-answered', status: 500, message: 'HTTP 500: out of order' }],
    ]
    expectGolden('transcripts/plain-resumed', await plainText(story))
  })

  test('a server that answers every second is not repeated every second', async () => {
    const same = Array.from({ length: 3000 }, (_, index) => progress(2 + index, 'working', 1))
    const lines = (await plainText([...begin, ...same]))
      .split('\n')
      .filter((line) => /in progress/.test(line))
    expect(lines).toEqual([
      'in progress after 1 s: working',
      'in progress after 10 min 1 s: working',
      'in progress after 20 min 2 s: working',
      'in progress after 40 min 4 s: working',
    ])
  })

  test('new words of a job of days are said the more seldom the older it is', async () => {
    const week = 7 * 86_400
    const changing = Array.from({ length: week / 10 }, (_, index) =>
      progress(2 + 10 * index, `${index} of many`, 10),
    )
    const lines = (await plainText([...begin, ...changing]))
      .split('\n')
      .filter((line) => /in progress/.test(line))
    expect(lines.length).toBeGreaterThan(50)
    expect(lines.length).toBeLessThan(200)
  })

  test('of very many files a line now and then', async () => {
    const output = Array.from({ length: 20_000 }, (_, index) => item('Patient', index))
    const done = output.map(
      (_, index): Timed => [
        3 + index / 10,
        {
          type: 'file-completed',
          name: `Patient.${String(index + 1).padStart(4, '0')}.ndjson`,
          ...stored(1),
          ...(index === 10_000 ? { badLines: 1, firstBadLine: { line: 1, byte: 0, reason: 'no' } } : {}),
        },
      ],
    )
    const text = await plainText([
      ...begin,
      [2, { type: 'manifest-received', page, manifest: manifest({ output }) }],
      ...done,
    ])
    expect(text.split('\n').length).toBeLessThan(250)
    expect(text).toContain('Patient.0100.ndjson: 1 resource, 1.00 kB\n')
    expect(text).not.toContain('Patient.0101.ndjson')
    expect(text).toContain('Patient.10001.ndjson: 1 resource, 1.00 kB, 1 bad line')
    expect(text.match(/^from here on only now and then a line about files that are whole$/gm)).toHaveLength(1)
    expect(text).toMatch(/^1,\d+ of 20,000 files, 1\.\d+ MB in this run$/m)
  })

  test('while one large file comes in, a line now and then, the more seldom the longer it takes', () => {
    const io = fakeIo()
    const reporter = plainReporter(createTalk(io, plainPaint), io.clock)
    const gauges = newProgress()
    reporter.watch?.(gauges)
    io.clock.advance(300_000)
    expect(io.err()).toBe('')
    gauges.active.set('Patient.0001.ndjson', { bytes: 0, totalBytes: 3e9, attempt: 1 })
    for (let seconds = 0; seconds < 600; seconds += 1) {
      gauges.bytes += 1e6
      gauges.active.set('Patient.0001.ndjson', { bytes: gauges.bytes, totalBytes: 3e9, attempt: 1 })
      io.clock.advance(1000)
    }
    io.clock.advance(600_000)
    reporter.close()
    io.clock.advance(3_600_000)
    expect(io.err().trim().split('\n')).toEqual([
      'downloading: 60.0 MB of 3.00 GB of Patient.0001.ndjson, 60.0 MB in this run',
      'downloading: 120 MB of 3.00 GB of Patient.0001.ndjson, 120 MB in this run',
      'downloading: 240 MB of 3.00 GB of Patient.0001.ndjson, 240 MB in this run',
      'downloading: 480 MB of 3.00 GB of Patient.0001.ndjson, 480 MB in this run',
      'downloading: 600 MB of 3.00 GB of Patient.0001.ndjson, 600 MB in this run, and nothing came for 6 min',
    ])
  })

  test('a cut Retry-After is said once', async () => {
    const cut = (seconds: number): Timed => [
      seconds,
      {
        type: 'status-in-progress',
        retryAfterMs: 3_600_000,
        cut: true,
        notBefore: start + (seconds + 60) * 1000,
      },
    ]
    const text = await plainText([...begin, cut(2), cut(62), cut(122)])
    expect(text.match(/warning: .*/g)).toEqual([
      'warning: the server asks to wait 1 h; `--retry-after-max` makes it 1 min',
    ])
  })

  test('a hint that holds for many files is said once', async () => {
    const output = Array.from({ length: 50 }, (_, index) => item('Patient', index))
    const failed = output.map(
      (_, index): Timed => [
        3,
        {
          type: 'file-failed',
          name: `Patient.${String(index + 1).padStart(4, '0')}.ndjson`,
          code: 'unauthorized',
          message: 'HTTP 403',
          hint: 'name the origin',
          refresh: false,
        },
      ],
    )
    const text = await plainText([
      ...begin,
      [2, { type: 'manifest-received', page, manifest: manifest({ output }) }],
      ...failed,
    ])
    expect(text.match(/hint: /g)).toHaveLength(1)
    expect(text.match(/failed: HTTP 403/g)).toHaveLength(1)
    expect(text).toContain('49 more files failed likewise: HTTP 403')
  })

  test('nothing of a signed URL, no control characters', async () => {
    const text = await plainText(wholeStory)
    expect(text).not.toContain('secret')
    expect(text).not.toContain('\u001b')
  })
})

describe('json', () => {
  test('facts are objects with type and time', () => {
    expectGolden(
      'transcripts/facts',
      `${eventsOf([...wholeStory, ...finished.slice(-2)])
        .map(jsonLine)
        .join('\n')}\n`,
    )
  })

  test('no server text over 2 KB, no query', () => {
    const long = 'x'.repeat(10_000)
    const facts: Fact[] = [
      { type: 'kick-off-refused', status: 400, message: long },
      { type: 'status-in-progress', progress: long, notBefore: Number.POSITIVE_INFINITY },
      { type: 'status-transient', reason: long, notBefore: 0 },
      { type: 'export-failed', status: 500, message: long, code: 'BULKX_EXPORT_FAILED' },
      { type: 'export-gone', status: 404, message: long },
      { type: 'manifest-unavailable', page: `${page}?secret`, reason: long },
      { type: 'findings-accepted', failOn: 'never' },
      { type: 'job-cancelled', status: 202 },
      { type: 'kick-off-unsent', reason: long },
      { type: 'scopes-granted', asked: 'system/*.rs', granted: long, types: [] },
    ]
    for (const fact of facts) {
      const line = jsonLine({ ...fact, at: start })
      expect(line.length).toBeLessThan(2400)
      expect(line).not.toContain('secret')
      expect(JSON.parse(line)).toMatchObject({ type: fact.type, at: '2026-01-01T00:00:00.000Z' })
    }
  })
})

describe('fancy', () => {
  const fancyText = async (story: readonly Timed[], between?: (event: JobEvent, io: FakeIo) => void) => {
    const io = fakeIo({ columns: 80 })
    const reporter = fancyReporter(createTalk(io, plainPaint), io)
    const gauges = newProgress()
    reporter.watch?.(gauges)
    gauges.active.set('Patient.0001.ndjson', { bytes: 500, totalBytes: 1000, attempt: 1 })
    gauges.active.set('Observation.0001.ndjson', { bytes: 5000, attempt: 2 })
    await tell(story, reporter, (event) => between?.(event, io))
    return io.err()
  }
  const lines = (text: string): string[] =>
    text
      .replace(/\u001b\[[0-9;?]*[a-zA-Z]/g, '\n')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')

  test('a spinner while the server works, bars while files come, the summary at the end', async () => {
    const said = lines(await fancyText(wholeStory, (_event, io) => io.clock.advance(500)))
    expect(said.some((line) => /in progress: 40% complete/.test(line))).toBe(true)
    expect(said.some((line) => /^[-\\|/] [0-4] of 5 files +[=-]/.test(line))).toBe(true)
    expect(said.some((line) => /^Patient\.0001 +=+-+ +500 B of 1\.00 kB/.test(line))).toBe(true)
    expect(said.some((line) => /^Observation\.0001 +5\.00 kB, attempt 2/.test(line))).toBe(true)
    expect(said.some((line) => /^warning: Observation\.0002\.ndjson failed: HTTP 403/.test(line))).toBe(true)
    expect(said.at(-1)).toBe('what is whole is in ./out')
  })

  test('the cursor is there again at the end, whenever that is', async () => {
    for (let length = 1; length <= wholeStory.length; length += 1) {
      const text = await fancyText(wholeStory.slice(0, length))
      const last = /.*(\u001b\[\?25[lh])/s.exec(text)?.[1]
      expect([undefined, '\u001b[?25h']).toContain(last)
    }
  })

  test('twenty thousand files do not flood the terminal', async () => {
    const output = Array.from({ length: 20_000 }, (_, index) => item('Patient', index))
    const done = output.map(
      (_, index): Timed => [
        3,
        {
          type: 'file-completed',
          name: `Patient.${String(index + 1).padStart(4, '0')}.ndjson`,
          ...stored(1),
        },
      ],
    )
    const story: Timed[] = [
      ...begin,
      [2, { type: 'manifest-received', page, manifest: manifest({ output }) }],
      ...done,
    ]
    expect(lines(await fancyText(story)).length).toBeLessThan(100)
  })
})

test('the rate is that of the last seconds', () => {
  const rate = rateMeter()
  expect(rate(0, 0)).toBe(0)
  expect(rate(1000, 1000)).toBe(1000)
  expect(rate(10_000, 1000)).toBe(0)
  expect(rate(11_000, 3000)).toBe(2000)
})

describe('which reporter', () => {
  const kindOf = async (flags: Record<string, string[]>, options: Parameters<typeof fakeIo>[0]) => {
    const io = fakeIo(options)
    const settings = resolveSettings({
      names: ['json', 'quiet', 'verbose', 'no-progress', 'color'],
      flags,
      env: {},
    })
    const reporter = await createReporter(settings, io)
    await tell(begin, reporter)
    return { moves: io.err().includes('\u001b[?25l'), speaks: io.err() !== '', facts: io.out() !== '' }
  }
  test.each([
    [{}, {}, false, true, false],
    [{}, { columns: 80 }, true, true, false],
    [{ 'no-progress': ['true'] }, { columns: 80 }, false, true, false],
    [{ verbose: ['true'] }, { columns: 80 }, true, true, false],
    [{}, { columns: 80, env: { TERM: 'dumb' } }, false, true, false],
    [{}, { columns: 80, env: { CI: 'true' } }, false, true, false],
    [{}, { columns: 80, env: { CI: 'false' } }, true, true, false],
    [{ quiet: ['true'] }, { columns: 80 }, false, false, false],
    [{ json: ['true'] }, {}, false, true, true],
    [{ json: ['true'], quiet: ['true'] }, { columns: 80 }, false, false, true],
  ])('%j %j', async (flags, options, moves, speaks, facts) => {
    expect(await kindOf(flags, options)).toEqual({ moves, speaks, facts })
  })
})
