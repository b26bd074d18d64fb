/** Each reader of what the disk or the command line holds, what is hostile to it, and what must hold whatever it reads. */
import { jobFields, jobLines } from '../../src/cli/describe-job.js'
import { jsonLine } from '../../src/cli/reporter/json.js'
import { linesFor } from '../../src/cli/reporter/lines.js'
import { BulkxError } from '../../src/errors.js'
import { exportLogLines } from '../../src/job/export-log.js'
import type { JobEvent } from '../../src/job/facts.js'
import { findingsOf } from '../../src/job/findings.js'
import { readFact } from '../../src/job/journal-line.js'
import { manifestText } from '../../src/job/manifest-file.js'
import { conclude } from '../../src/job/outcome.js'
import { nextStep } from '../../src/job/plan.js'
import { type JobState, newState, phaseOf, reduce } from '../../src/job/state.js'
import { parseFault } from '../../src/mock/fault-text.js'
import { faultRows } from '../../src/mock/faults.js'
import { readValue } from '../../src/options/kinds.js'
import { optionNames, row } from '../../src/options/options.js'
import { parseTarget } from '../../src/options/target.js'
import { splitHeader } from '../../src/options/values.js'
import { readStatus } from '../../src/protocol/status.js'
import { must, mustBeWords, orError } from './properties.js'
import { answer, type Reader } from './readers.js'
import * as seeds from './seeds.js'
import {
  changedText,
  json,
  mutatedOften,
  pick,
  type Random,
  seldom,
  spoilt,
  strangeKeys,
  text,
} from './values.js'

const page = seeds.base
const stored = {
  bytes: 20,
  sha256: 'a'.repeat(64),
  lines: 2,
  resources: 2,
  badLines: 1,
  firstBadLine: { line: 1, byte: 0, reason: 'not valid JSON' },
  otherTypes: { Group: 1 },
  issues: { counts: { error: 1 }, first: [{ severity: 'error', text: 'no' }] },
  attempts: 1,
  durationMs: 5,
}
const manifest = {
  transactionTime: '2026-01-01T00:00:00Z',
  requiresAccessToken: true,
  items: {
    output: [
      { type: 'Patient', url: 'https://ehr.example/f/1', count: 2 },
      { type: '', url: '' },
    ],
    deleted: [],
    outcome: [{ type: 'OperationOutcome', url: 'https://ehr.example/f/2' }],
  },
  issues: [{ severity: 'warning', text: 'some are missing' }],
  rest: { own: true },
}

/** A journal of everything. */
const facts: readonly object[] = [
  {
    type: 'job-created',
    version: 1,
    exportId: '0b0e7b51-0000-4000-8000-000000000000',
    server: 'https://ehr.example/fhir',
    fhirUrl: 'https://ehr.example/fhir',
    kickOff: {
      target: { kind: 'instance', type: 'Group', id: '1' },
      operation: '$export',
      type: ['Patient'],
      method: 'get',
      listStyle: 'comma',
      lenient: false,
    },
    identity: { auth: 'bearer' },
  },
  { type: 'kick-off-requested', method: 'GET', url: 'https://ehr.example/fhir/Group/1/$export' },
  { type: 'kick-off-unsent', reason: 'the connection was refused', againAfterMs: 3000 },
  { type: 'kick-off-refused', status: 429, message: 'HTTP 429', headers: { date: 'x' } },
  {
    type: 'kick-off-accepted',
    pollingLocation: page,
    serverDate: 1,
    issues: [{ severity: 'error', text: 'x' }],
  },
  { type: 'status-in-progress', progress: '40%', heartbeat: 'x', notBefore: 10, retryAfterMs: 5 },
  { type: 'status-transient', reason: 'HTTP 503', status: 503, notBefore: 10 },
  { type: 'status-doubted', reason: 'HTTP 500', status: 500, notBefore: 10 },
  { type: 'manifest-received', page, manifest: { ...manifest, next: `${page}?page=2` }, partial: true },
  {
    type: 'manifest-received',
    page,
    manifest: { ...manifest, expiresAt: 1e12, failedBatches: 1, answeredAt: 1e12, listsDeletions: true },
    known: { output: 2, deleted: 0, outcome: 1 },
  },
  { type: 'manifest-received', page, manifest },
  { type: 'manifest-unavailable', page: `${page}?page=2`, reason: 'HTTP 404' },
  { type: 'file-completed', name: 'Patient.0001.ndjson', ...stored },
  {
    type: 'file-completed',
    name: 'outcome/OperationOutcome.0001.ndjson',
    gzip: true,
    storedBytes: 5,
    ...stored,
  },
  {
    type: 'file-failed',
    name: 'unknown.0001.ndjson',
    code: 'gone',
    message: 'HTTP 404',
    refresh: true,
    status: 404,
  },
  { type: 'file-lost', name: 'Patient.0001.ndjson' },
  { type: 'job-resumed', kept: { files: 1, bytes: 5 } },
  { type: 'scopes-granted', asked: 'system/*.rs', granted: 'system/Patient.rs', types: ['Condition'] },
  { type: 'kick-off-unlocated', reference: 'status/1', status: 404 },
  { type: 'export-failed', status: 500, message: 'no', code: 'BULKX_EXPORT_FAILED' },
  { type: 'export-gone', status: 404, message: 'no' },
  { type: 'manifest-written', findings: [{ severity: 'error', code: 'x', message: 'y', file: 'z' }] },
  { type: 'findings-accepted', failOn: 'never' },
  { type: 'delete-answered', status: 202, message: 'HTTP 202' },
  { type: 'job-cancelled', status: 202 },
]

const latest = 8.64e15

const fold = (events: readonly JobEvent[]): JobState => events.reduce(reduce, newState())

/** Everything that is read off a state can be. */
const mustBeUsable = (state: JobState, now: number): void => {
  must(phaseOf(state) !== undefined, 'there is a phase')
  nextStep(state, 'on-success', now)
  const { error } = conclude(state, '/out', 'error')
  must(error === undefined || error.exitCode !== 1, 'an end is no defect', error?.message)
  const findings = findingsOf(state)
  must(findings.length < 700, 'findings are listed up to a limit', findings.length)
  for (const line of jobLines(state, { directory: '/out', now })) mustBeWords(line, Number.POSITIVE_INFINITY)
  JSON.stringify(jobFields(state))
  JSON.parse([...manifestText(state, findings, Math.min(now, latest))].join(''))
}

const mustBeLoggable = (event: JobEvent, state: JobState): void => {
  for (const line of exportLogLines(event, state).split('\n')) if (line !== '') JSON.parse(line)
}

/** What a run has just learned, and says. */
const mustBeTellable = (event: JobEvent, state: JobState): void => {
  for (const line of linesFor(event, state)) mustBeWords(line.text, 10_000)
  JSON.parse(jsonLine(event))
}

const stateText = (state: JobState): string =>
  JSON.stringify(state, (_key, value: unknown) =>
    value instanceof Map ? [...value] : value instanceof Set ? [...value] : value,
  )

/** In their order mostly: some twice, some gone, some of a version to come. */
const shuffled = (random: Random): object[] => {
  const some = facts.flatMap((fact) => (seldom(random, 5) ? [] : seldom(random, 8) ? [fact, fact] : [fact]))
  if (seldom(random, 3)) some.splice(random(some.length + 1), 0, pick(random, facts))
  if (seldom(random, 4))
    some.splice(random(some.length + 1), 0, { type: pick(random, [...strangeKeys, 'to-come']) })
  return some
}

const journal: Reader = {
  name: 'journals',
  share: 1,
  check: (random) => {
    const lines = shuffled(random).map((fact, index) => {
      const event = { ...fact, at: 1_700_000_000_000 + index }
      return seldom(random, 6) ? json(random, event) : JSON.stringify(event)
    })
    const events: JobEvent[] = []
    for (const line of lines) {
      const event = readFact(line)
      if (typeof event === 'object') events.push(event)
    }
    const state = newState()
    for (const event of events) mustBeLoggable(event, reduce(state, event))
    must(stateText(state) === stateText(fold(structuredClone(events))), 'the same journal is the same state')
    mustBeUsable(state, 1_700_000_001_000)
  },
}

/** A server's answer all the way: read, written down, read again, folded, told. */
const wholeWay: Reader = {
  name: 'manifests, folded',
  share: 6,
  check: (random) => {
    const response = readStatus(answer(random, 200, json(random, seeds.manifest)), 1_700_000_000_000)
    if (response.kind !== 'complete') return
    const at = 1_700_000_000_000
    const fact = { type: 'manifest-received', page, manifest: response.manifest, at }
    const read = readFact(JSON.stringify(fact))
    if (typeof read !== 'object')
      throw new Error(`what was read can be written down: ${JSON.stringify(fact)}`)
    const state = fold(
      [...facts.slice(0, 5), read].map((event, index) => ({ at: at + index, ...event })) as JobEvent[],
    )
    mustBeLoggable(read, state)
    mustBeTellable(read, state)
    mustBeUsable(state, at + 100)
    for (const { name } of state.files.values())
      must(/^((deleted|outcome)\/)?[A-Za-z]{1,64}\.\d{4,}\.ndjson$/.test(name), 'a name of ours', name)
  },
}

const valueSeeds = [
  '10s',
  '500ms',
  '1.5h',
  '30d',
  '10MB',
  '1GiB',
  'name=value',
  'name:integer=1',
  'Patient',
  'Group/1',
  'X-A: 1',
  '2026-01-31',
  '2026-01-31T00:00:00Z',
  'https://ehr.example/fhir',
  'mock:oracle',
  '1',
  'true',
  '@-',
  'Patient?active=true',
]

const isUsage = (error: unknown): boolean => error instanceof BulkxError && error.exitCode === 2

const options: Reader = {
  name: 'options',
  share: 8,
  check: (random) => {
    const given = seldom(random, 6) ? text(random) : changedText(random, pick(random, valueSeeds))
    const name = pick(random, optionNames)
    const value = orError(() => readValue(row(name).kind, `--${name}`, [given]), isUsage)
    if (typeof value === 'number')
      must(Number.isFinite(value) && value >= 0, `--${name} is a number`, [given, value])
    orError(() => parseTarget(given), isUsage)
    const header = splitHeader(given)
    if (header) must(!/[\r\n\0]/.test(header.join('')), 'a header is one line', header)
  },
}

const isDocumented = (error: unknown): boolean =>
  error instanceof Error && error.constructor === Error && error.message.includes('fault')

const faultNames = Object.keys(faultRows)

const fault: Reader = {
  name: 'parseFault',
  share: 5,
  check: (random) => {
    const name = seldom(random, 8) ? pick(random, strangeKeys) : pick(random, faultNames)
    const parameters = Object.keys(faultRows[name as keyof typeof faultRows]?.parameters ?? {})
    const pairs = Array.from({ length: random(4) }, () => {
      const key = seldom(random, 5) ? pick(random, strangeKeys) : pick(random, [...parameters, 'times'])
      return `${key}=${pick(random, ['1', '0', '-1', 'always', '429', 'status', '999999999999999', text(random)])}`
    })
    const written = `${name}${pairs.length > 0 ? ':' : ''}${pairs.join(',')}`
    orError(() => parseFault(seldom(random, 5) ? spoilt(random, written) : written), isDocumented)
  },
}

export const diskReaders: readonly Reader[] = [journal, wholeWay, options, fault]

/** A small file that is read as JSON, as its bytes are. */
export const jsonFile = (random: Random, seed: unknown): string =>
  seldom(random, 6) ? text(random) : json(random, mutatedOften(random, seed))
