/** Entries of manifests in any order, on any page, signed anew: each file once, none lost, and nothing guessed. */
import { describe, expect, test } from 'vitest'
import { unproved } from '../../src/job/check-listed.js'
import { newState, reduce } from '../../src/job/state.js'
import { codeOf, conversation, dataFiles, exitOf, textOf, typesOf } from '../helpers/conversation.js'
import {
  type Asked,
  type Listed,
  lines,
  manifest,
  origin,
  type Reply,
  routes,
  type Script,
  statusUrl,
} from '../helpers/scripted-server.js'

const data = `${origin}/data/`
const second = `${statusUrl}/page-2`
const toSecond = { link: [{ relation: 'next', url: second }] }

/** The file that a URL is of: its last capital letter. */
const idOf = (url: string): string => /([A-Z])[^A-Z]*$/.exec(url.slice(data.length))?.[1] ?? ''
const contentOf = (id: string): string => lines('Patient', 1, id.charCodeAt(0))
const serve = ({ url }: Asked): Reply => ({ body: contentOf(idOf(url)) })

const entry = (url: string, more: Listed = {}): Listed => ({ type: 'Patient', url: data + url, ...more })
const list = (urls: string, more: Record<string, unknown> = {}) =>
  manifest(
    urls
      .split(' ')
      .filter((url) => url !== '')
      .map((url) => entry(url)),
    more,
  )
const running = (urls: string, more?: Record<string, unknown>): Reply => ({
  status: 202,
  body: list(urls, more),
  headers: { 'retry-after': '10' },
})
const done = (urls: string, more?: Record<string, unknown>): Reply => ({ body: list(urls, more) })

const talkOf = (status: Script, more: Record<string, Script> = {}) =>
  conversation(routes({ [`GET ${data}`]: serve, [`GET ${statusUrl}`]: status, ...more }))

type Talk = Awaited<ReturnType<typeof talkOf>>

/** The files on disk, by the letters of their content. */
const stored = async ({ directory }: Talk): Promise<string> => {
  const ids = (await dataFiles(directory)).map(async (name) =>
    String.fromCharCode(JSON.parse((await textOf(directory, name)).split('\n')[0] ?? '{}').id),
  )
  return (await Promise.all(ids)).sort().join('')
}

const fetched = ({ server }: Talk): string[] => server.asked(data).map(({ url }) => url.slice(data.length))

describe('files that a running job lists, and its final manifest lists again', () => {
  test.each<[string, Reply[], string[]]>([
    ['newest first', [running('A'), running('B A'), done('C B A')], ['A', 'B', 'C']],
    ['shuffled', [running('A'), done('C A B')], ['A', 'C', 'B']],
    ['in another order at each look', [running('A B'), running('B C A'), done('C A B')], ['A', 'B', 'C']],
    ['fewer meanwhile', [running('A B'), running('B'), done('B A')], ['A', 'B']],
    [
      'signed anew',
      [running('A?sig=1'), running('B?sig=2 A?sig=2'), done('C?sig=3 B?sig=3 A?sig=3')],
      ['A?sig=1', 'B?sig=2', 'C?sig=3'],
    ],
    [
      'told apart by the query',
      [running('f?id=A&sig=1'), done('f?id=B&sig=2 f?id=A&sig=2')],
      ['f?id=A&sig=1', 'f?id=B&sig=2'],
    ],
    [
      'told apart by an opaque signature that stays',
      [running('f?sig=A'), done('f?sig=B f?sig=A')],
      ['f?sig=A', 'f?sig=B'],
    ],
    [
      'one at a later time',
      [running('A'), { body: list('A B', { transactionTime: '2026-01-02T00:00:00Z' }) }],
      ['A', 'B'],
    ],
    [
      'one object twice, signed twice',
      [running('A'), done('A B?x-amz-signature=1 B?x-amz-signature=2')],
      ['A', 'B?x-amz-signature=1'],
    ],
  ])('%s: each is fetched once', async (_name, status, asked) => {
    const talk = await talkOf(status)
    expect(exitOf(await talk.run())).toBe(0)
    expect(fetched(talk)).toEqual(asked)
    expect(await stored(talk)).toBe(
      asked
        .map((url) => idOf(data + url.replace(/none/, '')))
        .sort()
        .join(''),
    )
    expect(talk.server.asked('DELETE')).toHaveLength(1)
  })

  test('sorted by type at the end', async () => {
    const [a, b, c] = [entry('A'), entry('B', { type: 'Observation' }), entry('C')]
    const talk = await talkOf([{ status: 202, body: manifest([a, b]) }, { body: manifest([b, a, c]) }])
    await talk.run()
    expect(fetched(talk)).toEqual(['A', 'B', 'C'])
    expect(await dataFiles(talk.directory)).toHaveLength(3)
  })

  test.each<[string, Reply[], Reply, string]>([
    [
      'on two pages, all on one at the end',
      [running('A?sig=1', toSecond), done('A?sig=9 B?sig=9 C?sig=9')],
      done('B?sig=1'),
      'ABC',
    ],
    ['on one page, on two at the end', [running('B A'), done('C', toSecond)], done('A B'), 'ABC'],
    ['on pages that have changed places', [running('A', toSecond), done('B', toSecond)], done('A C'), 'ABC'],
  ])('%s', async (_name, status, behind, all) => {
    const looks = { second: 0 }
    const talk = await talkOf(status, {
      [`GET ${second}`]: () => {
        looks.second += 1
        return _name.includes('changed') && looks.second === 1 ? done('B') : behind
      },
    })
    expect(exitOf(await talk.run())).toBe(0)
    expect(await stored(talk)).toBe(all)
    expect(fetched(talk)).toHaveLength(3)
  })

  test('an entry that has its URL later is one file', async () => {
    const bare = { type: 'Patient' }
    const talk = await talkOf([
      { status: 202, body: manifest([bare, entry('A')]) },
      { status: 202, body: manifest([bare, entry('A')]) },
      { body: manifest([entry('B'), entry('A')]) },
    ])
    expect(exitOf(await talk.run())).toBe(0)
    expect(await stored(talk)).toBe('AB')
  })

  test('two transactionTimes are said, and the earlier is kept', async () => {
    const talk = await talkOf([running('A'), done('A B', { transactionTime: '2026-01-02T00:00:00Z' })])
    const { outcome } = await talk.run()
    expect(outcome.transactionTime).toBe('2026-01-01T00:00:00Z')
    expect(outcome.findings.map(({ code }) => code)).toContain('transaction-times')
  })
})

describe('a final manifest that cannot be told from another one ends 7, names --again, and deletes nothing', () => {
  test.each<[string, Reply[]]>([
    ['another file in the place of one', [running('A'), done('B')]],
    ['files merged into others', [running('A B'), done('Z')]],
    ['one that is not listed any more', [running('A B'), done('A')]],
    ['one missing, others new', [running('A B'), done('C A D')]],
    ['opaque URLs, all new', [running('f?t=1A'), done('f?t=2A f?t=2B')]],
    ['signatures alone, all new', [running('f?sig=1A'), done('f?sig=2B f?sig=2A')]],
    ['another run under other URLs', [running('A'), done('B', { transactionTime: '2026-01-02T00:00:00Z' })]],
    ['of another type', [running('A'), { body: manifest([entry('A', { type: 'Device' }), entry('B')]) }]],
    [
      'of another count',
      [
        { status: 202, body: manifest([entry('A', { count: 1 })]) },
        { body: manifest([entry('A', { count: 2 })]) },
      ],
    ],
  ])('%s', async (_name, status) => {
    const talk = await talkOf(status)
    for (const command of ['export', 'resume'] as const) {
      const ran = await talk.run({}, { command })
      expect([exitOf(ran), codeOf(ran)]).toEqual([7, 'BULKX_FILES_FAILED'])
      expect(ran.error?.message).toContain('lists other files than it did while the job ran')
      expect(ran.error?.hint).toContain('--again')
    }
    expect(talk.server.asked('DELETE')).toEqual([])
  })

  test('a later answer that lists them is taken', async () => {
    const talk = await talkOf([running('A'), done('B'), done('B A')])
    expect(exitOf(await talk.run())).toBe(7)
    expect(exitOf(await talk.run({}, { command: 'resume' }))).toBe(0)
    expect(await stored(talk)).toBe('AB')
  })
})

describe('a final page that is read again for fresh URLs', () => {
  const onceForbidden = (id: string) => {
    const seen = { refused: false }
    return (asked: Asked): Reply => {
      if (seen.refused || idOf(asked.url) !== id) return serve(asked)
      seen.refused = true
      return { status: 403 }
    }
  }

  test.each<[string, string, string, number]>([
    [
      'ids in the query, in another order',
      'f?id=A&sig=1 f?id=B&sig=2 f?id=C&sig=3',
      'f?id=B&sig=5 f?id=A&sig=4 f?id=C&sig=6',
      0,
    ],
    ['opaque, in the same order', 'f?t=1A f?t=1B f?t=1C', 'f?t=2A f?t=2B f?t=2C', 0],
    [
      'opaque, in another order: what is known comes again',
      'f?t=1A f?t=1B f?t=1C',
      'f?t=2B f?t=2A f?t=2C',
      7,
    ],
    ['a whole file under another URL beside others that stayed', 'A B C', 'A B X', 7],
  ])('%s', async (_name, first, then, exitCode) => {
    const talk = await talkOf([done(first), done(then)], { [`GET ${data}`]: onceForbidden('B') })
    const ran = await talk.run({ files: { parallel: 1 } })
    expect(exitOf(ran)).toBe(exitCode)
    if (exitCode === 0) expect(await stored(talk)).toBe('ABC')
    else
      expect([talk.server.asked('DELETE'), ran.error?.hint]).toEqual([[], expect.stringContaining('--again')])
  })

  test('entries that have moved to the other page are not mixed in', async () => {
    const talk = await talkOf([done('f?id=A', toSecond), done('f?id=B', toSecond)], {
      [`GET ${second}`]: [done('f?id=B'), done('f?id=A')],
      [`GET ${data}`]: onceForbidden('A'),
    })
    const ran = await talk.run()
    expect([exitOf(ran), talk.server.asked('DELETE')]).toEqual([7, []])
    expect(typesOf(ran.events)).toContain('manifest-unavailable')
  })
})

/** mulberry32: the same numbers for the same seed. */
const dice = (seed: number) => {
  let state = seed
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (end: number): number => Math.floor(random() * end)
  const shuffled = <T>(values: readonly T[]): T[] =>
    values
      .map((value) => ({ value, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ value }) => value)
  return { random, below, shuffled }
}

type Spelling = (id: string, look: number) => string

const spellings: Record<string, Spelling> = {
  path: (id) => id,
  'signed path': (id, look) => `${id}?sig=${look}`,
  'signed query': (id, look) => `f?sig=${look}&id=${id}`,
  stored: (id, look) => `${id}?x-amz-expires=60&x-amz-signature=${look}`,
  opaque: (id, look) => `f?t=${look}${id}`,
  'all in the signature': (id, look) => `f?sig=${look}${id}`,
}

/** A server of any habits: what it lists grows, in any order, on one page or two, and a file may be refused once. */
const habits = (seed: number, spelling: Spelling) => {
  const { random, below, shuffled } = dice(seed)
  const all = [...'ABCDEF'].slice(0, 1 + below(6))
  const looks = below(4)
  const isFaithful = random() < 0.7
  const refused = new Set(random() < 0.4 ? [all[below(all.length)]] : [])
  const known = new Set<string>()
  let look = 0
  let behind: Reply = done('')
  const pageOf = (ids: readonly string[], more?: Record<string, unknown>) =>
    list(ids.map((id) => spelling(id, look)).join(' '), more)
  const split = (ids: string[], status: number): Reply => {
    const order = shuffled(ids)
    const first = random() < 0.5 ? order.length : below(order.length + 1)
    behind = { body: pageOf(order.slice(first)) }
    const body = pageOf(order.slice(0, first), first < order.length ? toSecond : {})
    return { status, body, headers: { 'retry-after': '10' } }
  }
  const final = isFaithful ? all : shuffled(all).slice(0, 1 + below(all.length))
  let order: Reply | undefined
  const status = (): Reply => {
    look += 1
    if (look <= looks) {
      for (const id of all) if (random() < 0.5) known.add(id)
      return split(shuffled([...known]), 202)
    }
    // Read again: the same page, shuffled and signed anew, while it is the only one.
    if (order === undefined) order = split(final, 200)
    else if ('link' in Object(Object(order).body)) return order
    else return { body: pageOf(shuffled(final)) }
    return order
  }
  const content = (asked: Asked): Reply => (refused.delete(idOf(asked.url)) ? { status: 403 } : serve(asked))
  return {
    final: [...final].sort().join(''),
    script: { [`GET ${statusUrl}`]: status, [`GET ${second}`]: () => behind, [`GET ${data}`]: content },
    isFaithful,
  }
}

const idSeeds = Array.from({ length: 25 }, (_, seed) => seed + 1)

describe.each(Object.entries(spellings))('%s', (name, spelling) => {
  test.each(idSeeds)('seed %i: a good end has each listed file once', async (seed) => {
    const { final, script, isFaithful } = habits(seed, spelling)
    const talk = await conversation(routes(script))
    const ran = await talk.run({ files: { parallel: 1 } })
    const exit = exitOf(ran)
    expect([0, 7]).toContain(exit)
    if (exit === 0) expect(await stored(talk)).toBe(final)
    else expect(talk.server.asked('DELETE')).toEqual([])
    const replayed = JSON.parse(JSON.stringify(ran.events)).reduce(reduce, newState())
    expect([...replayed.files.keys()].sort()).toEqual(expect.arrayContaining(await dataFiles(talk.directory)))
    if (exit === 0) expect(unproved(replayed)).toBeUndefined()
    // A faithful server whose URLs say which file they are of is always understood.
    if (isFaithful && !/opaque|all in/.test(name)) expect(exit).toBe(0)
  })
})
