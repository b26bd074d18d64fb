/** Who is in a group, read from what servers say; and what that means for the next round. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BulkxError } from '../../src/errors.js'
import type { HttpHeaders, HttpRequest } from '../../src/http/exchange.js'
import { NetworkError } from '../../src/http/network-error.js'
import { openDataset } from '../../src/sync/dataset.js'
import { changesOf, readKnownMembers, writeKnownMembers } from '../../src/sync/known-members.js'
import { readMembers } from '../../src/sync/members.js'
import { planRound } from '../../src/sync/plan-round.js'
import { generationOf, type Round, readRound, removeRound, writeRound } from '../../src/sync/round.js'
import { isSameSeries, seriesOf, seriesWords } from '../../src/sync/series.js'
import { fakeClock } from '../helpers/fake-clock.js'

const fhirUrl = 'https://ehr.example/fhir'
const group = { fhirUrl, id: '1/2' }

interface Said {
  status?: number
  body: unknown
}

/** A server that says these things, one after the other, the last one again and again. */
const sayingInTurn = (...answers: (Partial<Said & { url: string; headers: HttpHeaders }> | Error)[]) => {
  const clock = fakeClock()
  const requests: HttpRequest[] = []
  const fhir = async (request: HttpRequest) => {
    requests.push(request)
    const said = answers[requests.length - 1] ?? answers.at(-1) ?? {}
    if (said instanceof Error) throw said
    const { status = 200, body = '', url = request.url, headers = {} } = said
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return { status, headers, url, body: Readable.from([Buffer.from(text)]) }
  }
  const read = (more: object = {}) => readMembers(group, { fhir, clock, ...more })
  return { requests, clock, read }
}

/** A server that says these things, by URL; the first one is the group. */
const server = (first: Said, others: Record<string, Said> = {}) => {
  const requests: HttpRequest[] = []
  const fhir = async (request: HttpRequest) => {
    requests.push(request)
    const { status = 200, body } =
      requests.length === 1 ? first : (others[request.url] ?? { status: 404, body: '' })
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return { status, headers: {}, url: request.url, body: Readable.from([Buffer.from(text)]) }
  }
  return { requests, read: () => readMembers(group, { fhir, clock: fakeClock() }) }
}

const member = (reference: unknown, more: object = {}) => ({ entity: { reference }, ...more })
const groupOf = (members: unknown, more: object = {}) => ({ resourceType: 'Group', member: members, ...more })

describe('the members of a group', () => {
  test('are asked for as FHIR JSON, the id as it is', async () => {
    const { requests, read } = server({ body: groupOf([member('Patient/a')]) })
    expect(await read()).toEqual({ ids: ['a'], unnamed: 0 })
    expect(requests).toMatchObject([
      { method: 'GET', url: `${fhirUrl}/Group/1%2F2`, headers: { accept: 'application/fhir+json' } },
    ])
  })

  test.each([
    ['relative references', [member('Patient/a'), member('Patient/b')], ['a', 'b']],
    ['one that comes twice', [member('Patient/a'), member('Patient/a')], ['a']],
    ['a version', [member('Patient/a/_history/3')], ['a']],
    ['absolute references of this server', [member(`${fhirUrl}/Patient/a`)], ['a']],
    ['inactive members', [member('Patient/a'), member('Patient/b', { inactive: true })], ['a']],
    ['practitioners', [member('Patient/a'), member('Practitioner/b')], ['a']],
    [
      'others by their type alone',
      [
        member('Patient/a'),
        { entity: { type: 'Device', identifier: {} } },
        member('https://x.example/Device/1'),
      ],
      ['a'],
    ],
    ['patients elsewhere', [member('Patient/a'), member('https://other.example/Patient/b')], ['a'], 1],
    [
      'patients by their numbers',
      [
        member('Patient/a'),
        { entity: { identifier: { value: '1' } } },
        { entity: { type: 'Patient', identifier: {} } },
        { entity: { identifier: { value: '3' } }, inactive: true },
      ],
      ['a'],
      2,
    ],
    ['groups within', [member('Patient/a'), member('Group/b')], ['a'], 1],
    ['no address', [member('Patient/a'), member('urn:uuid:0b0e7b51'), member('#a')], ['a'], 2],
    ['rubbish', [member('Patient/a'), null, 7, {}, { entity: 'x' }, member(['Patient/b'])], ['a'], 5],
    [
      'ids that are none',
      [member('Patient/a'), member('Patient/\u001b[2J'), member('Patient/a b')],
      ['a'],
      2,
    ],
  ])('%s', async (_what, members, ids, unnamed = 0) => {
    expect(await server({ body: groupOf(members) }).read()).toEqual({ ids, unnamed })
  })

  test.each([
    ['is refused', { status: 403, body: '' }, /^HTTP 403$/],
    [
      'is refused in words',
      {
        status: 404,
        body: { resourceType: 'OperationOutcome', issue: [{ diagnostics: 'no \u001b[2Jsuch' }] },
      },
      /^HTTP 404: no such$/,
    ],
    ['has no members', { body: { resourceType: 'Group' } }, /lists no members/],
    ['has an empty list', { body: groupOf([]) }, /lists no members/],
    [
      'lists some of them',
      { body: groupOf([member('Patient/a')], { quantity: 3 }) },
      /has 3 members, and lists 1/,
    ],
    ['names none as a patient', { body: groupOf([member('Device/a')]) }, /named as a patient/],
    ['is a page', { body: '<html>sign in</html>' }, /no JSON/],
    ['is another resource', { body: { resourceType: 'Patient' } }, /no Group but Patient/],
    ['is an empty Bundle', { body: { resourceType: 'Bundle' } }, /no Group but Bundle/],
  ])('that %s are not known', async (_what, said, words) => {
    const found = await server(said).read()
    expect(found).toEqual({ unknown: expect.stringMatching(words) })
  })

  test('a Bundle is read to its last page', async () => {
    const page = (ids: string[], next?: string) => ({
      resourceType: 'Bundle',
      link: [{ relation: 'self', url: 'x' }, ...(next ? [{ relation: 'next', url: next }] : [])],
      entry: [{ resource: groupOf(ids.map((id) => member(`Patient/${id}`))) }],
    })
    const two = `${fhirUrl}/Group/two`
    const { read } = server({ body: page(['a', 'b'], two) }, { [two]: { body: page(['c']) } })
    expect(await read()).toEqual({ ids: ['a', 'b', 'c'], unnamed: 0 })
    const { read: endless } = server({ body: page(['a'], two) }, { [two]: { body: page(['c'], two) } })
    expect(await endless()).toEqual({ unknown: 'its pages have no end' })
    const { read: broken } = server({ body: page(['a'], two) })
    expect(await broken()).toEqual({ unknown: 'HTTP 404' })
  })

  test('trouble of the network is no end, what the identity says is one', async () => {
    const wire = (error: Error) => ({ fhir: () => Promise.reject(error), clock: fakeClock() })
    const reset = new NetworkError('broken', 'the connection broke', { sent: true })
    expect(await readMembers(group, wire(reset))).toEqual({ unknown: 'the connection broke' })
    const refused = new BulkxError('BULKX_TOKEN', 'no token')
    await expect(readMembers(group, wire(refused))).rejects.toBe(refused)
  })
})

const good = { body: groupOf([member('Patient/a')]) }
const reset = new NetworkError('broken', 'the connection broke', { sent: true })

describe('a server that is only busy', () => {
  test.each([
    ['a 503', { status: 503 }, [3_000]],
    ['a 429', { status: 429 }, [3_000]],
    ['a reset', reset, [3_000]],
    ['a timeout', new NetworkError('timeout', 'no answer came in time', { sent: true }), [3_000]],
    ['a pause that is asked for', { status: 503, headers: { 'retry-after': '9' } }, [9_000]],
  ])('is asked again after %s', async (_what, first, sleeps) => {
    const { read, clock } = sayingInTurn(first, good)
    expect(await read()).toEqual({ ids: ['a'], unnamed: 0 })
    expect(clock.sleeps).toEqual(sleeps)
  })

  test.each([
    ['three times', { status: 503 }, 3, 'HTTP 503'],
    ['three times, also when it resets', reset, 3, 'the connection broke'],
    ['once where it asks for a long pause', { status: 503, headers: { 'retry-after': '11' } }, 1, 'HTTP 503'],
    ['once where it refuses', { status: 403 }, 1, 'HTTP 403'],
    [
      'once where it leads to where nobody goes',
      new NetworkError('redirect', 'it redirects to plain http', { sent: true }),
      1,
      'it redirects to plain http',
    ],
  ])('is asked %s', async (_what, always, times, unknown) => {
    const { read, requests } = sayingInTurn(always)
    expect(await read()).toEqual({ unknown })
    expect(requests).toHaveLength(times)
  })
})

describe('members come from this server alone', () => {
  const elsewhere = 'https://other.example/fhir/Group/1'
  const bundle = (next: unknown) => ({
    body: {
      resourceType: 'Bundle',
      link: [{ relation: 'next', ...(next === undefined ? {} : { url: next }) }],
      entry: [{ resource: groupOf([member('Patient/a')]) }],
    },
  })
  const refused = {
    unknown: expect.stringMatching(/another server, https:\/\/other.example\/?, .*--trust-origin/),
  }

  test('a redirect to another one makes them unknown', async () => {
    expect(await sayingInTurn({ ...good, url: elsewhere }).read()).toEqual(refused)
    const trusted = { trustedOrigins: ['https://other.example'] }
    expect(await sayingInTurn({ ...good, url: elsewhere }).read(trusted)).toEqual({ ids: ['a'], unnamed: 0 })
  })

  test('a next page elsewhere is not asked for', async () => {
    const { read, requests } = sayingInTurn(bundle(elsewhere), good)
    expect(await read()).toEqual(refused)
    expect(requests).toHaveLength(1)
    const trusted = { trustedOrigins: ['https://other.example'] }
    expect(await sayingInTurn(bundle(elsewhere), good).read(trusted)).toEqual({ ids: ['a'], unnamed: 0 })
  })

  test('a next page without an address is no end of the list', async () => {
    for (const next of [undefined, 7, 'ftp://x'])
      expect(await sayingInTurn(bundle(next)).read()).toEqual({ unknown: 'its next page has no address' })
  })

  test('a next page in plain http of this host is asked over https', async () => {
    const { read, requests } = sayingInTurn(bundle('http://ehr.example/fhir/two'), good)
    expect(await read()).toEqual({ ids: ['a'], unnamed: 0 })
    expect(requests[1]?.url).toBe(`${fhirUrl}/two`)
  })
})

test('all pages together take ten minutes at most', async () => {
  const clock = fakeClock()
  let pages = 0
  const fhir = async (request: HttpRequest) => {
    pages += 1
    clock.advance(60_000)
    request.signal?.throwIfAborted()
    const page = {
      resourceType: 'Bundle',
      link: [{ relation: 'next', url: `${fhirUrl}/${pages}` }],
      entry: [{ resource: groupOf([member(`Patient/${pages}`)]) }],
    }
    const body = Readable.from([Buffer.from(JSON.stringify(page))])
    return { status: 200, headers: {}, url: request.url, body }
  }
  expect(await readMembers(group, { fhir, clock })).toEqual({ unknown: 'it takes more than ten minutes' })
  expect(pages).toBe(10)
  const interrupted = AbortSignal.abort(new Error('stop'))
  await expect(readMembers(group, { fhir, clock, signal: interrupted })).rejects.toThrow('stop')
})

const place = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'bulkx-members-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  await mkdir(join(directory, '.bulkx'))
  return directory
}

const round = (more: Partial<Round> = {}): Round => ({
  exports: [{ number: 2, role: 'delta' }],
  series: {},
  departed: [],
  pending: [],
  ...more,
})

describe('what is known of them', () => {
  const known = { members: ['a', 'b'], kept: ['c'] }

  test('nobody is new where nothing was known', () => {
    const all = { ids: ['a'], unnamed: 0 }
    expect(changesOf(undefined, all)).toEqual({ members: ['a'], newcomers: [], departed: [] })
    expect(changesOf(known, { ids: ['b', 'c', 'd'], unnamed: 0 })).toEqual({
      members: ['b', 'c', 'd'],
      newcomers: ['c', 'd'],
      departed: ['a'],
    })
  })

  test('nobody has left while some members are not named', async () => {
    const seen = { ids: ['c', 'b', 'd'], unnamed: 1 }
    const { members, ...changes } = changesOf(known, seen)
    expect({ members, ...changes }).toEqual({ members: ['c', 'b', 'd', 'a'], newcomers: ['c', 'd'] })
    const directory = await place()
    await writeKnownMembers(directory, round({ members: known.members, departed: known.kept }), [])
    expect(await readKnownMembers(directory)).toEqual(known)
    await writeKnownMembers(directory, round({ members, departed: undefined }), [])
    expect(await readKnownMembers(directory)).toEqual({ members, kept: [] })
  })

  test('who is pending is no member yet; who left is remembered while he is kept', async () => {
    const directory = await place()
    await writeKnownMembers(directory, round({ members: ['a', 'b'], pending: ['b'], departed: ['x', 'y'] }), [
      'y',
    ])
    expect(await readKnownMembers(directory)).toEqual({ members: ['a'], kept: ['x'] })
    // Again the same, as after a kill.
    await writeKnownMembers(directory, round({ members: ['a', 'b'], pending: ['b'], departed: ['x', 'y'] }), [
      'y',
    ])
    expect(await readKnownMembers(directory)).toEqual({ members: ['a'], kept: ['x'] })
    // Pending when he comes back: what is kept of him is still old.
    await writeKnownMembers(directory, round({ members: ['a', 'x'], pending: ['x'] }), [])
    expect(await readKnownMembers(directory)).toEqual({ members: ['a'], kept: ['x'] })
    await writeKnownMembers(directory, round({ members: ['a', 'x'] }), [])
    expect(await readKnownMembers(directory)).toEqual({ members: ['a', 'x'], kept: [] })
  })

  test('a round that has not seen them changes nothing, a base keeps nobody', async () => {
    const directory = await place()
    await writeKnownMembers(directory, round({ members: ['a'], departed: ['x'] }), [])
    await writeKnownMembers(directory, round(), [])
    expect(await readKnownMembers(directory)).toEqual({ members: ['a'], kept: ['x'] })
    await writeKnownMembers(directory, round({ exports: [{ number: 3, role: 'base' }], members: ['a'] }), [])
    expect(await readKnownMembers(directory)).toEqual({ members: ['a'], kept: [] })
  })

  test.each(['', '{', '[]', '{"version":2,"members":[]}', '{"version":1,"members":"a"}'])(
    'a file that says %j says nothing',
    async (text) => {
      const directory = await place()
      await writeFile(join(directory, '.bulkx/members.json'), text)
      expect(await readKnownMembers(directory)).toBeUndefined()
    },
  )
})

describe('the plan of a round', () => {
  test('newcomers come a thousand at a time, after the delta', async () => {
    const directory = await place()
    const dataset = { ...(await openDataset(directory)), generation: 4, transactionTime: 'then' }
    const newcomers = Array.from({ length: 1001 }, (_, at) => `p${at}`)
    const order = {
      dataset,
      series: {},
      full: false,
      members: newcomers,
      changes: { newcomers, departed: ['q'] },
    }
    const plan = await planRound(order)
    expect(plan.exports.map(({ number, role, patients }) => [number, role, patients?.length])).toEqual([
      [5, 'delta', undefined],
      [6, 'newcomers', 1000],
      [7, 'newcomers', 1],
    ])
    expect([plan.since, generationOf(plan)]).toEqual(['then', 7])
    const full = await planRound({ ...order, full: true, everything: '1900-01-01' })
    expect([full.exports, full.since]).toEqual([[{ number: 5, role: 'base' }], '1900-01-01'])
  })

  test('is read as it was written, and is gone when it is done', async () => {
    const directory = await place()
    expect(await readRound(directory)).toBeUndefined()
    const plan = round({
      exports: [
        { number: 2, role: 'delta' },
        { number: 3, role: 'newcomers', patients: ['a'] },
      ],
      since: '2026-01-01T00:00:00Z',
      members: ['a'],
      pending: ['b'],
    })
    await writeRound(directory, plan)
    expect(await readRound(directory)).toEqual(plan)
    expect(await readFile(join(directory, '.bulkx/round.json'), 'utf8')).toMatch(/^\{"version":1,/)
    await removeRound(directory)
    await removeRound(directory)
    expect(await readRound(directory)).toBeUndefined()
  })

  const good = { version: 1, exports: [{ number: 2, role: 'delta' }], series: {}, departed: [], pending: [] }
  test.each([
    ['no JSON', '{"version":1'],
    ['another version', { ...good, version: 2 }],
    ['no exports', { ...good, exports: [] }],
    ['a number that is none', { ...good, exports: [{ number: '../../x', role: 'delta' }] }],
    ['newcomers first', { ...good, exports: [{ number: 2, role: 'newcomers' }] }],
    [
      'numbers that fall',
      {
        ...good,
        exports: [
          { number: 2, role: 'delta' },
          { number: 2, role: 'newcomers' },
        ],
      },
    ],
    ['a role that is none', { ...good, exports: [{ number: 2, role: 'all' }] }],
    ['members that are none', { ...good, members: ['a', '../b'] }],
    ['no series', { ...good, series: 'all' }],
  ])('with %s is refused, and --again named', async (_what, plan) => {
    const directory = await place()
    await writeFile(
      join(directory, '.bulkx/round.json'),
      typeof plan === 'string' ? plan : JSON.stringify(plan),
    )
    await expect(readRound(directory)).rejects.toMatchObject({
      code: 'BULKX_CONFIG',
      hint: expect.stringMatching(/--again/),
    })
  })
})

describe('series', () => {
  const kickOff = {
    target: { kind: 'system' as const },
    operation: '$export',
    method: 'get' as const,
    listStyle: 'comma' as const,
    lenient: false,
  }

  test.each([
    ['the order of types', { type: ['A', 'B'] }, { type: ['B', 'A', 'B'] }, true],
    ['times', { since: '2026' }, { until: '2025' }, true],
    ['how it is put', { method: 'post' as const }, { lenient: true }, true],
    ['types', { type: ['A'] }, {}, false],
    ['patients, however written', { patient: ['a', 'Patient/b'] }, { patient: ['b', 'Patient/a'] }, true],
    ['other patients', { patient: ['a'] }, { patient: ['b'] }, false],
    ['parameters', { extra: [{ name: '_mdm', value: '1' }] }, {}, false],
    ['a time as a parameter', { extra: [{ name: '_since', value: '1' }] }, {}, true],
    ['operations', { operation: '$other' }, {}, false],
  ])('%s', (_what, a, b, same) => {
    const one = seriesOf('https://ehr.example/fhir/', 'system', { ...kickOff, ...a })
    const other = seriesOf('https://ehr.example/fhir', 'system', { ...kickOff, ...b })
    expect(isSameSeries(one, JSON.parse(JSON.stringify(other)))).toBe(same)
  })

  test('names no patient', () => {
    const series = seriesOf('https://ehr.example/fhir', 'Patient', { ...kickOff, patient: ['secret-id'] })
    expect(JSON.stringify(series)).not.toMatch('secret-id')
    expect(seriesWords(series)).toBe('Patient from https://ehr.example/fhir 1 patients')
  })
})
