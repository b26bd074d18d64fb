/** What stands in Redis may have been written by anybody: what is believed of it, and what is not. */
import { describe, expect, test } from 'vitest'
import type { FileTask } from '../../src/fetch/task.js'
import { parseQueue } from '../../src/options/values.js'
import { readDescription } from '../../src/queue/description.js'
import { readGauges } from '../../src/queue/gauges.js'
import { isWithin } from '../../src/queue/handshake.js'
import { warnOfClearText } from '../../src/queue/queue-url.js'
import { readResult, writeResult } from '../../src/queue/result-text.js'
import { readTask, writeTask } from '../../src/queue/task-text.js'

const task: FileTask = {
  name: 'Patient.0001.ndjson',
  section: 'output',
  type: 'Patient',
  url: 'https://files.example/a?signature=x',
  requiresAccessToken: true,
  count: 7,
  gzip: false,
}

describe('a task', () => {
  test('comes back as it was', () => {
    expect(readTask(writeTask(task), task.name)).toEqual(task)
  })

  const wrong: [string, object][] = [
    ['a name that leads elsewhere', { name: '../../etc/cron.d/x.0001.ndjson' }],
    ['a name with a folder of its own', { name: 'a/Patient.0001.ndjson' }],
    ['an absolute name', { name: '/tmp/Patient.0001.ndjson' }],
    ['another file', { name: 'manifest.json' }],
    ['our own folder', { name: '.bulkx/Patient.0001.ndjson' }],
    ['a file of this machine', { url: 'file:///etc/passwd' }],
    ['no URL', { url: 'Patient' }],
    ['a URL without an end', { url: `https://files.example/${'a'.repeat(100_000)}` }],
    ['no section', { section: 'elsewhere' }],
    ['a number that is none', { count: -1 }],
    ['a number as text', { count: '7' }],
    ['a text as a flag', { gzip: 'yes' }],
    ['a list as a type', { type: ['Patient'] }],
  ]
  test.each(wrong)('is none with %s', (_, differences) => {
    const text = JSON.stringify({ ...task, ...differences })
    expect(readTask(text, String({ ...task, ...differences }.name))).toBeUndefined()
  })

  test('is none under another name, and no text is one', () => {
    expect(readTask(writeTask(task), 'Patient.0002.ndjson')).toBeUndefined()
    for (const text of ['', '[]', 'null', '"x"', '{']) expect(readTask(text, task.name)).toBeUndefined()
  })

  test('brings nothing but what a task has', () => {
    const text = JSON.stringify({
      ...task,
      headers: { authorization: 'Bearer x' },
      fhirOrigin: 'https://evil.example',
    })
    expect(Object.keys(readTask(text, task.name) ?? {})).not.toContain('headers')
    expect(Object.keys(readTask(text, task.name) ?? {})).not.toContain('fhirOrigin')
  })
})

describe('a result', () => {
  const stored = {
    bytes: 10,
    sha256: 'a'.repeat(64),
    lines: 1,
    resources: 1,
    badLines: 0,
    attempts: 1,
    durationMs: 5,
  }
  const failure = { code: 'gone', message: 'it is gone', refresh: true, attempts: 3 } as const

  test('comes back as it was', () => {
    expect(readResult(writeResult({ ok: true, stored }))).toEqual({ ok: true, stored })
    expect(readResult(writeResult({ ok: false, failure }))).toEqual({ ok: false, failure })
  })

  const wrong: [string, unknown][] = [
    ['a digest that is none', { ok: true, stored: { ...stored, sha256: 'a' } }],
    ['bytes as text', { ok: true, stored: { ...stored, bytes: '10' } }],
    ['nothing stored', { ok: true }],
    ['a failure of no kind', { ok: false, failure: { ...failure, code: 'perhaps' } }],
    ['a message that is none', { ok: false, failure: { ...failure, message: { toString: 1 } } }],
    ['neither', {}],
    ['a list', []],
  ]
  test.each(wrong)('is none with %s', (_, value) => {
    expect(readResult(JSON.stringify(value))).toBeUndefined()
  })

  test('brings no fact of another kind', () => {
    const text = JSON.stringify({ ok: true, stored: { ...stored, type: 'job-cancelled', name: 'x', at: 0 } })
    expect(readResult(text)).toEqual({ ok: true, stored })
  })
})

test('what a coordinator says of its export, and what a worker shows of itself', () => {
  const description = { version: '1', fhirUrl: 'https://a.example/fhir', place: '/out', leaseMs: 15_000 }
  expect(readDescription(JSON.stringify(description))).toMatchObject(description)
  expect(readDescription(JSON.stringify({ ...description, leaseMs: 1 }))).toBeUndefined()
  expect(readDescription(JSON.stringify({ ...description, leaseMs: 1e12 }))).toBeUndefined()
  expect(readDescription(JSON.stringify({ ...description, maxRequests: -1 }))).toBeUndefined()
  expect(readDescription('{')).toBeUndefined()
  const gauges = { host: 'a', parallel: 5, state: 'working', active: [['Patient.0001.ndjson', { bytes: 5 }]] }
  expect(readGauges(JSON.stringify(gauges))?.active).toHaveLength(1)
  expect(readGauges(JSON.stringify({ ...gauges, active: [['../x', { bytes: 5 }]] }))?.active).toEqual([])
  expect(readGauges(JSON.stringify({ ...gauges, state: 'king' }))).toBeUndefined()
})

test.each([
  ['/data', '/data', true],
  ['/data', '/data/one', true],
  ['/data', '/data2', false],
  ['/data', '/data/../etc', false],
  ['/data', '/', false],
  ['/data', 'data/one', false],
  ['/data', 's3://data/one', false],
  ['s3://bucket/exports', 's3://bucket/exports', true],
  ['s3://bucket/exports', 's3://bucket/exports/one', true],
  ['s3://bucket/exports', 's3://bucket/exports2', false],
  ['s3://bucket/exports', 's3://bucket/exports/../other', false],
  ['s3://bucket', 's3://bucket.evil/x', false],
  ['s3://bucket', 'gs://bucket/x', false],
])('a worker that may write to %s is sent to %s: %s', (root, place, expected) => {
  expect(isWithin(root, place)).toBe(expected)
})

describe('the URL of a queue', () => {
  test.each(['redis://localhost:6379', 'rediss://user@redis.example:6380/2', 'redis://[::1]:6379'])(
    '%s',
    (url) => {
      expect(parseQueue(url)).toBe(url)
    },
  )
  test.each(['localhost:6379', 'http://localhost', 'redis://', 'redis://a b', 'redis://h?x=1'])(
    'not %s',
    (url) => {
      expect(parseQueue(url)).toBeUndefined()
    },
  )
  test.each(['redis://:hunter2@h:6379', 'rediss://me:hunter2@h', 'http://x:hunter2@h'])(
    'no password: %s',
    (url) => {
      expect(() => parseQueue(url)).toThrow(/holds a password/)
      try {
        parseQueue(url)
      } catch (error) {
        expect(String(error)).not.toContain('hunter2')
      }
    },
  )
  test('what goes to another machine in clear text is told', () => {
    const notes: string[] = []
    for (const url of ['redis://localhost:1', 'redis://127.0.0.1', 'rediss://far.example']) {
      warnOfClearText(url, (text) => notes.push(text))
    }
    expect(notes).toEqual([])
    warnOfClearText('redis://far.example:6379', (text) => notes.push(text))
    expect(notes[0]).toMatch(/far\.example in clear text.*rediss:/)
  })
})
