/** Files that cannot be had, or not at once: fresh URLs, pages that change or loop, pauses, what 7 leaves behind. */
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { NetworkError } from '../../src/http/network-error.js'
import {
  codeOf,
  conversation,
  dataFiles,
  exitOf,
  manifestOf,
  textOf,
  tree,
  typesOf,
} from '../helpers/conversation.js'
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
const two = page(file('1'), file('2', 'Observation'))
const good = (type = 'Patient'): Reply => ({ body: lines(type, 1) })
const reset = new NetworkError('broken', 'the connection was reset', { sent: true })

const talkOf = (status: Script, files: Record<string, Script>) =>
  conversation(
    routes({
      [`GET ${statusUrl}`]: status,
      ...Object.fromEntries(
        Object.entries(files).map(([name, script]) => [`GET ${origin}/files/${name}`, script]),
      ),
    }),
  )

const incomplete = async (talk: Awaited<ReturnType<typeof talkOf>>, present: string[]): Promise<void> => {
  expect(await dataFiles(talk.directory)).toEqual(present)
  expect(await tree(talk.directory)).not.toContain('manifest.json')
  expect(talk.server.asked('DELETE')).toEqual([])
}

describe('fresh URLs', () => {
  test.each([401, 403, 404, 410])(
    'F-05 %i: the manifest is read again and the new URL used',
    async (status) => {
      const talk = await talkOf(
        [page(file('old'), file('2', 'Observation')), page(file('new'), file('2', 'Observation'))],
        {
          old: { status },
          new: good(),
          2: good('Observation'),
        },
      )
      expect(exitOf(await talk.run())).toBe(0)
      expect(await dataFiles(talk.directory)).toEqual(['Observation.0001.ndjson', 'Patient.0001.ndjson'])
      expect(talk.server.asked('/files/2')).toHaveLength(1)
      expect((await manifestOf(talk.directory)).output[0]?.bulkx.source).toBe(`${origin}/files/new`)
    },
  )

  test('F-06 the same URL again: that file fails, the others are kept, no DELETE', async () => {
    const talk = await talkOf(two, { 1: { status: 403 }, 2: good('Observation') })
    const ran = await talk.run()
    expect([codeOf(ran), exitOf(ran), ran.outcome.phase]).toEqual(['BULKX_FILES_FAILED', 7, 'incomplete'])
    expect(ran.error?.message).toContain('Patient.0001.ndjson')
    await incomplete(talk, ['Observation.0001.ndjson'])
    expect(talk.server.asked(`GET ${statusUrl}`)).toHaveLength(2)
  })

  test('resume gives a failed file another chance, and only that one', async () => {
    let up = false
    const talk = await talkOf(two, { 1: () => (up ? good() : { status: 404 }), 2: good('Observation') })
    expect(exitOf(await talk.run())).toBe(7)
    up = true
    expect(exitOf(await talk.run())).toBe(0)
    expect(talk.server.asked('/files/2')).toHaveLength(1)
    expect(talk.server.asked('DELETE')).toHaveLength(1)
  })

  test.each<[string, number[], number]>([
    ['40', [0, 40_000], 0],
    ['3600', [0], 7],
  ])(
    'a server that asks to wait %s s before it is read again is waited for, up to a minute',
    async (retryAfter, at, exitCode) => {
      const busy: Reply = { status: 503, headers: { 'retry-after': retryAfter } }
      const talk = await talkOf([page(file('old')), busy, page(file('new'))], {
        old: { status: 403 },
        new: good(),
      })
      expect(exitOf(await talk.run())).toBe(exitCode)
      const [, first = 0, ...more] = talk.server.asked(`GET ${statusUrl}`).map((asked) => asked.at)
      expect([0, ...more.map((later) => later - first)]).toEqual(at)
    },
  )

  test('F-09 404 once, then 200', async () => {
    const talk = await talkOf(page(file('1')), { 1: [{ status: 404 }, good()] })
    expect(exitOf(await talk.run())).toBe(0)
  })

  test.each<[string, Listed[]]>([
    ['fewer', [file('new')]],
    ['more', [file('new'), file('2', 'Observation'), file('3')]],
    ['other types', [file('new', 'Condition'), file('2', 'Observation')]],
    ['another order', [file('2', 'Observation'), file('new')]],
  ])('M-39 a manifest that now lists %s is not mixed with the first one', async (_name, output) => {
    const talk = await talkOf([page(file('old'), file('2', 'Observation')), page(...output)], {
      old: { status: 403 },
      2: good('Observation'),
      new: good(),
    })
    expect(exitOf(await talk.run())).toBe(7)
    await incomplete(talk, ['Observation.0001.ndjson'])
    expect(talk.server.asked('/files/new')).toEqual([])
  })

  test.each<[string, Reply]>([
    ['gone', { status: 404 }],
    ['running again', { status: 202 }],
    ['no manifest', { body: '[]' }],
    ['unreachable', { status: 503 }],
    ['refused', { status: 401 }],
  ])('a status that is %s when asked again ends 7, and resume tries anew', async (_name, again) => {
    const talk = await talkOf([page(file('1')), again], { 1: { status: 403 } })
    expect(exitOf(await talk.run())).toBe(7)
    expect(exitOf(await talk.run({}, { command: 'resume' }))).toBe(7)
    expect(talk.server.asked('/files/1')).toHaveLength(2)
  })

  test('an entry without a URL fails alone, and a fresh manifest mends it', async () => {
    const bare: Listed = { type: 'Patient' }
    const talk = await talkOf(page(bare, file('2', 'Observation')), { 2: good('Observation') })
    expect(exitOf(await talk.run())).toBe(7)
    await incomplete(talk, ['Observation.0001.ndjson'])
    const mended = await talkOf([page(bare), page(file('1'))], { 1: good() })
    expect(exitOf(await mended.run())).toBe(0)
  })
})

describe('pages', () => {
  const first = (next: string): Reply => ({
    body: manifest([file('1')], { link: [{ relation: 'next', url: next }] }),
  })
  const second = `${origin}/pages/2`

  test.each<[string, string, Script]>([
    ['M-31 a page that links to itself', statusUrl, { status: 404 }],
    [
      'M-31 a circle of two',
      second,
      { body: manifest([file('2')], { link: [{ relation: 'next', url: statusUrl }] }) },
    ],
    ['M-32 404', second, { status: 404 }],
    ['M-32 401', second, { status: 401 }],
    ['M-32 no manifest', second, { body: 'null' }],
    ['M-32 500 for ever', second, { status: 500, body: outcome('error', 'boom') }],
    ['M-32 broken JSON for ever', second, { body: '{"output":[' }],
    ['M-32 an empty page', second, { body: '' }],
  ])('%s: what the first page lists is kept, 7', async (_name, next, script) => {
    const talk = await conversation(
      routes({
        [`GET ${statusUrl}`]: first(next),
        [`GET ${second}`]: script,
        [`GET ${origin}/files/`]: good(),
      }),
    )
    const ran = await talk.run()
    expect([exitOf(ran), ran.outcome.phase]).toEqual([7, 'incomplete'])
    expect(await dataFiles(talk.directory)).toContain('Patient.0001.ndjson')
    expect(await tree(talk.directory)).not.toContain('manifest.json')
    expect(talk.server.asked('DELETE')).toEqual([])
  })

  test('M-32 a page of another origin is asked for without the credential', async () => {
    const talk = await conversation(
      routes({
        [`GET ${statusUrl}`]: first('https://pages.example/2'),
        'GET https://pages.example/2': page(file('2', 'Observation')),
        [`GET ${origin}/files/2`]: good('Observation'),
      }),
    )
    expect(exitOf(await talk.run())).toBe(0)
    expect(talk.server.asked('pages.example')[0]?.headers.authorization).toBeUndefined()
  })

  test('a page missing at first is asked again by resume', async () => {
    const talk = await conversation(
      routes({
        [`GET ${statusUrl}`]: first(second),
        [`GET ${second}`]: [{ status: 404 }, page(file('2', 'Observation'))],
        [`GET ${origin}/files/2`]: good('Observation'),
      }),
    )
    expect(exitOf(await talk.run())).toBe(7)
    expect(exitOf(await talk.run())).toBe(0)
  })

  test('M-33 pages that disagree on transactionTime keep the earlier one', async () => {
    const talk = await conversation(
      routes({
        [`GET ${statusUrl}`]: first(second),
        [`GET ${second}`]: { body: manifest([file('2')], { transactionTime: '2025-12-31T23:59:00Z' }) },
        [`GET ${origin}/files/2`]: good(),
      }),
    )
    expect((await talk.run()).outcome.transactionTime).toBe('2025-12-31T23:59:00Z')
  })
})

describe('attempts', () => {
  test.each<[string, Reply]>([
    ['F-13 502', { status: 502 }],
    ['500', { status: 500 }],
    ['F-14 a reset', reset],
    ['408', { status: 408 }],
    ['a body that breaks off', { body: '{"resourceType":"Patient"', breaks: reset }],
    ['F-37 a page', { body: '<html><h1>oops</h1></html>' }],
    ['F-37 XML', { body: '<?xml version="1.0"?><Error><Message>AccessDenied</Message></Error>' }],
    ['F-36 a single OperationOutcome', { body: `${JSON.stringify(outcome('error', 'try again'))}\n` }],
    [
      'F-36 a pretty-printed OperationOutcome',
      { body: JSON.stringify(outcome('error', 'try again'), null, 2) },
    ],
  ])('%s once heals; for ever it is 7 with nothing under the name', async (_name, reply) => {
    const healed = await talkOf(page(file('1')), { 1: [reply, good()] })
    expect(exitOf(await healed.run())).toBe(0)
    expect(await textOf(healed.directory, 'Patient.0001.ndjson')).toBe(lines('Patient', 1))
    const talk = await talkOf(two, { 1: reply, 2: good('Observation') })
    expect(exitOf(await talk.run())).toBe(7)
    await incomplete(talk, ['Observation.0001.ndjson'])
    expect(talk.server.asked('/files/1').length).toBeLessThanOrEqual(11)
  })

  test('F-12 429 with Retry-After pauses every download of the origin, and costs no attempt', async () => {
    const busy: Reply = { status: 429, headers: { 'retry-after': '30' } }
    const talk = await talkOf(two, {
      1: [busy, busy, busy, busy, busy, busy, busy, good()],
      2: good('Observation'),
    })
    expect(exitOf(await talk.run())).toBe(0)
    const times = talk.server.asked('/files/1').map(({ at }) => at)
    expect(times.slice(1).map((at, index) => at - (times[index] ?? 0))).toEqual(Array(7).fill(30_000))
  })

  test('F-12 a date by a clock that is an hour ahead of ours is measured against the answer', async () => {
    const now = Date.UTC(2026, 0, 1, 1, 0, 0)
    const headers = { date: new Date(now).toUTCString(), 'retry-after': new Date(now + 60_000).toUTCString() }
    const talk = await talkOf(page(file('1')), { 1: [{ status: 503, headers }, good()] })
    expect(exitOf(await talk.run())).toBe(0)
    const times = talk.server.asked('/files/1').map(({ at }) => at)
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBe(60_000)
  })

  test('a pause longer than --patience is not sat out', async () => {
    const talk = await talkOf(page(file('1')), { 1: { status: 503, headers: { 'retry-after': '18000' } } })
    const ran = await talk.run()
    expect(exitOf(ran)).toBe(7)
    expect(ran.error?.hint).toContain('300 minutes')
    expect(talk.server.asked('/files/1')).toHaveLength(1)
  })

  test('F-28 204 is an empty file', async () => {
    const talk = await talkOf(page(file('1')), { 1: { status: 204 } })
    const ran = await talk.run()
    expect(exitOf(ran)).toBe(0)
    expect(await textOf(talk.directory, 'Patient.0001.ndjson')).toBe('')
    expect(ran.outcome.findings).toMatchObject([{ severity: 'information', code: 'no-lines' }])
  })

  test('F-58 one of many fails for good: the others are on disk, and the message names the one', async () => {
    const many = Array.from({ length: 200 }, (_, index) => file(`n${index + 1}`))
    const talk = await conversation(
      routes({
        [`GET ${statusUrl}`]: page(...many),
        [`GET ${origin}/files/n`]: ({ url }) => (url.endsWith('/n117') ? { status: 410 } : good()),
      }),
    )
    const ran = await talk.run()
    expect(exitOf(ran)).toBe(7)
    expect(await dataFiles(talk.directory)).toHaveLength(199)
    expect(await dataFiles(talk.directory)).not.toContain('Patient.0117.ndjson')
    expect(ran.error?.message).toContain('1 file of 200 could not be had whole: Patient.0117.ndjson')
  })

  test('F-55 Ctrl-C in a download, then resume: finished files are not fetched again', async () => {
    const stop = new AbortController()
    const many = Array.from({ length: 20 }, (_, index) => file(`n${index + 1}`))
    const talk = await conversation(
      routes({
        [`GET ${statusUrl}`]: page(...many),
        [`GET ${origin}/files/n`]: (_asked, number) => {
          if (number === 7) stop.abort(new Error('Ctrl-C'))
          return good()
        },
      }),
    )
    const first = await talk.run({ files: { parallel: 2 } }, {}, { signal: stop.signal })
    expect(String(first.thrown)).toContain('Ctrl-C')
    const finished = first.events.filter(({ type }) => type === 'file-completed').length
    expect(finished).toBeLessThan(10)
    expect(await tree(talk.directory)).not.toContain('manifest.json')
    const before = talk.server.asked('/files/').length
    const second = await talk.run({}, { command: 'resume' })
    expect(exitOf(second)).toBe(0)
    expect(typesOf(second.events).filter((type) => type === 'file-completed')).toHaveLength(20 - finished)
    expect(talk.server.asked('/files/').length - before).toBe(20 - finished)
  })
})

describe('statuses that are not 200', () => {
  const body = lines('Patient', 2)
  const ranged = (range: string): Reply => ({
    status: 206,
    headers: { 'content-range': range, 'content-length': `${body.length}` },
    body,
  })
  test.each<[string, Reply]>([
    ['203, changed on its way', { status: 203, body }],
    ['206, and all of it', ranged(`bytes 0-${body.length - 1}/${body.length}`)],
  ])('%s: the file is there', async (_name, reply) => {
    const talk = await talkOf(page(file('1')), { 1: reply })
    expect(exitOf(await talk.run())).toBe(0)
    expect(await textOf(talk.directory, 'Patient.0001.ndjson')).toBe(body)
  })

  test.each<[string, Reply]>([
    ['less than all', ranged(`bytes 0-${body.length - 1}/${body.length + 9}`)],
    ['not from the beginning', ranged(`bytes 9-${body.length + 8}/${body.length + 9}`)],
    ['no range', { status: 206, body }],
    ['a size that nobody knows', ranged(`bytes 0-${body.length - 1}/*`)],
    [
      'another length',
      {
        status: 206,
        headers: { 'content-range': `bytes 0-99/100`, 'content-length': `${body.length}` },
        body,
      },
    ],
  ])('206 with %s: asked for again, and then it fails, with a hint', async (_name, reply) => {
    const talk = await talkOf(page(file('1')), { 1: reply })
    const ran = await talk.run()
    expect(exitOf(ran)).toBe(7)
    expect(talk.server.asked('/files/1').length).toBeGreaterThan(1)
    const failed = ran.events.find((event) => event.type === 'file-failed')
    expect(JSON.stringify(failed)).toMatch(/HTTP 206: a part of the file came.*--proxy/)
    await incomplete(talk, [])
  })
})

test.each<[string, Record<string, string | undefined>, string | Buffer, boolean]>([
  ['chunks', {}, lines('Patient', 2), false],
  ['the connection', { 'transfer-encoding': undefined }, lines('Patient', 2), true],
  ['the connection, identity', { 'transfer-encoding': 'identity' }, lines('Patient', 2), true],
  [
    'the connection, gzip: another member may have been lost',
    { 'transfer-encoding': undefined, 'content-encoding': 'gzip' },
    gzipSync(lines('Patient', 2)),
    true,
  ],
  [
    'the connection, brotli',
    { 'transfer-encoding': undefined, 'content-encoding': 'br' },
    brotliCompressSync(lines('Patient', 2)),
    false,
  ],
])('the end of a file that is told by %s', async (_name, headers, body, unproved) => {
  const talk = await talkOf(page(file('1')), { 1: { headers, body } })
  expect(exitOf(await talk.run())).toBe(0)
  const codes = (await manifestOf(talk.directory)).bulkx.findings.map(({ code }) => code)
  expect(codes.includes('end-unproved')).toBe(unproved)
})

test('what a file waits in our own line is no failure of the server', async () => {
  const names = Array.from({ length: 30 }, (_, index) => `${index + 10}`)
  let talk: Awaited<ReturnType<typeof talkOf>> | undefined
  const slowly: Script = () => {
    talk?.clock.advance(1000)
    return good()
  }
  const busy: Reply = { status: 429 }
  talk = await talkOf(page(...names.map((name) => file(name))), {
    ...Object.fromEntries(names.map((name) => [name, slowly])),
    10: (_asked, number) => (number < 2 ? busy : good()),
  })
  const ran = await talk.run({ files: { parallel: 2 }, waiting: { patienceMs: 4000 } })
  expect(exitOf(ran)).toBe(0)
})
