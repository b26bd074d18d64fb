/** An origin that wants fewer requests: how many downloads run after it has said so, and which are not asked at all. */
import { expect, test } from 'vitest'
import type { Exchange } from '../../src/http/exchange.js'
import { codeOf, conversation, dataFiles, exitOf } from '../helpers/conversation.js'
import {
  file,
  type Listed,
  lines,
  manifest,
  origin,
  outcome,
  type Reply,
  routes,
  type Script,
  statusUrl,
} from '../helpers/scripted-server.js'

const page = (...output: Listed[]): Reply => ({ body: manifest(output) })
const good: Reply = { body: lines('Patient', 1) }
const many = Array.from({ length: 60 }, (_, index) => file(`n${index + 1}`))

const talkOf = async (output: Listed[], more: Record<string, Script>) => {
  const talk = await conversation(routes({ [`GET ${statusUrl}`]: page(...output), ...more }))
  const notes: string[] = []
  const onNote = (text: string): void => void notes.push(text)
  /** Downloads under way as each request is sent. */
  const underWay: number[] = []
  let running = 0
  const exchange: Exchange = async (request) => {
    const reply = await talk.server.exchange(request)
    if (!request.url.includes('/files/')) return reply
    running += 1
    underWay.push(running)
    reply.body.on('end', () => {
      running -= 1
    })
    return reply
  }
  const run = (parallel = 8) => talk.run({ files: { parallel } }, {}, { onNote, exchange })
  return { talk, run, notes, underWay }
}

test('a burst of refusals halves once, is said once, and costs no file', async () => {
  const busy: Reply = { status: 429, headers: { 'retry-after': '30' } }
  const { talk, run, notes, underWay } = await talkOf(many, {
    [`GET ${origin}/files/n`]: (_asked, number) => (number < 8 ? busy : good),
  })
  expect(exitOf(await run())).toBe(0)
  expect(await dataFiles(talk.directory)).toHaveLength(60)
  const asked = talk.server.asked('/files/n')
  expect(asked).toHaveLength(68)
  const refusedAt = asked[0]?.at ?? 0
  expect(asked.slice(8).every(({ at }) => at >= refusedAt + 30_000)).toBe(true)
  expect(Math.max(...underWay.slice(0, 8))).toBe(8)
  expect(Math.max(...underWay.slice(8, 28))).toBe(4)
  expect(Math.max(...underWay)).toBeGreaterThan(4)
  expect(Math.max(...underWay)).toBeLessThanOrEqual(8)
  expect(notes).toEqual(['the server asks for fewer requests: 4 downloads at once'])
})

test('429 without Retry-After: pauses that grow, for all files, and no attempt is lost', async () => {
  const { talk, run, notes } = await talkOf([file('1')], {
    [`GET ${origin}/files/1`]: [...Array<Reply>(8).fill({ status: 429 }), good],
  })
  expect(exitOf(await run(2))).toBe(0)
  const times = talk.server.asked('/files/1').map(({ at }) => at)
  const waits = times.slice(1).map((at, index) => at - (times[index] ?? 0))
  expect(waits.every((wait, index) => index === 0 || wait >= Math.min(57_000, waits[index - 1] ?? 0))).toBe(
    true,
  )
  expect(waits[0]).toBeGreaterThanOrEqual(900)
  expect(notes).toEqual(['the server asks for fewer requests: 1 download at once'])
})

test('429 for ever ends within --patience', async () => {
  const { talk, run } = await talkOf([file('1')], { [`GET ${origin}/files/1`]: { status: 429 } })
  const ran = await run()
  expect([exitOf(ran), codeOf(ran)]).toEqual([7, 'BULKX_FILES_FAILED'])
  expect(talk.server.asked('/files/1').at(-1)?.at).toBeLessThan(40 * 60_000)
})

test('503 for ever of one file fails that file', async () => {
  const { talk, run } = await talkOf(many, {
    [`GET ${origin}/files/n`]: ({ url }) => (url.endsWith('/n5') ? { status: 503 } : good),
  })
  expect(exitOf(await run())).toBe(7)
  expect(await dataFiles(talk.directory)).toHaveLength(59)
})

test('a pause that is not sat out is asked for once, not by every file', async () => {
  const { talk, run } = await talkOf(many, {
    [`GET ${origin}/files/n`]: {
      status: 429,
      headers: { 'retry-after': '18000' },
      body: outcome('error', 'busy'),
    },
  })
  const ran = await run(4)
  expect([exitOf(ran), codeOf(ran)]).toEqual([7, 'BULKX_FILES_FAILED'])
  expect(ran.error?.hint).toContain('300 minutes')
  expect(talk.server.asked('/files/n').length).toBeLessThanOrEqual(4)
})

test('a host behind a redirect pauses what leads to it, too', async () => {
  const store = 'https://store.example'
  const { talk, run } = await talkOf([file('a'), file('b')], {
    [`GET ${origin}/files/`]: ({ url }) => ({
      status: 307,
      headers: { location: `${store}/files/${url.slice(-1)}` },
    }),
    [`GET ${store}/files/`]: [{ status: 503, headers: { 'retry-after': '60' } }, good],
  })
  expect(exitOf(await run(1))).toBe(0)
  const times = talk.server.asked(`GET ${origin}/files/`).map(({ at }) => at)
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBe(60_000)
})

test('a pause behind redirects holds up nobody else', async () => {
  const store = 'https://store.example'
  const leading = ['https://one.example', 'https://two.example']
  const output = [
    ...leading.flatMap((at) => [1, 2, 3].map((name) => ({ type: 'Patient', url: `${at}/${name}` }))),
    ...['a', 'b', 'c'].map((name) => file(name)),
  ]
  const redirects = leading.map((at): [string, Script] => [
    `GET ${at}/`,
    ({ url }) => ({ status: 302, headers: { location: `${store}/${url.slice(-1)}` } }),
  ])
  const talk = await conversation(
    routes({
      [`GET ${statusUrl}`]: page(...output),
      ...Object.fromEntries(redirects),
      [`GET ${store}/`]: [{ status: 429, headers: { 'retry-after': '60' } }, good],
      [`GET ${origin}/files/`]: good,
    }),
  )
  const healthy = () => talk.server.asked(`GET ${origin}/files/`).length
  const atPauseEnd: number[] = []
  // The others get all their turns before the pause is over.
  const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    if (ms === 60_000) {
      for (let turn = 0; turn < 3000 && healthy() < 3; turn += 1)
        await new Promise((resolve) => setImmediate(resolve))
      atPauseEnd.push(healthy())
    }
    return talk.clock.sleep(ms, signal)
  }
  const ran = await talk.run({ files: { parallel: 2 } }, {}, { clock: { ...talk.clock, sleep } })
  expect(exitOf(ran)).toBe(0)
  expect(atPauseEnd[0]).toBe(3)
})

test('a partial manifest that grows is written down once, entry by entry', async () => {
  const part = (count: number): Reply => ({ status: 202, body: manifest(many.slice(0, count)) })
  const talk = await conversation(
    routes({
      [`GET ${statusUrl}`]: [part(10), part(10), part(25), part(60), page(...many)],
      [`GET ${origin}/files/n`]: good,
    }),
  )
  const ran = await talk.run()
  expect(exitOf(ran)).toBe(0)
  const written = ran.events.flatMap((event) =>
    event.type === 'manifest-received' ? [[event.known?.output, event.manifest.items.output.length]] : [],
  )
  expect(written).toEqual([
    [0, 10],
    [10, 15],
    [25, 35],
    [undefined, 60],
  ])
  expect(talk.server.asked('/files/n')).toHaveLength(60)
  expect(await dataFiles(talk.directory)).toHaveLength(60)
})
