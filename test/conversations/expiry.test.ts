/** Signed URLs: fetched in the order in which they end, not asked when they have ended, renewed from their page. */
import { expect, test } from 'vitest'
import { codeOf, conversation, dataFiles, exitOf, manifestOf, typesOf } from '../helpers/conversation.js'
import {
  accepted,
  fhirUrl,
  type Listed,
  lines,
  manifest,
  type Reply,
  routes,
  type Script,
  statusUrl,
} from '../helpers/scripted-server.js'

const store = 'https://store.example'
const minute = 60_000
/** When the fake clock begins. */
const start = Date.UTC(2026, 0, 1)

const signed = (name: string, endsAt: number, more: Listed = {}): Listed => ({
  type: 'Patient',
  url: `${store}/${name}?Expires=${Math.floor(endsAt / 1000)}&Signature=s`,
  ...more,
})
const plain = (name: string): Listed => ({ type: 'Patient', url: `${store}/${name}` })
const page = (...output: Listed[]): Reply => ({ body: manifest(output, { requiresAccessToken: false }) })
const good: Reply = { body: lines('Patient', 1) }
const names = (asked: { url: string }[]): string[] =>
  asked.map(({ url }) => url.slice(store.length + 1).replace(/\?.*/, ''))

const talkOf = (differences: Record<string, Script>) =>
  conversation(routes({ [`GET ${store}/`]: good, ...differences }))

test('the soonest to end is fetched first; others in the order of the manifest, which stays as it is', async () => {
  const hour = 60 * minute
  const talk = await talkOf({
    [`GET ${statusUrl}`]: page(
      plain('a'),
      signed('b', start + 3 * hour),
      signed('c', start + hour),
      plain('d'),
      signed('e', start + 3 * hour),
    ),
  })
  expect(exitOf(await talk.run({ files: { parallel: 1 } }))).toBe(0)
  expect(names(talk.server.asked(store))).toEqual(['c', 'b', 'e', 'a', 'd'])
  const { output } = await manifestOf(talk.directory)
  expect(output.map(({ url, bulkx }) => [url, bulkx.source])).toEqual(
    ['a', 'b', 'c', 'd', 'e'].map((name, at) => [`Patient.000${at + 1}.ndjson`, `${store}/${name}`]),
  )
})

test('what a page says of its files counts as well', async () => {
  const second = 'https://ehr.example/pages/2'
  const day = 24 * 60 * minute
  const link = { link: [{ relation: 'next', url: second }] }
  const talk = await talkOf({
    // Nothing of the first page can be had until the second one is known.
    [`GET ${statusUrl}`]: { body: manifest([plain('a')], { ...link, requiresAccessToken: false }) },
    [`GET ${second}`]: page(plain('b'), signed('c', start + 2 * day)),
    [`GET ${store}/a`]: [{ status: 403 }, { status: 403 }, good],
  })
  const ran = await talk.run({ files: { parallel: 1 } })
  expect([exitOf(ran), codeOf(ran)]).toEqual([7, 'BULKX_FILES_FAILED'])
  expect(names(talk.server.asked(store)).slice(0, 3)).toEqual(['a', 'c', 'b'])
})

test('a URL that has ended is not asked: the page is read again first', async () => {
  const talk = await talkOf({
    [`GET ${statusUrl}`]: [
      page(signed('old', start + 10 * minute), signed('other', start + 10 * minute)),
      page(signed('new', start + 90 * minute), signed('other2', start + 90 * minute)),
    ],
    // The pause outlasts both URLs.
    [`GET ${store}/old`]: { status: 503, headers: { 'retry-after': String(20 * 60) } },
  })
  const ran = await talk.run({ files: { parallel: 1 } })
  expect(exitOf(ran)).toBe(0)
  expect(names(talk.server.asked(store))).toEqual(['old', 'new', 'other2'])
  expect(talk.server.asked(`GET ${statusUrl}`)).toHaveLength(2)
  expect(typesOf(ran.events)).not.toContain('file-failed')
  expect(await dataFiles(talk.directory)).toEqual(['Patient.0001.ndjson', 'Patient.0002.ndjson'])
})

test('each time that they end', async () => {
  const talk = await talkOf({
    [`GET ${statusUrl}`]: ({ at }, number) =>
      page(...['a', 'b', 'c'].map((name) => signed(`${name}${number + 1}`, start + at + 60 * minute))),
    // Each file takes longer than the URLs of a page are good for.
    [`GET ${store}/`]: (_asked, number) => {
      talk.clock.advance(62 * minute)
      return { body: lines('Patient', 1, number) }
    },
  })
  expect(exitOf(await talk.run({ files: { parallel: 1 } }))).toBe(0)
  expect(names(talk.server.asked(store))).toEqual(['a1', 'b2', 'c3'])
})

test('the clock that counts is the server’s', async () => {
  const ahead = 60 * minute
  const asked = async (serverAt: number, endsAt: number): Promise<string[]> => {
    const talk = await talkOf({
      [`GET ${fhirUrl}/`]: {
        ...(accepted as object),
        headers: { 'content-location': statusUrl, date: new Date(serverAt).toUTCString() },
      },
      [`GET ${statusUrl}`]: [page(signed('a', endsAt)), page(signed('b', endsAt + 24 * 60 * minute))],
      [`GET ${store}/`]: good,
    })
    expect(exitOf(await talk.run())).toBe(0)
    return names(talk.server.asked(store))
  }
  // By our clock both have ended, or neither has.
  expect(await asked(start - ahead, start - 10 * minute)).toEqual(['a'])
  expect(await asked(start, start + 10 * minute)).toEqual(['a'])
})

test('a page that gives the same URL again, or cannot be had, is asked once; then the URL is, in vain or not', async () => {
  const pause: Reply = { status: 503, headers: { 'retry-after': String(20 * 60) } }
  const old = page(signed('old', start + 10 * minute))
  for (const again of [old, { status: 404 }] satisfies Reply[]) {
    const talk = await talkOf({ [`GET ${statusUrl}`]: [old, again], [`GET ${store}/old`]: [pause, good] })
    expect(exitOf(await talk.run())).toBe(0)
    expect(names(talk.server.asked(store))).toEqual(['old', 'old'])
    expect(talk.server.asked(`GET ${statusUrl}`)).toHaveLength(2)
  }
})
