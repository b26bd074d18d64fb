/** A line of the journal, read: what stands on a disk may have been touched, or be somebody else's. */
import { isObject, isShallow, type Json, parseJson } from '../json.js'
import type { Fact, JobEvent } from './facts.js'

type Check = (value: unknown) => boolean

const text: Check = (value) => typeof value === 'string'
const number: Check = (value) => typeof value === 'number'
const flag: Check = (value) => typeof value === 'boolean'
const object: Check = isObject
/** Epoch milliseconds that a `Date` can hold. */
const time: Check = (value) => typeof value === 'number' && Math.abs(value) <= 8.64e15
/** Of a thing that began after 1970. */
const span: Check = (value) => typeof value === 'number' && value >= 0 && value <= 8.64e15

const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)
const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    words.includes(value as string)
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)
const mapOf =
  (check: Check): Check =>
  (value) =>
    isObject(value) && Object.values(value).every(check)
/** With these keys; others may be there too. */
const having = (checks: Readonly<Record<string, Check>>): Check => {
  const entries = Object.entries(checks)
  return (value) => isObject(value) && entries.every(([key, check]) => check(own(value, key)))
}

/** Not what every object inherits. */
const own = (value: Json, key: string): unknown => (Object.hasOwn(value, key) ? value[key] : undefined)

const severities = ['fatal', 'error', 'warning', 'information']
/** Numbers, by these words. */
const countsOf =
  (words: readonly string[]): Check =>
  (value) =>
    isObject(value) && Object.entries(value).every(([key, count]) => words.includes(key) && number(count))

const issue = having({
  severity: oneOf(...severities),
  code: maybe(text),
  text,
})

/** A later version may know more of us. */
const identity = having({
  auth: maybe(text),
  profile: maybe(text),
  preset: maybe(text),
  clientId: maybe(text),
  keyFile: maybe(text),
  kid: maybe(text),
  alg: maybe(text),
  tokenUrl: maybe(text),
  scope: maybe(text),
  audience: maybe(text),
  clientSecretFile: maybe(text),
  tokenFile: maybe(text),
  headerFile: maybe(text),
})

const target: Check = (value) => {
  if (!isObject(value)) return false
  switch (own(value, 'kind')) {
    case 'system':
      return true
    case 'type':
      return text(value.type)
    case 'instance':
      return text(value.type) && text(value.id)
    case 'url':
      return text(value.url)
    default:
      return false
  }
}

const kickOff = having({
  target,
  operation: text,
  method: oneOf('get', 'post', 'post-query'),
  listStyle: oneOf('comma', 'repeat'),
  lenient: flag,
  type: maybe(listOf(text)),
  since: maybe(text),
  until: maybe(text),
  elements: maybe(listOf(text)),
  typeFilter: maybe(listOf(text)),
  patient: maybe(listOf(text)),
  includeAssociatedData: maybe(listOf(text)),
  organizeOutputBy: maybe(text),
  allowPartialManifests: maybe(flag),
  outputFormat: maybe(text),
  extra: maybe(listOf(having({ name: text, value: text, datatype: maybe(text) }))),
})

const item = having({
  type: text,
  url: text,
  count: maybe(number),
  sha256: maybe(text),
  sizeBytes: maybe(number),
  severities: maybe(countsOf(severities)),
  continuesInFile: maybe(text),
})
const items = listOf(item)

const manifest = having({
  transactionTime: maybe(text),
  requiresAccessToken: maybe(flag),
  request: maybe(text),
  items: having({ output: items, deleted: items, outcome: items }),
  listsDeletions: maybe(flag),
  issues: listOf(issue),
  next: maybe(text),
  expiresAt: maybe(time),
  failedBatches: maybe(number),
  answeredAt: maybe(time),
  rest: object,
})

const stored = {
  bytes: number,
  storedBytes: maybe(number),
  sha256: text,
  lines: number,
  resources: number,
  badLines: number,
  firstBadLine: maybe(having({ line: number, byte: number, reason: text })),
  otherTypes: maybe(mapOf(number)),
  issues: maybe(having({ counts: countsOf(severities), first: listOf(issue) })),
  notLines: maybe(oneOf('pretty', 'array', 'bundle')),
  wrongChecksum: maybe(text),
  raisedToHttps: maybe(flag),
  notCompressed: maybe(flag),
  endUnproved: maybe(flag),
  attempts: number,
  again: maybe(having({ why: text, same: maybe(flag) })),
  durationMs: span,
}

const wait = { notBefore: number, retryAfterMs: maybe(number), cut: maybe(flag) }
const finding = having({
  severity: oneOf('error', 'warning', 'information'),
  code: text,
  message: text,
  file: maybe(text),
})
const headers = maybe(mapOf(text))

/** What the fold, and whoever reads the state, relies on. */
const checks: Readonly<Record<Fact['type'], Check>> = {
  'job-created': having({
    exportId: text,
    server: text,
    fhirUrl: text,
    kickOff: maybe(kickOff),
    identity: maybe(identity),
    store: maybe(text),
  }),
  'job-resumed': having({ kept: maybe(having({ files: number, bytes: number })) }),
  'kick-off-requested': having({ method: text, url: text }),
  'scopes-granted': having({ asked: text, granted: text, types: listOf(text) }),
  'kick-off-unsent': having({ reason: text, againAfterMs: maybe(number) }),
  'kick-off-refused': having({ status: number, message: text, headers, againAfterMs: maybe(number) }),
  'kick-off-unlocated': having({ reference: text, status: number }),
  'kick-off-accepted': having({
    pollingLocation: text,
    raised: maybe(flag),
    reference: maybe(text),
    serverDate: maybe(time),
    headers,
    issues: maybe(listOf(issue)),
    attached: maybe(flag),
    synchronous: maybe(flag),
  }),
  'status-in-progress': having({
    progress: maybe(text),
    heartbeat: maybe(text),
    unchangedMs: maybe(number),
    ...wait,
  }),
  'status-transient': having({ reason: text, status: maybe(number), last: maybe(flag), ...wait }),
  'status-doubted': having({ reason: text, status: number, notBefore: number }),
  'manifest-received': having({
    page: text,
    manifest,
    partial: maybe(flag),
    known: maybe(having({ output: number, deleted: number, outcome: number })),
    names: maybe(having({ output: listOf(text), deleted: listOf(text), outcome: listOf(text) })),
    guessed: maybe(flag),
  }),
  'manifest-unavailable': having({ page: text, reason: text, others: maybe(flag) }),
  'file-completed': having({ name: text, gzip: maybe(flag), ...stored }),
  'file-failed': having({
    name: text,
    code: text,
    message: text,
    hint: maybe(text),
    trust: maybe(text),
    status: maybe(number),
    refresh: flag,
  }),
  'file-lost': having({ name: text }),
  'export-failed': having({
    status: number,
    message: text,
    code: oneOf('BULKX_EXPORT_FAILED', 'BULKX_BAD_ANSWER'),
  }),
  'export-gone': having({ status: number, message: text }),
  'manifest-written': having({
    findings: listOf(finding),
    kept: maybe(flag),
    failOn: maybe(oneOf('error', 'warning', 'never')),
  }),
  'findings-accepted': having({ failOn: oneOf('error', 'warning', 'never') }),
  'delete-answered': having({ status: number, message: maybe(text) }),
  'job-cancelled': having({ status: number }),
}

/** No fact of ours is nested so deeply; all of it may be written again. */
const depthMax = 100

const isKnown = (type: string): type is Fact['type'] => Object.hasOwn(checks, type)

/**
 * The fact of a line. `torn`: half of one, or none at all. `damaged`: it says which fact it is, and is not what that
 * one would be. A later version's facts, which this one does not know, are facts: the fold passes them over.
 */
export const readFact = (line: string): JobEvent | 'torn' | 'damaged' => {
  const value = parseJson(line)
  if (!isObject(value) || !Object.hasOwn(value, 'type') || !Object.hasOwn(value, 'at')) return 'torn'
  const { type, at } = value
  if (typeof type !== 'string' || !span(at) || !isShallow(value, depthMax)) return 'damaged'
  return !isKnown(type) || checks[type](value) ? (value as JobEvent) : 'damaged'
}
