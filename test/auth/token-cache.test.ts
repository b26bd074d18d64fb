/** One token for all: when it is renewed, by whom, and what happens when that fails. */
import { describe, expect, test } from 'vitest'
import type { AccessToken } from '../../src/auth/access-token.js'
import { renewAfterMs, TokenUnavailable, tokenCache } from '../../src/auth/token-cache.js'
import { BulkxError } from '../../src/errors.js'
import { NetworkError } from '../../src/http/network-error.js'
import { fakeClock } from '../helpers/fake-clock.js'

const minute = 60_000

test.each([
  ['a day', 1440 * minute, 1152 * minute],
  ['an hour', 60 * minute, 48 * minute],
  ['five minutes', 5 * minute, 4 * minute],
  ['three minutes', 3 * minute, 2 * minute],
  ['a minute', minute, 0.5 * minute],
  ['a second', 1000, 500],
])('G-66 a token that lives %s', (_, lifetimeMs, want) => {
  expect(renewAfterMs(lifetimeMs)).toBe(want)
})

const refusal = () => new BulkxError('BULKX_TOKEN', 'no')

/** A cache whose source gives what is scripted, in turn, then numbered tokens; `requests` are their times. */
const cache = (
  script: (AccessToken | Error | undefined)[] = [],
  { lifetimeMs = 60 * minute, signal }: { lifetimeMs?: number; signal?: AbortSignal } = {},
) => {
  const clock = fakeClock(0)
  const requests: number[] = []
  const obtain = async (): Promise<AccessToken> => {
    const scripted = script[requests.length]
    requests.push(clock.now())
    const text = String(requests.length)
    await Promise.resolve()
    if (scripted instanceof Error) throw scripted
    return scripted ?? { text, lifetimeMs }
  }
  const credentials = tokenCache({ clock, random: () => 0, signal, obtain })
  return { clock, requests, credentials, ask: (refused?: string) => credentials.headers(asHeaders(refused)) }
}

const asHeaders = (token?: string) =>
  token === undefined ? undefined : { authorization: `Bearer ${token}`, 'x-tenant': '1' }
const token = (text: string) => ({ authorization: `Bearer ${text}` })

describe('the first token', () => {
  test('is asked for once, however many want it', async () => {
    const { ask, requests } = cache()
    const all = await Promise.all(Array.from({ length: 20 }, () => ask()))
    expect(all).toEqual(Array.from({ length: 20 }, () => token('1')))
    expect(requests).toEqual([0])
  })

  test('A-02 a refusal is final, and not remembered', async () => {
    const { ask, requests } = cache([refusal()])
    await expect(ask()).rejects.toMatchObject({ code: 'BULKX_TOKEN' })
    expect(requests).toHaveLength(1)
    expect(await ask()).toEqual(token('2'))
  })

  test.each([
    ['1 s', [1000]],
    ['a minute', [minute]],
    ['twice', [5000, 7000]],
  ])('A-07 Retry-After is waited for: %s', async (_, waits) => {
    const { ask, clock, requests } = cache(waits.map((ms) => new TokenUnavailable('busy', ms)))
    await ask()
    expect(clock.sleeps).toEqual(waits)
    expect(requests).toHaveLength(waits.length + 1)
  })

  test('A-07 a longer one is for the caller to judge; nobody is asked before it has passed', async () => {
    const { ask, clock, requests } = cache([new TokenUnavailable('busy', 2 * minute)])
    await expect(ask()).rejects.toMatchObject({ message: 'busy', sent: false })
    clock.advance(minute)
    await expect(ask()).rejects.toMatchObject({ message: 'busy', sent: false })
    expect(requests).toHaveLength(1)
    clock.advance(minute)
    expect(await ask()).toEqual(token('2'))
    expect(clock.sleeps).toEqual([])
  })

  test.each([
    ['a server in trouble', new TokenUnavailable('HTTP 502')],
    ['no connection', new NetworkError('refused', 'refused', { sent: false })],
    ['a defect', new RangeError('defect')],
  ])('%s is not asked again here: the caller has a patience of its own', async (_, error) => {
    const { ask, requests } = cache([error])
    await expect(ask()).rejects.toBe(error)
    expect(requests).toHaveLength(1)
  })
})

describe('renewed before its end', () => {
  test('not before 80 % of its life, then once for all', async () => {
    const { ask, clock, requests } = cache()
    await ask()
    clock.advance(48 * minute - 1)
    expect(await ask()).toEqual(token('1'))
    clock.advance(1)
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([token('2'), token('2'), token('2')])
    expect(requests).toEqual([0, 48 * minute])
  })

  test('a failure does no harm while the present one is good', async () => {
    const { ask, clock, requests } = cache([undefined, refusal(), new TokenUnavailable('x')])
    await ask()
    clock.advance(48 * minute)
    expect(await ask()).toEqual(token('1'))
    expect(await ask()).toEqual(token('1'))
    clock.advance(30_000)
    expect(await ask()).toEqual(token('1'))
    clock.advance(30_000)
    expect(await ask()).toEqual(token('4'))
    expect(requests).toHaveLength(4)
    expect(clock.sleeps).toEqual([])
  })

  test('its life counts from the request, not from the answer', async () => {
    const clock = fakeClock(0)
    const requests: number[] = []
    const credentials = tokenCache({
      clock,
      random: () => 0,
      obtain: async () => {
        requests.push(clock.now())
        clock.advance(10 * minute)
        return { text: 'x', lifetimeMs: 60 * minute }
      },
    })
    await credentials.headers()
    clock.advance(38 * minute)
    await credentials.headers()
    expect(requests).toEqual([0, 48 * minute])
  })
})

describe('A-03 a renewal that is needed', () => {
  test('is tried again with backoff, whatever the code', async () => {
    const { ask, clock } = cache([undefined, refusal(), refusal(), new TokenUnavailable('500')])
    await ask()
    clock.advance(60 * minute)
    expect(await ask()).toEqual(token('5'))
    expect(clock.sleeps).toEqual([1000, 2000, 4000])
  })

  test('five times, no more', async () => {
    const { ask, clock, requests } = cache([undefined, ...Array.from({ length: 9 }, refusal)])
    await ask()
    clock.advance(60 * minute)
    await expect(ask()).rejects.toMatchObject({ code: 'BULKX_TOKEN' })
    expect(requests).toHaveLength(6)
  })

  test('a server that cannot be reached is left to the caller', async () => {
    const { ask, clock, requests } = cache([undefined, new NetworkError('dns', 'x', { sent: false })])
    await ask()
    clock.advance(61 * minute)
    await expect(ask()).rejects.toBeInstanceOf(NetworkError)
    expect(requests).toHaveLength(2)
    expect(await ask()).toEqual(token('3'))
  })
})

describe('A-18 refused', () => {
  test('twenty at once: one request', async () => {
    const { ask, requests } = cache()
    await ask()
    const all = await Promise.all(Array.from({ length: 20 }, () => ask('1')))
    expect(new Set(all.map((one) => one.authorization))).toEqual(new Set(['Bearer 2']))
    expect(requests).toHaveLength(2)
  })

  test('with an older one: the present one, without a request', async () => {
    const { ask, requests } = cache()
    await ask()
    await ask('1')
    expect(await ask('1')).toEqual(token('2'))
    expect(await ask()).toEqual(token('2'))
    expect(requests).toHaveLength(2)
  })

  test('with an older one while the present one is being renewed: the new one', async () => {
    const { ask, requests } = cache()
    await ask()
    await ask('1')
    const [first, second, third] = await Promise.all([ask('2'), ask('1'), ask()])
    expect([first, second, third]).toEqual([token('3'), token('3'), token('3')])
    expect(requests).toHaveLength(3)
  })

  test('while an early renewal is on its way: that one', async () => {
    const { ask, clock, requests } = cache()
    await ask()
    clock.advance(50 * minute)
    expect(await Promise.all([ask(), ask('1')])).toEqual([token('2'), token('2')])
    expect(requests).toHaveLength(2)
  })

  test('while an early renewal fails: a renewal of its own', async () => {
    const { ask, clock, requests } = cache([undefined, refusal()])
    await ask()
    clock.advance(50 * minute)
    expect(await Promise.all([ask(), ask('1')])).toEqual([token('1'), token('3')])
    expect(requests).toHaveLength(3)
  })

  test('again and again: five renewals a minute, then the same headers', async () => {
    const { ask, clock, requests } = cache()
    let held = (await ask()).authorization?.replace('Bearer ', '')
    for (let time = 0; time < 50; time += 1) held = (await ask(held)).authorization?.replace('Bearer ', '')
    expect(requests).toHaveLength(6)
    expect(await ask(held)).toEqual(token(held ?? ''))
    clock.advance(minute)
    expect(await ask(held)).not.toEqual(token(held ?? ''))
  })

  test('a server that gives the same token again: the same headers', async () => {
    const same = { text: 'same', lifetimeMs: 60 * minute }
    const { ask, requests } = cache([same, same])
    await ask()
    expect(await ask('same')).toEqual(token('same'))
    expect(requests).toHaveLength(2)
  })

  test('all who wait hear of a failure, and the next one asks anew', async () => {
    const { ask, requests } = cache([undefined, ...Array.from({ length: 5 }, refusal)])
    await ask()
    const all = await Promise.allSettled(Array.from({ length: 20 }, () => ask('1')))
    expect(all.every(({ status }) => status === 'rejected')).toBe(true)
    expect(requests).toHaveLength(6)
    expect(await ask('1')).toEqual(token('7'))
  })
})

test('The signal ends a wait, with its reason', async () => {
  const stop = new AbortController()
  const { ask, clock } = cache([new TokenUnavailable('busy', 30_000)], { signal: stop.signal })
  const waiting = ask()
  clock.every(1, () => stop.abort(new Error('Ctrl-C')))
  await expect(waiting).rejects.toThrow('Ctrl-C')
})
