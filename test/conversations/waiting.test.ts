/** When the status is asked for: CONTRACT part 2, "Waiting", on the recorded times of the requests. */
import { describe, expect, test } from 'vitest'
import { NetworkError } from '../../src/http/network-error.js'
import { codeOf, conversation, exitOf } from '../helpers/conversation.js'
import {
  file,
  manifest,
  outcome,
  type Reply,
  routes,
  type Script,
  statusUrl,
} from '../helpers/scripted-server.js'

const start = Date.UTC(2026, 0, 1)
const done: Reply = { body: manifest([file('1', 'Patient', { count: 2 })]) }
const later = (retryAfter?: string, date?: string): Reply => ({
  status: 202,
  headers: { ...(retryAfter !== undefined && { 'retry-after': retryAfter }), ...(date && { date }) },
})
const atUtc = (ms: number): string => new Date(start + ms).toUTCString()

/** Times of the status requests, milliseconds since the kick-off. */
const looks = async (
  status: Script,
  ...differences: Parameters<Awaited<ReturnType<typeof conversation>>['run']>
) => {
  const talk = await conversation(routes({ [`GET ${statusUrl}`]: status }), { random: () => 0 })
  const ran = await talk.run(...differences)
  return { times: talk.server.asked(`GET ${statusUrl}`).map(({ at }) => at), ran, talk }
}

describe('our own backoff', () => {
  test('P-01 first after 200 ms, then 10 % of the age between --poll-min and --poll-max', async () => {
    const status = Array.from({ length: 300 }, () => later())
    const { times } = await looks([...status, done])
    expect(times[0]).toBe(200)
    for (let index = 1; index < times.length; index += 1) {
      const before = times[index - 1] ?? 0
      expect((times[index] ?? 0) - before).toBe(Math.max(1000, Math.min(Math.round(before / 10), 300_000)))
    }
    expect((times.at(-1) ?? 0) - (times.at(-2) ?? 0)).toBe(300_000)
  })

  test('jitter goes downwards only, and never below --poll-min', async () => {
    const talk = await conversation(
      routes({ [`GET ${statusUrl}`]: [...Array.from({ length: 60 }, () => later()), done] }),
      { random: () => 0.999 },
    )
    await talk.run()
    const times = talk.server.asked(`GET ${statusUrl}`).map(({ at }) => at)
    for (let index = 1; index < times.length; index += 1) {
      const before = times[index - 1] ?? 0
      const wait = (times[index] ?? 0) - before
      const full = Math.max(1000, Math.min(before / 10, 300_000))
      expect(wait).toBeLessThanOrEqual(Math.ceil(full))
      expect(wait).toBeGreaterThanOrEqual(Math.max(1000, Math.floor(full * 0.9)))
    }
  })

  test.each(['0', '-5', 'abc', '', '1e9', 'wait 2027'])(
    'P-12, P-13 Retry-After %j is as if absent',
    async (text) => {
      const { times } = await looks([later(text), later(text), done])
      expect(times).toEqual([200, 1200, 2200])
    },
  )

  test('P-11 an HTTP-date in the past is as if absent', async () => {
    const { times } = await looks([later(atUtc(-60_000), atUtc(0)), done])
    expect(times).toEqual([200, 1200])
  })
})

describe('what the server asks', () => {
  test.each([
    ['P-09 seconds', later('120'), 120_000],
    ['P-13 decimal seconds', later('12.5'), 12_500],
    ['P-13 the first of two', later('120, 120'), 120_000],
    ['P-10 an HTTP-date', later(atUtc(300_000), atUtc(0)), 300_000],
    ['P-11 an HTTP-date by a clock one hour ahead', later(atUtc(3_660_000), atUtc(3_600_000)), 60_000],
    ['P-14 five hours', later('18000'), 18_000_000],
  ])('%s is obeyed to the millisecond', async (_name, reply, wait) => {
    const { times } = await looks([reply, done])
    expect(times).toEqual([200, 200 + wait])
  })

  test('P-15 the newest value counts every time', async () => {
    const { times } = await looks([later('10'), later('20'), later('40'), later('5'), done])
    expect(times.map((at, index) => at - (times[index - 1] ?? 0))).toEqual([
      200, 10_000, 20_000, 40_000, 5_000,
    ])
  })

  test('a value beyond the deadline is as if absent', async () => {
    const { times } = await looks([later('7200'), done], { waiting: { deadlineMs: 3_600_000 } })
    expect(times).toEqual([200, 1200])
  })

  test('P-17 a 429 with Retry-After is obeyed and the job is alive', async () => {
    const { times, ran } = await looks([{ status: 429, headers: { 'retry-after': '90' } }, done])
    expect(times).toEqual([200, 90_200])
    expect(exitOf(ran)).toBe(0)
  })

  test('a 503 with a value beyond the deadline is as if without one', async () => {
    const busy: Reply = { status: 503, headers: { 'retry-after': '1200' } }
    const { times } = await looks([busy, done], { waiting: { deadlineMs: 600_000 } })
    expect(times).toEqual([200, 1200])
  })
})

describe('--retry-after-max', () => {
  const waiting = { retryAfterMaxMs: 60_000 }

  test('P-14 cuts what the server asks, and the fact says so', async () => {
    const { times, ran } = await looks([later('18000'), later('18000'), done], { waiting })
    expect(times).toEqual([200, 60_200, 120_200])
    expect(ran.events.filter((event) => event.type === 'status-in-progress')).toMatchObject([
      { cut: true, retryAfterMs: 18_000_000 },
      { cut: true },
    ])
  })

  test('a smaller value is not touched', async () => {
    expect((await looks([later('30'), done], { waiting })).times).toEqual([200, 30_200])
  })

  test('P-16 a 429 ends the cut at once: what it asks is obeyed, and everything after it', async () => {
    const early: Reply = { status: 429, headers: { 'retry-after': '17940' } }
    const { times } = await looks([later('18000'), early, later('3600'), done], { waiting })
    expect(times.map((at, index) => at - (times[index - 1] ?? 0))).toEqual([
      200, 60_000, 17_940_000, 3_600_000,
    ])
  })

  test('cuts what a 503 asks, too', async () => {
    const busy: Reply = { status: 503, headers: { 'retry-after': '1200' } }
    expect((await looks([busy, done], { waiting })).times).toEqual([200, 60_200])
  })
})

describe('limits', () => {
  test('P-39 202 for ever ends 9 at the deadline, after a last look, and goes on later', async () => {
    const { times, ran, talk } = await looks(later(), { waiting: { deadlineMs: 3_600_000 } })
    expect(codeOf(ran)).toBe('BULKX_DEADLINE')
    expect(exitOf(ran)).toBe(9)
    expect(times.at(-1)).toBe(3_600_000)
    const before = talk.server.requests.length
    const again = await talk.run({ waiting: { deadlineMs: 3_600_000 } }, { command: 'resume' })
    expect(codeOf(again)).toBe('BULKX_DEADLINE')
    expect(talk.server.requests.length - before).toBe(1)
    expect(talk.server.asked('DELETE')).toEqual([])
  })

  test('a failure that is not believed yet is what the deadline ends with, and the last look is announced', async () => {
    const failed: Reply = { status: 500, body: outcome('fatal', 'out of memory') }
    const { ran, times } = await looks(failed, { waiting: { deadlineMs: 20_000 } })
    expect(codeOf(ran)).toBe('BULKX_DEADLINE')
    expect(String(ran.thrown)).toContain(
      'the last answer was: The export failed on the server, HTTP 500: out of memory',
    )
    expect(times).toEqual([200, 10_200, 20_000])
  })

  test('P-25 failure for longer than --patience ends 9', async () => {
    const { times, ran, talk } = await looks({ status: 503 }, { waiting: { patienceMs: 60_000 } })
    expect(codeOf(ran)).toBe('BULKX_UNREACHABLE')
    expect(exitOf(ran)).toBe(9)
    expect(times).toEqual([200, 1200, 3200, 7200, 15_200, 31_200, 60_200])
    expect(talk.server.asked('DELETE')).toEqual([])
  })

  test('patience counts on in the next process, and one good answer starts it anew', async () => {
    const failure = new NetworkError('broken', 'the connection was reset', { sent: true })
    let good = false
    const talk = await conversation(routes({ [`GET ${statusUrl}`]: () => (good ? later('30') : failure) }), {
      random: () => 0,
    })
    const waiting = { patienceMs: 60_000, deadlineMs: 1_000_000 }
    expect(codeOf(await talk.run({ waiting }))).toBe('BULKX_UNREACHABLE')
    const seen = talk.server.requests.length
    expect(codeOf(await talk.run({ waiting }, { command: 'resume' }))).toBe('BULKX_UNREACHABLE')
    expect(talk.server.requests.length - seen).toBe(1)
    good = true
    const third = await talk.run({ waiting }, { command: 'resume' })
    expect(codeOf(third)).toBe('BULKX_DEADLINE')
    expect(talk.server.asked('/$export')).toHaveLength(1)
  })

  test('P-46 a wait goes on in the next process where it was', async () => {
    const stop = new AbortController()
    const talk = await conversation(routes({ [`GET ${statusUrl}`]: [later('3600'), done] }))
    const first = await talk.run(
      {},
      {
        onEvent: (event) => {
          if (event.type === 'status-in-progress') stop.abort(new Error('Ctrl-C'))
        },
      },
      { signal: stop.signal },
    )
    expect(String(first.thrown)).toContain('Ctrl-C')
    talk.clock.advance(100_000)
    expect(exitOf(await talk.run({}, { command: 'resume' }))).toBe(0)
    expect(talk.server.asked(`GET ${statusUrl}`).map(({ at }) => at)).toEqual([200, 3_600_200])
  })
})

describe('answers that pass', () => {
  test.each<[string, Reply]>([
    ['P-21 500 marked transient', { status: 500, body: outcome('error', 'try again', 'transient') }],
    ['500 marked throttled', { status: 500, body: outcome('error', 'later', 'throttled') }],
    ['P-24 503 with a page', { status: 503, body: '<html><h1>Maintenance</h1></html>' }],
    ['P-24 502', { status: 502 }],
    ['P-24 504', { status: 504 }],
    ['408', { status: 408 }],
    ['P-26 a reset', new NetworkError('broken', 'the connection was reset', { sent: true })],
    ['P-27 a time-out', new NetworkError('timeout', 'no answer came in time', { sent: true })],
    ['a refused connection', new NetworkError('refused', 'the connection was refused', { sent: false })],
    [
      'P-35 a manifest that breaks off',
      { body: '{"output":', breaks: new NetworkError('broken', 'the connection was reset', { sent: true }) },
    ],
  ])('%s twice, then done: doubling waits and 0', async (_name, reply) => {
    const { times, ran } = await looks([reply, reply, done])
    expect(exitOf(ran)).toBe(0)
    expect(times).toEqual([200, 1200, 3200])
  })
})
