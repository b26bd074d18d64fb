/** Manifests of every version of the IG, and of servers that never read it. */
import { describe, expect, test } from 'vitest'
import { isUnfinished, readManifest } from '../../src/protocol/manifest.js'

const url = 'https://ehr.example/fhir/status/1'
const read = (value: unknown, headers = {}) => readManifest(value, url, headers)
const listed = (entry: unknown) => read({ output: [entry] })?.items.output[0]

describe('what is a manifest', () => {
  test.each<[string, unknown, boolean]>([
    ['STU1', { transactionTime: 't', request: 'r', secure: true, output: [] }, true],
    ['STU2', { transactionTime: 't', request: 'r', requiresAccessToken: true, output: [], error: [] }, true],
    ['STU3', { output: [], deleted: [], error: [], link: [] }, true],
    ['STU4 outcome', { outcome: [] }, true],
    ['STU4 resource', { resourceType: 'Manifest', output: [] }, true],
    ['M-04 output null', { transactionTime: 't', request: 'r', output: null }, true],
    ['M-06 no lists', { transactionTime: 't', request: 'r' }, true],
    ['P-06 still running', { status: 'In Progress', transactionTime: 't', request: 'r' }, false],
    ['P-06 running, with an empty list of errors', { status: 'in-progress', error: [] }, false],
    ['an unfinished status beside an empty output', { status: 'In Progress', output: [] }, false],
    ['IN_PROGRESS', { status: 'IN_PROGRESS', transactionTime: 't', request: 'r' }, false],
    ['a failed job', { status: 'failed', output: [], error: [] }, false],
    ['a status beside files', { status: 'In Progress', output: [{ url: 'https://x/1' }] }, true],
    ['lists that are none', { output: { url: 'https://x/1' } }, false],
    ['a done one', { status: 'completed', transactionTime: 't', request: 'r' }, true],
    ['K-33 a Bundle', { resourceType: 'Bundle', output: [] }, false],
    ['P-37 an OperationOutcome', { resourceType: 'OperationOutcome', output: [] }, false],
    ['nothing known', { hello: 1 }, false],
    ['P-36 an array', [], false],
    ['P-36 null', null, false],
    ['P-36 a text', 'output', false],
  ])('%s', (_name, value, expected) => {
    expect(read(value) !== undefined).toBe(expected)
  })

  test.each(['In Progress', 'in-progress', 'queued', 'ACTIVE', 'running', 'pending', 'accepted'])(
    'G-22 %s',
    (status) => {
      expect(isUnfinished({ status })).toBe(true)
      expect(isUnfinished({ status, output: [] })).toBe(true)
      expect(isUnfinished({ status, output: [{ url: 'https://x/1' }] })).toBe(false)
    },
  )
})

describe('entries', () => {
  test.each<[string, unknown, object]>([
    ['url', { type: 'Patient', url: 'https://x/1' }, { type: 'Patient', url: 'https://x/1' }],
    ['M-03 file', { type: 'Patient', file: 'https://x/1' }, { url: 'https://x/1' }],
    ['url before file', { url: 'https://x/1', file: 'https://x/2' }, { url: 'https://x/1' }],
    ['M-17 a path', { url: '/files/1' }, { url: 'https://ehr.example/files/1' }],
    [
      'M-17 a relative one',
      { url: 'files/1?a=%2F' },
      { url: 'https://ehr.example/fhir/status/files/1?a=%2F' },
    ],
    ['M-20 another scheme', { url: 'gs://b/x' }, { url: 'gs://b/x' }],
    ['no URL', { type: 'Patient' }, { type: 'Patient', url: '' }],
    ['a URL that is no text', { url: 5 }, { url: '' }],
    ['M-27 no type', { url: 'https://x/1' }, { type: '' }],
    ['M-25 a hostile type is kept as data', { type: '../../x', url: 'https://x/1' }, { type: '../../x' }],
    ['M-34 count', { count: 0 }, { count: 0 }],
    ['M-34 count as text', { count: '12' }, { count: 12 }],
    ['fileSize', { fileSize: 7 }, { sizeBytes: 7 }],
    [
      'AB2D extension array',
      {
        extension: [
          { url: 'https://ab2d/checksum', valueString: `sha256:${'AB'.repeat(32)}` },
          { url: 'https://ab2d/file_length', valueDecimal: 9 },
        ],
      },
      { sha256: 'ab'.repeat(32), sizeBytes: 9 },
    ],
    [
      'M-14 extension object',
      { extension: { checksum: `sha256:${'0'.repeat(64)}` } },
      { sha256: '0'.repeat(64) },
    ],
    ['M-14 extension null', { extension: null }, { sha256: undefined }],
    [
      'F-50 an unknown algorithm',
      { extension: { checksum: `md5:${'0'.repeat(32)}` } },
      { sha256: undefined },
    ],
  ])('%s', (_name, entry, expected) => {
    expect(listed(entry)).toMatchObject(expected)
  })

  test.each([-1, 12.5, '-1', '1e3', '', null, true, {}, 1e16])('M-34 %j is no count', (count) => {
    expect(listed({ count })?.count).toBeUndefined()
  })

  test('entries that cannot be read are files that cannot be had; null lists are empty', () => {
    const manifest = read({ output: [null, 5, 'x', [], { url: 'https://x/1' }], error: null, deleted: null })
    expect(manifest?.items).toMatchObject({ deleted: [], outcome: [] })
    expect(manifest?.items.output.map((item) => item.url)).toEqual(['', '', '', '', 'https://x/1'])
  })

  test('M-09 error and outcome are one list, M-08 outcomes in it are issues', () => {
    const outcome = { resourceType: 'OperationOutcome', issue: [{ severity: 'error', diagnostics: 'boom' }] }
    const manifest = read({
      output: [],
      error: [outcome, { url: 'https://x/1' }],
      outcome: [{ url: 'https://x/2' }],
    })
    expect(manifest?.items.outcome.map((item) => item.url)).toEqual(['https://x/1', 'https://x/2'])
    expect(manifest?.issues).toEqual([{ severity: 'error', code: undefined, text: 'boom' }])
  })
})

test('M-09 what error and outcome both list is listed once, and said once', () => {
  const outcome = { resourceType: 'OperationOutcome', issue: [{ severity: 'error', diagnostics: 'boom' }] }
  const both = [outcome, { url: 'https://x/1' }, { url: 'https://x/2' }, {}]
  const manifest = read({ output: [], error: both, outcome: [...both, { url: 'https://x/3' }] })
  expect(manifest?.items.outcome.map((item) => item.url)).toEqual([
    'https://x/1',
    'https://x/2',
    '',
    '',
    'https://x/3',
  ])
  expect(manifest?.issues).toHaveLength(1)
})

test('M-41 continuesInFile is a URL like the others', () => {
  expect(listed({ url: 'https://x/1', continuesInFile: '/files/2' })?.continuesInFile).toBe(
    'https://ehr.example/files/2',
  )
  expect(listed({ url: 'https://x/1', continuesInFile: 5 })?.continuesInFile).toBeUndefined()
})

test('M-40 what is nested too deeply is not kept, wherever it stands', () => {
  const deep = '['.repeat(10_000) + ']'.repeat(10_000)
  const text = `{"output":[{"url":"https://x/1","extension":${deep},"x":${deep}}],"error":[${deep}],"link":${deep},"deep":${deep},"batches":${deep},"flat":[[1]]}`
  const manifest = read(JSON.parse(text))
  expect(manifest?.rest).toEqual({ flat: [[1]] })
  expect(() => JSON.stringify(manifest)).not.toThrow()
})

test.each<[unknown, boolean | undefined]>([
  [true, true],
  ['true', true],
  ['True', true],
  [false, false],
  ['FALSE', false],
  [0, undefined],
  [null, undefined],
  ['yes', undefined],
  [undefined, undefined],
])('M-01, M-02 requiresAccessToken %j', (requiresAccessToken, expected) => {
  expect(read({ output: [], requiresAccessToken })?.requiresAccessToken).toBe(expected)
})

test.each<[unknown, string | undefined]>([
  ['2026-01-01T00:00:00.123456789Z', '2026-01-01T00:00:00.123456789Z'],
  ['2020/01/20 16:53:41.160 -0500', '2020/01/20 16:53:41.160 -0500'],
  [1767225600000, '2026-01-01T00:00:00.000Z'],
  ['', undefined],
  [null, undefined],
])('M-13 transactionTime %j', (transactionTime, expected) => {
  expect(read({ output: [], transactionTime })?.transactionTime).toBe(expected)
})

test('a transactionTime that is no time at all is no crash', () => {
  expect(() => read({ output: [], transactionTime: 1e300 })).not.toThrow()
})

const expires = Date.UTC(2026, 0, 1)
test.each<[string, unknown, unknown, number | undefined]>([
  ['HTTP-date', 'Thu, 01 Jan 2026 00:00:00 GMT', undefined, expires],
  ['ISO', '2026-01-01T00:00:00Z', undefined, expires],
  ['M-16 Go', '2026-01-01 00:00:00.7 +0000 UTC', undefined, expires + 700],
  ['rubbish', 'soon', undefined, undefined],
  ['Go without a fraction', '2026-01-01 00:00:00 +0000 UTC', undefined, expires],
  ['with an offset', '2025-12-31T19:00:00-05:00', undefined, expires],
  ['epoch as text', String(expires / 1000), undefined, expires],
  ['-1', '-1', undefined, undefined],
  ['0', '0', undefined, undefined],
  ['no zone', '2026-01-01T00:00:00', undefined, undefined],
  ['beyond time', undefined, 1e300, undefined],
  ['the header before the body', 'Thu, 01 Jan 2026 00:00:00 GMT', 5, expires],
  ['expirationTime, seconds', undefined, expires / 1000, expires],
  ['expirationTime, milliseconds', undefined, expires, expires],
  ['none', undefined, undefined, undefined],
])('Expires: %s', (_name, header, expirationTime, expected) => {
  expect(read({ output: [], expirationTime }, { expires: header })?.expiresAt).toBe(expected)
})

test.each<[unknown, string | undefined]>([
  [[{ relation: 'next', url: '?page=2' }], `${url}?page=2`],
  [
    [
      { relation: 'self', url },
      { relation: 'next', url: 'https://x/2' },
    ],
    'https://x/2',
  ],
  [[{ relation: 'next' }], undefined],
  [{ relation: 'next', url: 'https://x/2' }, 'https://x/2'],
  [[{ relation: 'Next', url: 'https://x/2' }], 'https://x/2'],
  [null, undefined],
])('link %j', (link, expected) => {
  expect(read({ output: [], link })?.next).toBe(expected)
})

test('M-40 keys that could change a prototype are not kept, others are', () => {
  const manifest = read(
    JSON.parse('{"output":[],"__proto__":{"polluted":1},"JobID":7,"constructor":{"x":1}}'),
  )
  expect(Object.keys(manifest?.rest ?? {})).toEqual(['JobID', 'constructor'])
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  expect(Object.getPrototypeOf(manifest?.rest)).toBe(Object.prototype)
})

test.each<[unknown, number | undefined]>([
  [{ total: 4, failed: 2 }, 2],
  [{ failed: '2' }, 2],
  [{ failed: 0 }, undefined],
  [null, undefined],
])('failed batches %j', (batches, expected) => {
  expect(read({ output: [], batches })?.failedBatches).toBe(expected)
})
