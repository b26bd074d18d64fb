/** The kick-off as it leaves, to the letter; and its answers, as far as one answer alone says. */
import { describe, expect, test } from 'vitest'
import type { Answer } from '../../src/http/body.js'
import { resolveUrl } from '../../src/http/url.js'
import { kickOffRequest, readKickOff } from '../../src/protocol/kick-off.js'
import type { KickOffRequest, Target } from '../../src/protocol/types.js'
import { kickOffOf } from '../helpers/job.js'

const base = 'https://ehr.example/api/fhir/r4'
const system: Target = { kind: 'system' }

test.each<[Target, string]>([
  [system, '/$export'],
  [{ kind: 'type', type: 'Patient' }, '/Patient/$export'],
  [{ kind: 'instance', type: 'Group', id: '123' }, '/Group/123/$export'],
  [{ kind: 'type', type: 'Location' }, '/Location/$export'],
  [{ kind: 'instance', type: 'Patient', id: '123' }, '/Patient/123/$export'],
  [{ kind: 'instance', type: 'Group', id: 'a/../b?c' }, '/Group/a%2F..%2Fb%3Fc/$export'],
])('%j', (target, path) => {
  for (const fhirUrl of [base, `${base}/`, `${base}//`])
    expect(kickOffRequest(fhirUrl, kickOffOf({ target })).url).toBe(base + path)
})

test('a kick-off URL is taken to the letter, and its own query kept', () => {
  const url = 'https://ehr.example/x/Group/1/$export?a=%2F'
  const target: Target = { kind: 'url', url }
  expect(kickOffRequest(base, kickOffOf({ target })).url).toBe(url)
  expect(kickOffRequest(base, kickOffOf({ target, type: ['A'] })).url).toBe(`${url}&_type=A`)
})

const queryOf = (differences: Partial<KickOffRequest>): string =>
  kickOffRequest(base, kickOffOf({ target: system, ...differences })).url.slice(`${base}/$export`.length)

test.each<[string, Partial<KickOffRequest>, string]>([
  ['K-19 nothing', {}, ''],
  ['types by comma', { type: ['Patient', 'Observation'] }, '?_type=Patient,Observation'],
  [
    'types repeated',
    { type: ['Patient', 'Observation'], listStyle: 'repeat' },
    '?_type=Patient&_type=Observation',
  ],
  ['K-20 each once', { type: ['Patient', 'Patient'] }, '?_type=Patient'],
  ['no types', { type: [] }, ''],
  [
    'an instant as it was typed',
    { since: '2026-01-01T00:00:00.5+01:00' },
    '?_since=2026-01-01T00:00:00.5%2B01:00',
  ],
  ['a date', { since: '2026-01-01', until: '2026-02-01' }, '?_since=2026-01-01&_until=2026-02-01'],
  [
    'a comma inside a filter does not end it',
    { typeFilter: ['Observation?code=a,b', 'Patient?x=1'] },
    '?_typeFilter=Observation%3Fcode%3Da%2Cb,Patient%3Fx%3D1',
  ],
  ['elements', { elements: ['id', 'Patient.name'] }, '?_elements=id,Patient.name'],
  ['patients as references', { patient: ['1', 'Patient/2'] }, '?patient=Patient/1,Patient/2'],
  ['booleans', { allowPartialManifests: false }, '?allowPartialManifests=false'],
  [
    'the rest',
    {
      outputFormat: 'ndjson',
      organizeOutputBy: 'Patient',
      includeAssociatedData: ['LatestProvenanceResources'],
    },
    '?_outputFormat=ndjson&includeAssociatedData=LatestProvenanceResources&organizeOutputBy=Patient',
  ],
  [
    'extras, repeated as given',
    {
      extra: [
        { name: 'a b', value: '1&2=3' },
        { name: 'a b', value: '#' },
      ],
    },
    '?a%20b=1%262%3D3&a%20b=%23',
  ],
  [
    'another operation',
    { operation: '$davinci-data-export', target: { kind: 'url', url: `${base}/$export` } },
    '',
  ],
])('%s', (_name, differences, expected) => {
  expect(queryOf(differences)).toBe(expected)
})

test('K-18 the headers are exactly these', () => {
  expect(kickOffRequest(base, kickOffOf()).headers).toEqual({
    accept: 'application/fhir+json',
    prefer: 'respond-async',
  })
  expect(kickOffRequest(base, kickOffOf({ lenient: true })).headers.prefer).toBe(
    'respond-async, handling=lenient',
  )
  expect(kickOffRequest(base, kickOffOf({ operation: '$x' })).url).toBe(`${base}/Group/123/$x`)
})

test('a POST has its parameters in the body, typed', () => {
  const request = kickOffRequest(
    base,
    kickOffOf({
      method: 'post',
      type: ['A', 'B'],
      since: '2026-01-01T00:00:00Z',
      until: '2026-01-01',
      patient: ['1'],
      typeFilter: ['A?x=1,2'],
      allowPartialManifests: true,
      extra: [
        { name: 'n', value: '5', datatype: 'integer' },
        { name: 's', value: '5' },
      ],
    }),
  )
  expect(request).toMatchObject({
    method: 'POST',
    url: `${base}/Group/123/$export`,
    headers: { 'content-type': 'application/fhir+json' },
  })
  expect(JSON.parse(request.body ?? '')).toEqual({
    resourceType: 'Parameters',
    parameter: [
      { name: '_since', valueInstant: '2026-01-01T00:00:00Z' },
      { name: '_until', valueDate: '2026-01-01' },
      { name: '_type', valueString: 'A,B' },
      { name: '_typeFilter', valueString: 'A?x=1,2' },
      { name: 'patient', valueReference: { reference: 'Patient/1' } },
      { name: 'allowPartialManifests', valueBoolean: true },
      { name: 'n', valueInteger: 5 },
      { name: 's', valueString: '5' },
    ],
  })
})

test('associated data is a code, or the Coding of STU4 where it names a system', () => {
  const includeAssociatedData = ['_history', 'http://x.example/cs|Latest', '|Relevant']
  const extra = [{ name: 'c', value: 'http://x.example/cs|c', datatype: 'Coding' }]
  const asked = kickOffOf({ method: 'post', listStyle: 'repeat', includeAssociatedData, extra })
  expect(JSON.parse(kickOffRequest(base, asked).body ?? '')).toMatchObject({
    parameter: [
      { name: 'includeAssociatedData', valueCode: '_history' },
      { name: 'includeAssociatedData', valueCoding: { system: 'http://x.example/cs', code: 'Latest' } },
      { name: 'includeAssociatedData', valueCoding: { code: 'Relevant' } },
      { name: 'c', valueCoding: { system: 'http://x.example/cs', code: 'c' } },
    ],
  })
})

test('post-query is a POST with a query and no body', () => {
  const request = kickOffRequest(base, kickOffOf({ method: 'post-query', type: ['A'] }))
  expect(request).toEqual({
    method: 'POST',
    url: `${base}/Group/123/$export?_type=A`,
    headers: { accept: 'application/fhir+json', prefer: 'respond-async' },
  })
})

const answer = (status: number, headers: Answer['headers'] = {}, body = ''): Answer => ({
  status,
  headers,
  url: `${base}/Group/123/$export?x=1`,
  body,
  cut: false,
})
const at = 'https://ehr.example/s/1'

describe('where the address of the job is', () => {
  test.each<[string, Answer, string]>([
    ['K-01 Content-Location', answer(202, { 'content-location': at }), at],
    ['K-04 Location', answer(202, { location: at }), at],
    [
      'Content-Location before Location',
      answer(202, { location: 'https://x.example', 'content-location': at }),
      at,
    ],
    ['K-05 the body', answer(202, {}, JSON.stringify({ msg: 'ok', statusUrl: at })), at],
    [
      'the body, only of the server',
      answer(202, {}, JSON.stringify({ docs: 'https://docs.example/', url: at })),
      at,
    ],
    [
      'K-06 an absolute path',
      answer(202, { 'content-location': '/fhir/$export-status/1' }),
      'https://ehr.example/fhir/$export-status/1',
    ],
    [
      'K-07 a relative one',
      answer(202, { 'content-location': '$status?_jobId=1' }),
      `${base}/Group/123/$status?_jobId=1`,
    ],
    ['K-11 twice', answer(202, { 'content-location': [at, 'https://ehr.example/s/2'] }), at],
    ['K-11 joined by commas', answer(202, { 'content-location': `${at}, https://ehr.example/s/2` }), at],
    ['a comma inside', answer(202, { 'content-location': `${at},2` }), `${at},2`],
    ['K-12 opaque', answer(202, { 'content-location': `${at}?job=a%3D%3D` }), `${at}?job=a%3D%3D`],
    ['G-15 200', answer(200, { 'content-location': at }), at],
    ['201', answer(201, { 'content-location': at }), at],
    [
      'K-02 beside an outcome',
      answer(202, { 'content-location': at }, '{"resourceType":"OperationOutcome","issue":[]}'),
      at,
    ],
    ['G-19 beside a page', answer(202, { 'content-location': at }, '<html>'), at],
  ])('%s', (_name, given, expected) => {
    expect(readKickOff(given, 0)).toMatchObject({ kind: 'accepted', pollingLocation: expected })
  })
})

describe('how far the address is to be believed', () => {
  const named = (value: string) => readKickOff(answer(202, { 'content-location': value }), 0)

  test.each<[string, string, object]>([
    ['K-10 plain http of the same host', 'http://ehr.example/s/1', { pollingLocation: at, raised: true }],
    ['with its port', 'http://ehr.example:80/s/1', { pollingLocation: at, raised: true }],
    ['K-08 a name', 'projects/p/operations/1', { reference: 'projects/p/operations/1' }],
    ['a query alone', '?job=1', { pollingLocation: `${base}/Group/123/$export?job=1`, reference: '?job=1' }],
  ])('%s', (_name, value, expected) => {
    expect(named(value)).toMatchObject({ kind: 'accepted', ...expected })
  })

  test.each(['http://other.example/s/1', 'http://ehr.example:8080/s/1', '/s/1', at])(
    '%s is neither raised nor doubted',
    (value) => {
      expect(named(value)).toMatchObject({ kind: 'accepted', pollingLocation: resolveUrl(value, at) })
      expect(named(value)).not.toHaveProperty('raised')
      expect(named(value)).not.toHaveProperty('reference')
    },
  )

  test("the kick-off's own URL is none: asking it again would start another job", () => {
    const own = answer(202).url
    expect(named(own).kind).toBe('unlocated')
    expect(readKickOff(answer(202, { 'content-location': own, location: at }), 0)).toMatchObject({
      pollingLocation: at,
    })
    expect(readKickOff(answer(202, {}, JSON.stringify({ self: own, status: at })), 0)).toMatchObject({
      pollingLocation: at,
    })
  })

  test.each<[string, object]>([
    ['a Bundle', { resourceType: 'Bundle', link: [{ relation: 'self', url: `${base}/Patient?_page=1` }] }],
    ['words around a URL', { message: `${at} will tell` }],
  ])('the URLs of %s lead to no job', (_name, body) => {
    expect(readKickOff(answer(200, {}, JSON.stringify(body)), 0).kind).toBe('refused')
  })
})

test('a long or odd address is not repeated whole', () => {
  const value = `gs://u:p@b/${'x'.repeat(5000)}?token=secret`
  const response = readKickOff(answer(202, { 'content-location': value }), 0)
  expect(response.kind).toBe('unlocated')
  expect(JSON.stringify(response).length).toBeLessThan(400)
  expect(JSON.stringify(response)).not.toMatch(/secret|u:p/)
})

test.each<[string, Answer, RegExp]>([
  [
    'K-33 a Bundle',
    answer(200, {}, '{"resourceType":"Bundle"}'),
    /but a resource of type Bundle \(HTTP 200\)$/,
  ],
  ['nothing', answer(200), /but an empty answer/],
  ['204', answer(204), /an empty answer \(HTTP 204\)/],
  ['text', answer(200, {}, 'OK\u001b[2J'), /but plain text \(HTTP 200\)/],
  ['lines', answer(200, {}, '{"resourceType":"Patient"}\n{"a":1}'), /but lines of JSON[^{]*$/],
  ['other JSON', answer(200, {}, '{"ok":true}'), /but JSON without a manifest/],
  [
    'an outcome',
    answer(200, {}, '{"resourceType":"OperationOutcome","issue":[{"severity":"error","diagnostics":"no"}]}'),
    /but an OperationOutcome: no \(HTTP 200\)$/,
  ],
  [
    'K-34 a page',
    answer(200, {}, '<html><title>Log in</title>'),
    /is a web page, "Log in" .*FHIR base URL\?$/,
  ],
])('what came instead: %s', (_name, given, words) => {
  expect(readKickOff(given, 0)).toMatchObject({
    kind: 'refused',
    bulkData: false,
    message: expect.stringMatching(words),
  })
})

test.each<[string, Answer, object]>([
  [
    '404 of a FHIR server',
    answer(404, {}, '{"resourceType":"OperationOutcome","issue":[{"code":"not-found"}]}'),
    { outcome: true },
  ],
  ['404 of anything', answer(404, {}, '<html>'), { outcome: false }],
  ['302', answer(302, { location: '/login?x=secret' }), { location: 'https://ehr.example/login' }],
])('%s', (_name, given, expected) => {
  expect(readKickOff(given, 0)).toMatchObject({ kind: 'refused', bulkData: true, ...expected })
})

test.each<[string, Answer, string]>([
  ['K-03 nowhere', answer(202), 'unlocated'],
  ['K-08 no http', answer(202, { 'content-location': 'gs://b/1' }), 'unlocated'],
  ['K-14 429', answer(429), 'busy'],
  ['K-17 409', answer(409), 'busy'],
  ['K-21 400', answer(400), 'refused'],
  ['K-27 504', answer(504), 'unknown'],
  ['502', answer(502), 'unknown'],
  ['K-31 503', answer(503), 'later'],
  ['K-32 a manifest', answer(200, {}, '{"output":[],"transactionTime":"t","request":"r"}'), 'complete'],
  ['K-33 a Bundle', answer(200, {}, '{"resourceType":"Bundle","output":[]}'), 'refused'],
  ['K-34 a page', answer(200, {}, '<html>'), 'refused'],
  ['204', answer(204), 'refused'],
  ['K-36 401', answer(401), 'unauthorized'],
  ['K-37 403', answer(403), 'unauthorized'],
  ['500', answer(500), 'refused'],
  ['302 that was not followed', answer(302, { location: at }), 'refused'],
])('%s: %s', (_name, given, kind) => {
  expect(readKickOff(given, 0).kind).toBe(kind)
})

test('K-16 the jobs of a busy server, and what it asks', () => {
  const headers = { 'content-location': `${at}, /s/2, gs://x`, 'retry-after': '7' }
  const named = [at, '/s/2', 'gs://x', 'https://evil.example/s/3']
  expect(readKickOff(answer(429, { ...headers, 'content-location': named }), 0)).toMatchObject({
    jobs: [at, 'https://ehr.example/s/2'],
    retryAfterMs: 7000,
  })
})

test.each(['<https://ehr.example/s/1>', '"https://ehr.example/s/1"', ' https://ehr.example/s/1 '])(
  'an address in marks: %s',
  (named) => {
    const response = readKickOff(answer(202, { 'content-location': named }), 0)
    expect(response).toMatchObject({ kind: 'accepted', pollingLocation: 'https://ehr.example/s/1' })
  },
)
