/** `bulkx help json` names every line that --json writes, and each of its fields. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { catalogue } from '../../src/cli/catalogue.js'
import { jsonLine } from '../../src/cli/reporter/json.js'
import { findingWords } from '../../src/cli/topics/findings.js'
import { factLines, otherLines } from '../../src/cli/topics/json-lines.js'
import { commonResult, resultFields } from '../../src/cli/topics/json-results.js'
import type { Fact, JobEvent } from '../../src/job/facts.js'
import { session } from './session.js'

const manifest = (types: readonly string[]) => ({
  transactionTime: '2026-01-01T00:00:00Z',
  requiresAccessToken: true,
  expiresAt: 2,
  items: {
    output: types.map((type, index) => ({ type, url: `https://ehr.example/${index}` })),
    deleted: [],
    outcome: [],
  },
  issues: [],
  failedBatches: 0,
  rest: {},
})

type Samples = { [T in Fact['type']]: Extract<Fact, { type: T }> }

/** Each fact with everything that it may hold. */
const samples = {
  'job-created': {
    type: 'job-created',
    version: 1,
    exportId: 'e',
    server: 'https://ehr.example',
    fhirUrl: 'https://ehr.example',
    kickOff: {
      target: { kind: 'system' },
      operation: '$export',
      method: 'get',
      listStyle: 'comma',
      lenient: false,
    },
    identity: { profile: 'clinic', preset: 'oracle' },
  },
  'job-resumed': { type: 'job-resumed', kept: { files: 1, bytes: 1 } },
  'kick-off-requested': { type: 'kick-off-requested', method: 'GET', url: 'https://ehr.example/$export' },
  'scopes-granted': {
    type: 'scopes-granted',
    asked: 'system/Patient.rs system/Condition.rs',
    granted: 'system/Patient.rs',
    types: ['Condition'],
  },
  'kick-off-unsent': { type: 'kick-off-unsent', reason: 'refused', againAfterMs: 1 },
  'kick-off-refused': { type: 'kick-off-refused', status: 400, message: 'no', againAfterMs: 1 },
  'kick-off-unlocated': { type: 'kick-off-unlocated', reference: 'x', status: 202 },
  'kick-off-accepted': {
    type: 'kick-off-accepted',
    pollingLocation: 'https://ehr.example/1',
    raised: true,
    attached: true,
    issues: [],
  },
  'status-in-progress': {
    type: 'status-in-progress',
    progress: '5%',
    unchangedMs: 1,
    retryAfterMs: 1,
    cut: true,
    notBefore: 1,
  },
  'status-transient': {
    type: 'status-transient',
    reason: 'busy',
    status: 503,
    retryAfterMs: 1,
    cut: true,
    notBefore: 1,
  },
  'status-doubted': { type: 'status-doubted', reason: 'gone', status: 404, notBefore: 1 },
  'manifest-received': {
    type: 'manifest-received',
    page: 'https://ehr.example/1',
    manifest: manifest(['Patient']),
  },
  'manifest-unavailable': { type: 'manifest-unavailable', page: 'https://ehr.example/1', reason: 'gone' },
  'file-completed': {
    type: 'file-completed',
    name: 'Patient.0001.ndjson',
    resources: 1,
    lines: 1,
    badLines: 0,
    bytes: 1,
    storedBytes: 1,
    sha256: 'a',
    attempts: 2,
    again: { why: 'cut', same: false },
    durationMs: 1,
  },
  'file-failed': {
    type: 'file-failed',
    name: 'Patient.0001.ndjson',
    code: 'refused',
    message: 'no',
    hint: 'try',
    status: 403,
    refresh: false,
  },
  'file-lost': { type: 'file-lost', name: 'Patient.0001.ndjson' },
  'export-failed': { type: 'export-failed', status: 500, message: 'no', code: 'BULKX_EXPORT_FAILED' },
  'export-gone': { type: 'export-gone', status: 404, message: 'no' },
  'manifest-written': { type: 'manifest-written', findings: [] },
  'findings-accepted': { type: 'findings-accepted', failOn: 'never' },
  'delete-answered': { type: 'delete-answered', status: 202, message: 'ok' },
  'job-cancelled': { type: 'job-cancelled', status: 202 },
} satisfies Samples

const lineOf = (fact: Fact): Record<string, unknown> => JSON.parse(jsonLine({ ...fact, at: 1 } as JobEvent))

const fieldsOf = (line: Record<string, unknown>): string[] =>
  Object.keys(line).filter((name) => name !== 'type' && name !== 'at')

test.each(Object.entries(factLines))('%s has the fields that are named', (type, { fields }) => {
  const sample = samples[type as Fact['type']]
  expect(fieldsOf(lineOf(sample)).sort()).toEqual(Object.keys(fields).sort())
})

test('types are bounded in number and length', () => {
  const many = Array.from(
    { length: 5000 },
    (_, index) =>
      `Type${String.fromCharCode(65 + (index % 26))}${'x'.repeat(index % 70)}${'y'.repeat(Math.floor(index / 26) % 40)}`,
  )
  const hostile = [...many, 'a b', '\u0000', '__proto__', 'z'.repeat(100_000), 'Patient']
  const line = lineOf({
    type: 'manifest-received',
    page: 'https://ehr.example/1',
    manifest: manifest(hostile),
  })
  const types = line.types as Record<string, number>
  expect(Object.keys(types).length).toBeLessThanOrEqual(202)
  expect(Math.max(...Object.keys(types).map((name) => name.length))).toBeLessThanOrEqual(64)
  expect(Object.values(types).reduce((sum, number) => sum + number, 0)).toBe(hostile.length)
  expect(types.unknown).toBeGreaterThanOrEqual(4)
  expect(JSON.stringify(line).length).toBeLessThan(20_000)
})

test('each finding is explained', () => {
  const folder = join(import.meta.dirname, '../../src/job')
  const text = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n')
  const said = [...text.matchAll(/severity: [^,]+,\s+code: '([a-z-]+)'/g)].map(([, name = '']) => name)
  const named = Object.keys(findingWords)
  expect(said.length).toBeGreaterThan(15)
  expect(said.filter((name) => !named.includes(name))).toEqual([])
  expect(named.filter((name) => !text.includes(`'${name}'`))).toEqual([])
})

test('the result of every command is explained', () => {
  expect(Object.keys(resultFields).sort()).toEqual([...Object.keys(catalogue), 'version'].sort())
})

test('what commands write is named: lines, and the fields of their results', async () => {
  const { run, server } = await session()
  const where = ['--server', server]
  const lines: Record<string, unknown>[] = []
  const commands = [
    ['export', 'Group/123', ...where, '-o', 'out', '--type', 'Patient'],
    ['export', ...where, '-o', 'out', '--dry-run'],
    ['export', 'Group/none', ...where, '-o', 'refused'],
    ['export', ...where, '-o', 'last', '--since', 'last', '--type', 'Patient'],
    ['kickoff', ...where, '-o', 'later'],
    ['status', 'later'],
    ['resume', 'later', '--once'],
    ['cancel', 'later'],
    ['jobs'],
    ['jobs', '--prune'],
    ['verify', 'out'],
    ['doctor', ...where, '-o', 'out'],
    ['sync', 'Group/123', ...where, '-o', 'data'],
    ['verify', 'data'],
    ['report', 'out'],
    ['report', 'data'],
    ['profile', 'set', 'clinic', ...where],
    ['profile', 'list'],
    ['profile', 'show', 'clinic'],
    ['profile', 'use', 'clinic'],
    ['profile', 'use', '--none'],
    ['profile', 'remove', 'clinic'],
    ['auth', 'keygen', '--out', 'key.pem'],
    ['auth', 'jwks', 'key.pem'],
    ['completion', 'bash'],
    ['--version'],
  ]
  for (const argv of commands) {
    const ran = await run([...argv, '--json'])
    expect(ran.lines, argv.join(' ')).not.toEqual([])
    lines.push(...ran.lines)
  }
  const known: Record<string, { fields: Readonly<Record<string, string>> }> = { ...factLines, ...otherLines }
  for (const line of lines.filter(({ type }) => type !== 'result')) {
    const { fields } = known[String(line.type)] ?? { fields: {} }
    const strange = fieldsOf(line).filter((name) => !(name in fields) && name !== 'export')
    expect.soft(strange, String(line.type)).toEqual([])
    expect.soft(Object.keys(known)).toContain(line.type)
  }
  for (const line of lines.filter(({ type }) => type === 'result')) {
    const own = { ...commonResult, ...resultFields[String(line.command)] }
    expect
      .soft(
        fieldsOf(line).filter((name) => !(name in own)),
        String(line.command),
      )
      .toEqual([])
  }
})
