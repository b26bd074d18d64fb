/** Pauses that an origin asks for hold back every request to it, and no other; rates are kept. */
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { compose, type Exchange, type HttpHeaders, type HttpReply } from '../../src/http/exchange.js'
import { keepPauses, limitRate, OriginPaused } from '../../src/http/pace.js'
import { fakeClock } from '../helpers/fake-clock.js'

const paced = (answers: [number, HttpHeaders?][], requestsPerSecond = 1e9) => {
  const clock = fakeClock()
  const startedAt = clock.now()
  const asked: [string, number][] = []
  const exchange: Exchange = async ({ url }) => {
    const [status, headers = {}] = answers[asked.length] ?? [200]
    asked.push([url, clock.now() - startedAt])
    return { status, headers, url, body: Readable.from([]) }
  }
  const paused = new Map<string, number>()
  const pauses = keepPauses({ clock, random: () => 0, paused })
  const send = compose(limitRate(clock, requestsPerSecond), pauses)(exchange)
  /** As the downloads do: waits the pause in line, then asks again. */
  const ask = async (url: string): Promise<HttpReply> => {
    try {
      return await send({ method: 'GET', url, headers: {} })
    } catch (error) {
      if (!(error instanceof OriginPaused)) throw error
      await clock.sleep((paused.get(error.origin) ?? 0) - clock.now())
      return ask(url)
    }
  }
  return { asked, ask, send }
}
const a = 'https://a.example/1'
const b = 'https://b.example/1'

test.each<[string, [number, HttpHeaders], number]>([
  ['429', [429, { 'retry-after': '30' }], 30_000],
  ['503', [503, { 'retry-after': '30' }], 30_000],
  [
    'a date',
    [503, { date: 'Thu, 01 Jan 2026 05:00:00 GMT', 'retry-after': 'Thu, 01 Jan 2026 05:00:10 GMT' }],
    10_000,
  ],
  ['429 without Retry-After: a pause of our own', [429, {}], 1000],
  ['503 without Retry-After', [503, {}], 1000],
  ['Retry-After: 0 is none', [429, { 'retry-after': '0' }], 1000],
  ['rubbish is none', [429, { 'retry-after': 'later' }], 1000],
  ['another status', [500, { 'retry-after': '30' }], 0],
])('%s', async (_name, answer, wait) => {
  const { asked, ask } = paced([answer])
  await ask(a)
  await ask(b)
  await ask('https://a.example/2')
  expect(asked).toEqual([
    [a, 0],
    [b, 0],
    ['https://a.example/2', wait],
  ])
})

test('a longer pause that comes meanwhile counts', async () => {
  const { asked, ask } = paced([
    [429, { 'retry-after': '10' }],
    [429, { 'retry-after': '60' }],
  ])
  await ask(a)
  await ask(a)
  await ask(a)
  expect(asked.map(([, at]) => at)).toEqual([0, 10_000, 70_000])
})

test('while it lasts nothing is sent there, and nobody waits', async () => {
  const { asked, ask, send } = paced([[429, { 'retry-after': '30' }]])
  await ask(a)
  await expect(send({ method: 'GET', url: a, headers: {} })).rejects.toThrow(
    'https://a.example has asked for a pause',
  )
  await ask(b)
  expect(asked).toEqual([
    [a, 0],
    [b, 0],
  ])
})

test('pauses of our own grow from answer to answer, and begin anew after one that is good', async () => {
  const { asked, ask } = paced([[429], [503], [429], [200], [429]])
  for (let count = 0; count < 6; count += 1) await ask(a)
  expect(asked.map(([, at]) => at)).toEqual([0, 1000, 3000, 7000, 7000, 8000])
})

test('of a burst, the first answer without Retry-After counts; one with it always does', async () => {
  const { asked, ask } = paced([[429], [429], [429, { 'retry-after': '5' }], [429]])
  await Promise.all([ask(a), ask(a), ask(a), ask(a)])
  await ask(a)
  expect(asked.map(([, at]) => at)).toEqual([0, 0, 0, 0, 5000])
})

test('a rate is kept over all origins', async () => {
  const { asked, ask } = paced([], 4)
  for (const url of [a, b, a, b, a]) await ask(url)
  expect(asked.map(([, at]) => at)).toEqual([0, 250, 500, 750, 1000])
})
