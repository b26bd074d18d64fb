/** The clock jumps, or the process sleeps, at each step of an export: no burst, no wait without end, no time below zero. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { JobEvent } from '../../src/job/facts.js'
import { codeOf, conversation, exitOf } from '../helpers/conversation.js'
import { type FakeClock, fakeClock } from '../helpers/fake-clock.js'
import { accepted, file, lines, manifest, origin, routes, statusUrl } from '../helpers/scripted-server.js'

const hour = 3_600_000
const day = 24 * hour

/** A clock that can be set: whoever sleeps sleeps as long as before. */
const settable = (): FakeClock & { jump(ms: number): void } => {
  const base = fakeClock()
  let ahead = 0
  const own = { ...base, now: () => base.now() + ahead, advance: base.advance, sleeps: base.sleeps }
  return Object.assign(own, {
    jump: (ms: number) => {
      ahead += ms
    },
  })
}

const script = routes({
  [`GET ${origin}/fhir/`]: accepted,
  [`GET ${statusUrl}`]: [
    { status: 202, headers: { 'x-progress': '10%', 'retry-after': '60' } },
    { status: 503 },
    { status: 202, headers: { 'x-progress': '50%' } },
    { body: manifest([file('1'), file('2'), file('3')]) },
  ],
  [`GET ${origin}/files/`]: { body: lines('Patient', 2) },
})

const moments: readonly JobEvent['type'][] = [
  'kick-off-requested',
  'kick-off-accepted',
  'status-in-progress',
  'status-transient',
  'manifest-received',
  'file-completed',
  'manifest-written',
]

const jumps: Readonly<Record<string, number>> = {
  'three days on': 3 * day,
  'twenty days on': 20 * day,
  'five hours back': -5 * hour,
  'two years back': -730 * day,
}

const rows = moments.flatMap((moment) => Object.keys(jumps).map((jump) => ({ moment, jump })))

test.each(rows)('$jump at $moment', async ({ moment, jump }) => {
  const clock = settable()
  const talk = await conversation(script, {})
  let jumped = false
  const ran = await talk.run(
    { files: { parallel: 1 } },
    {
      onEvent: ({ type }) => {
        if (type !== moment || jumped) return
        jumped = true
        clock.jump(jumps[jump] ?? 0)
      },
    },
    { clock },
  )
  expect([jumped, exitOf(ran), codeOf(ran)]).toEqual([true, 0, undefined])
  // As often as the server has answers, whatever the clock says; no wait is longer than it was to be.
  expect(talk.server.asked(statusUrl).filter(({ method }) => method === 'GET')).toHaveLength(4)
  expect(talk.server.asked('/$export')).toHaveLength(1)
  for (const ms of clock.sleeps) expect([ms >= 0, ms <= 5 * 60_000], `${ms}`).toEqual([true, true])
  for (const event of ran.events)
    if (event.type === 'file-completed') expect(event.durationMs).toBeGreaterThanOrEqual(0)
  const log = await readFile(join(talk.directory, 'log.ndjson'), 'utf8')
  expect(log.match(/"eventId":"kickoff"/g)).toHaveLength(1)
  expect(log, 'durations').not.toMatch(/"duration":-/)
})

test('beyond the deadline it is looked once more, and then said', async () => {
  const clock = settable()
  const talk = await conversation({ ...script, [`GET ${statusUrl}`]: { status: 202 } })
  const onEvent = ({ type }: JobEvent): void => {
    if (type === 'status-in-progress') clock.jump(40 * day)
  }
  const ran = await talk.run({}, { onEvent }, { clock })
  expect(codeOf(ran)).toBe('BULKX_DEADLINE')
  expect(talk.server.asked(statusUrl).length).toBeLessThanOrEqual(2)
  const again = await talk.run({}, { command: 'resume' }, { clock })
  expect(codeOf(again)).toBe('BULKX_DEADLINE')
  expect(talk.server.asked(statusUrl).length).toBeLessThanOrEqual(3)
})
