/** The facts for programs: one JSON object a line on stdout, made small and free of secrets. */
import { withoutQuery } from '../../http/url.js'
import type { JobEvent } from '../../job/facts.js'
import { listedBy } from '../../job/pages.js'
import { targetText } from '../../options/target.js'
import type { Issue, OutputManifest } from '../../protocol/types.js'
import type { Io } from '../io.js'
import { harmless } from '../text.js'
import type { Reporter } from './index.js'

const iso = (at: number): string | undefined =>
  at > 0 && at <= 8.64e15 ? new Date(at).toISOString() : undefined

const words = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : harmless(text)

const issueFields = (issues: readonly Issue[] | undefined) =>
  issues?.slice(0, 20).map(({ severity, code, text }) => ({ severity, code: words(code), text: words(text) }))

/** A server may make up as many types as it likes, of any length. */
const typesMax = 200
const typeName = /^[A-Za-z]{1,64}$/

/** Data files by type: what is no name of a type is `unknown`, types beyond the first ones are `others` together. */
const countByType = (manifest: OutputManifest): Record<string, number> => {
  const counts = new Map<string, number>()
  for (const { type } of manifest.items.output) {
    const named = typeName.test(type) ? type : 'unknown'
    const key = counts.has(named) || counts.size < typesMax ? named : 'others'
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return Object.fromEntries(counts)
}

const manifestFields = (event: Extract<JobEvent, { type: 'manifest-received' }>) => {
  const { manifest, page, partial } = event
  return {
    page: withoutQuery(page),
    partial: partial === true,
    transactionTime: words(manifest.transactionTime),
    requiresAccessToken: manifest.requiresAccessToken,
    ...listedBy(event),
    types: countByType(manifest),
    more: manifest.next !== undefined,
    expiresAt: manifest.expiresAt === undefined ? undefined : iso(manifest.expiresAt),
  }
}

const grantFields = ({ asked, granted, types }: Extract<JobEvent, { type: 'scopes-granted' }>) => ({
  asked: words(asked),
  granted: words(granted),
  types,
})

const acceptedFields = (event: Extract<JobEvent, { type: 'kick-off-accepted' }>) => ({
  pollingLocation: withoutQuery(event.pollingLocation),
  raised: event.raised,
  attached: event.attached,
  issues: issueFields(event.issues),
})

const waitFields = (event: { notBefore: number; retryAfterMs?: number; cut?: boolean }) => ({
  retryAfterMs: event.retryAfterMs,
  cut: event.cut,
  nextPollAt: iso(event.notBefore),
})

const completedFields = (event: Extract<JobEvent, { type: 'file-completed' }>) => ({
  name: event.gzip ? `${event.name}.gz` : event.name,
  resources: event.resources,
  lines: event.lines,
  badLines: event.badLines,
  bytes: event.bytes,
  storedBytes: event.storedBytes,
  sha256: event.sha256,
  attempts: event.attempts,
  again: event.again && words(event.again.why),
  durationMs: event.durationMs,
})

/** The fields of an event besides `type` and `at`: manifests as counts, URLs without query, words cut. */
const failedFields = (event: Extract<JobEvent, { type: 'file-failed' }>) => ({
  name: event.name,
  code: event.code,
  message: words(event.message),
  hint: words(event.hint),
  status: event.status,
})

const fieldsOf = (event: JobEvent): Record<string, unknown> => {
  switch (event.type) {
    case 'job-created':
      return {
        exportId: event.exportId,
        server: withoutQuery(event.server),
        fhirUrl: withoutQuery(event.fhirUrl),
        target: event.kickOff && withoutQuery(targetText(event.kickOff.target)),
        profile: event.identity?.profile,
        preset: event.identity?.preset,
      }
    case 'kick-off-requested':
      return { method: event.method, url: withoutQuery(event.url) }
    case 'scopes-granted':
      return grantFields(event)
    case 'kick-off-unsent':
      return { reason: words(event.reason), againAfterMs: event.againAfterMs }
    case 'kick-off-refused':
      return { status: event.status, message: words(event.message), againAfterMs: event.againAfterMs }
    case 'kick-off-unlocated':
      return { reference: words(event.reference), status: event.status }
    case 'kick-off-accepted':
      return acceptedFields(event)
    case 'status-in-progress':
      return { progress: words(event.progress), unchangedMs: event.unchangedMs, ...waitFields(event) }
    case 'status-transient':
      return { status: event.status, reason: words(event.reason), ...waitFields(event) }
    case 'status-doubted':
      return { status: event.status, reason: words(event.reason), nextPollAt: iso(event.notBefore) }
    case 'manifest-received':
      return manifestFields(event)
    case 'manifest-unavailable':
      return { page: withoutQuery(event.page), reason: words(event.reason) }
    case 'file-completed':
      return completedFields(event)
    case 'file-failed':
      return failedFields(event)
    case 'export-failed':
      return { code: event.code, status: event.status, message: words(event.message) }
    case 'export-gone':
    case 'delete-answered':
      return { status: event.status, message: words(event.message) }
    case 'manifest-written':
      return { findings: event.findings.length }
    case 'findings-accepted':
      return { failOn: event.failOn }
    case 'job-cancelled':
      return { status: event.status }
    case 'file-lost':
      return { name: event.name }
    case 'job-resumed':
      return { kept: event.kept }
    default:
      return event satisfies never
  }
}

/** Further fields of every line, such as which export of a data set it is about. */
export type Marks = Readonly<Record<string, unknown>>

const markedLine = (event: JobEvent, marks: Marks): string =>
  JSON.stringify({ type: event.type, at: new Date(event.at).toISOString(), ...marks, ...fieldsOf(event) })

export const jsonLine = (event: JobEvent): string => markedLine(event, {})

export const jsonReporter = (io: Pick<Io, 'stdout' | 'clock'>, marks: Marks = {}): Reporter => ({
  begin: () => {},
  event: (event) => io.stdout.write(`${markedLine(event, marks)}\n`),
  note: () => {},
  warn: ({ kind, message, hint }) => {
    const fields = { code: kind, message: words(message), hint: words(hint) }
    const at = new Date(io.clock.now()).toISOString()
    io.stdout.write(`${JSON.stringify({ type: 'warning', at, ...marks, ...fields })}\n`)
  },
  end: () => {},
  close: () => {},
})
