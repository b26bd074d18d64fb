/** Status answers one by one: what each of them means, and what it says of the progress. */
import { describe, expect, test } from 'vitest'
import type { Answer } from '../../src/http/body.js'
import { readStatus } from '../../src/protocol/status.js'

const answer = (status: number, headers: Answer['headers'] = {}, body: string | object = ''): Answer => ({
  status,
  headers,
  url: 'https://ehr.example/s/1',
  body: typeof body === 'string' ? body : JSON.stringify(body),
  cut: false,
})
const issue = (code: string, severity = 'error') => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity, code, diagnostics: 'words' }],
})

test.each<[string, Answer, string]>([
  ['G-21 202', answer(202), 'in-progress'],
  ['202 with rubbish', answer(202, { 'x-progress': 'x' }, '<html>'), 'in-progress'],
  ['200 with a manifest', answer(200, {}, { output: [] }), 'complete'],
  ['P-06', answer(200, {}, { status: 'In Progress' }), 'in-progress'],
  ['P-32 200 empty', answer(200), 'doubtful'],
  ['P-35 broken JSON', answer(200, {}, '{"output":['), 'doubtful'],
  ['M-29 more than is read', { ...answer(200, {}, '{"output":['), cut: true }, 'failed'],
  ['P-33 cancelled', answer(200, {}, 'Export job has been canceled'), 'gone'],
  ['P-34 sign-in', answer(200, {}, '<html>Please log in</html>'), 'unauthorized'],
  ['another page', answer(200, {}, '<html>Hello</html>'), 'doubtful'],
  ['P-36 an array', answer(200, {}, []), 'failed'],
  ['P-36 a number', answer(200, {}, '5'), 'failed'],
  ['P-37 an error outcome', answer(200, {}, issue('exception')), 'failed'],
  ['P-38 a Bundle', answer(200, {}, { resourceType: 'Bundle' }), 'failed'],
  ['P-40 X-Export-Status 202', answer(200, { 'x-export-status': '202 Accepted' }), 'in-progress'],
  ['P-41 X-Export-Status 500', answer(200, { 'x-export-status': '500' }, issue('exception')), 'doubtful'],
  ['X-Export-Status 200', answer(200, { 'x-export-status': '200' }, { output: [] }), 'complete'],
  ['401 of the request, whatever the job is', answer(401, { 'x-export-status': '202' }), 'unauthorized'],
  ['429 of the request', answer(429, { 'x-export-status': '202 Accepted' }), 'transient'],
  ['X-Export-Status 404', answer(200, { 'x-export-status': '404 Not Found' }), 'gone'],
  ['a partial manifest that only leads on', answer(202, {}, { output: [], link: [] }), 'in-progress'],
  ...[408, 425, 429, 502, 503, 504].map((status): [string, Answer, string] => [
    `G-29 ${status}`,
    answer(status),
    'transient',
  ]),
  ...['transient', 'timeout', 'throttled', 'lock-error', 'no-store', 'incomplete'].map(
    (code): [string, Answer, string] => [`P-21 500 ${code}`, answer(500, {}, issue(code)), 'transient'],
  ),
  ['P-22 500 exception', answer(500, {}, issue('exception')), 'doubtful'],
  ['500 empty', answer(500), 'doubtful'],
  ['501', answer(501), 'doubtful'],
  ['400', answer(400), 'failed'],
  ['400 transient is none', answer(400, {}, issue('transient')), 'failed'],
  ['P-31 410', answer(410), 'gone'],
  ['P-30 404', answer(404, {}, 'Could not find job'), 'gone'],
  ['P-18 401', answer(401), 'unauthorized'],
  ['P-19 403', answer(403), 'unauthorized'],
  ['P-43 406', answer(406), 'not-acceptable'],
  ['302 that was not followed', answer(302), 'failed'],
])('%s', (_name, given, kind) => {
  expect(readStatus(given, 0).kind).toBe(kind)
})

describe('progress', () => {
  test.each<[string, Answer, string | undefined]>([
    ['P-02', answer(202, { 'x-progress': 'In Progress (45%)' }), 'In Progress (45%)'],
    ['P-02 quotes', answer(202, { 'x-progress': '"50% complete"' }), '50% complete'],
    ['P-03 a count', answer(202, { 'x-progress': '150' }), '150'],
    ['P-04 Status', answer(202, { status: 'In Progress' }), 'In Progress'],
    [
      'P-05 a body',
      answer(202, {}, { status: 'in-progress', progress: 0.28, message: 'working' }),
      '28%, working',
    ],
    ['P-06 batches', answer(202, {}, { batches: { complete: 1, total: 4 } }), '1/4 batches'],
    ['an outcome is none', answer(202, {}, issue('informational')), undefined],
    ['P-07 control characters', answer(202, { 'x-progress': 'a\u001b[31mb\r\nc\u202ed' }), 'ab c d'],
    ['nothing', answer(202), undefined],
  ])('%s', (_name, given, expected) => {
    expect(readStatus(given, 0)).toMatchObject({ kind: 'in-progress', progress: expected })
  })

  test.each<[string, Answer, string | undefined]>([
    [
      'P-39 lastUpdated',
      answer(202, {}, { status: 'active', lastUpdated: '2026-01-01T00:00:00Z' }),
      '2026-01-01T00:00:00Z',
    ],
    ['a number', answer(202, {}, { lastUpdated: 5 }), '5'],
    [
      'beside X-Progress',
      answer(202, { 'x-progress': '45%' }, { lastUpdated: 'x'.repeat(200) }),
      `${'x'.repeat(99)}…`,
    ],
    ['an object is none', answer(202, {}, { lastUpdated: {} }), undefined],
    ['nothing', answer(202), undefined],
  ])('heartbeat: %s', (_name, given, heartbeat) => {
    expect(readStatus(given, 0)).toMatchObject({ kind: 'in-progress', heartbeat })
  })

  test('P-07 is cut', () => {
    const response = readStatus(answer(202, { 'x-progress': 'x'.repeat(10_000) }), 0)
    expect(response.kind === 'in-progress' && response.progress?.length).toBe(100)
  })
})

test('P-42 a manifest in a 202 counts when it lists something', () => {
  const entry = { type: 'Patient', url: 'https://x/1' }
  expect(readStatus(answer(202, {}, { output: [entry] }), 0)).toMatchObject({
    manifest: { items: { output: [entry] } },
  })
  expect(readStatus(answer(202, {}, { output: [] }), 0)).toMatchObject({ manifest: undefined })
})

test('P-10 Retry-After is measured against the Date of the answer', () => {
  const headers = { date: 'Thu, 01 Jan 2026 12:00:00 GMT', 'retry-after': 'Thu, 01 Jan 2026 12:01:00 GMT' }
  expect(readStatus(answer(202, headers), 5)).toMatchObject({ retryAfterMs: 60_000 })
})

test('the words of the server are in the reason, in one line and cut', () => {
  const response = readStatus(answer(400, {}, `${'x\n'.repeat(5000)}`), 0)
  expect(response.kind === 'failed' && response.reason.length).toBeLessThan(2100)
  expect(response.kind === 'failed' && response.reason).not.toContain('\n')
})

describe('P-38 a batch-response', () => {
  const batch = (...entry: unknown[]) =>
    answer(200, {}, { resourceType: 'Bundle', type: 'batch-response', entry })
  test.each<[string, Answer, object]>([
    [
      'with an outcome',
      batch({ response: { status: '500', outcome: issue('exception') } }),
      { kind: 'failed', bulkData: true, reason: 'The export failed on the server: words' },
    ],
    [
      'with a status alone',
      batch({ response: { status: '200' } }, { response: { status: '404 Not Found' } }),
      { kind: 'failed', bulkData: true, reason: 'The export failed on the server: HTTP 404 Not Found' },
    ],
    [
      'that went well is no manifest',
      batch({ response: { status: '200' } }),
      { kind: 'failed', bulkData: false },
    ],
    ['of nothing', batch(), { kind: 'failed', bulkData: false }],
    ['of rubbish', batch(null, 5, { response: 'x' }), { kind: 'failed', bulkData: false }],
  ])('%s', (_name, given, expected) => {
    expect(readStatus(given, 0)).toMatchObject(expected)
  })
})

test('M-29 what is too large says how large it may be, and what to do', () => {
  const response = readStatus({ ...answer(200, {}, '{"output":['), cut: true }, 0)
  expect(response).toMatchObject({ reason: expect.stringMatching(/larger than 256 MiB.*--type/) })
})
