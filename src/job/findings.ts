/** What a whole, stored export still says: read off the state, so that it can be said again at any time. */
import { readInstant } from '../protocol/instant.js'
import type { Issue } from '../protocol/types.js'
import { arrivalFindings } from './arrival-findings.js'
import { contentFindings, many } from './content-findings.js'
import { dataTimeOf, insteadWords, type NoDataTime } from './data-time.js'
import type { FailOn, Finding } from './facts.js'
import { type OutputFile, typesOf } from './files.js'
import { notGranted } from './grant.js'
import type { JobState } from './state.js'

const byIssue = { fatal: 'error', error: 'error', warning: 'warning', information: 'information' } as const

/** A `transactionTime` may be this much older than the kick-off by the server's own clock, milliseconds. */
const staleMs = 5 * 60_000

/** Findings of one kind in files are listed up to here, then counted. */
const listedMax = 50

const statusUrlFindings = ({ raised }: JobState): Finding[] =>
  raised
    ? [
        {
          severity: 'warning',
          code: 'raised-to-https',
          message: 'the status URL was plain http and was asked over https',
        },
      ]
    : []

const fileFindings = (file: OutputFile, state: JobState): Finding[] => {
  const found = [...contentFindings(file), ...arrivalFindings(file)]
  if (state.listedTwice.has(file.name)) {
    const message = 'the manifest lists its URL more than once; it was fetched once'
    found.push({ severity: 'information', code: 'listed-twice', message, file: file.name })
  }
  return found
}

const issueFindings = (issues: readonly Issue[]): Finding[] =>
  issues.map(({ severity, text }) => ({ severity: byIssue[severity], code: 'server-issue', message: text }))

/** Issues of outcome files, and of outcomes among the data: each severity with its number, and the server's first words. */
const outcomeFindings = (file: OutputFile): Finding[] =>
  Object.entries(file.stored?.issues?.counts ?? {}).map(([severity, number]) => {
    const words = file.stored?.issues?.first
      .filter((issue) => issue.severity === severity)
      .map((issue) => issue.text)
    const message = `${many(number, `server-reported ${severity} issue`)}: ${[...new Set(words)].join('; ')}`
    const kind = severity in byIssue ? byIssue[severity as keyof typeof byIssue] : 'error'
    return { severity: kind, code: 'server-issue', message, file: file.name }
  })

const graveSeverities = ['fatal', 'error', 'warning'] as const

/** What the server counts in an outcome file (`countSeverity`) that is graver than all that its content says. */
const countedFindings = ({ name, severities = {}, stored }: OutputFile): Finding[] => {
  const counted = graveSeverities.find((severity) => (severities[severity] ?? 0) > 0)
  if (counted === undefined || !stored) return []
  const said = graveSeverities.filter((severity) => (stored.issues?.counts[severity] ?? 0) > 0)
  if (said.some((severity) => rank[byIssue[severity]] <= rank[byIssue[counted]])) return []
  const message = `the server counts ${many(severities[counted] ?? 0, `${counted} outcome`)} in the file, which has nothing so grave`
  return [{ severity: byIssue[counted], code: 'server-issue', message, file: name }]
}

const undelivered = (type: string, state: JobState): Finding =>
  notGranted(type, state) ?? {
    severity: 'information',
    code: 'type-not-delivered',
    message: `no ${type} was delivered`,
  }

const typeFindings = (state: JobState): Finding[] => {
  const asked = state.kickOff?.type
  if (!asked || asked.length === 0) return []
  const output = [...state.files.values()].filter(({ section }) => section === 'output').flatMap(typesOf)
  const delivered = new Map(output.map((type) => [type.toLowerCase(), type]))
  const wanted = new Set(asked.map((type) => type.toLowerCase()))
  const missing = asked.filter((type) => !delivered.has(type.toLowerCase()))
  const unasked = [...delivered].filter(([key]) => !wanted.has(key)).map(([, type]) => type)
  return [
    ...missing.map((type) => undelivered(type, state)),
    ...unasked.map(
      (type): Finding => ({
        severity: 'warning',
        code: 'type-not-asked',
        message: `${type} was not asked for`,
      }),
    ),
  ]
}

const batchFindings = ({ failedBatches }: JobState): Finding[] => {
  if (failedBatches === 0) return []
  const message = `${failedBatches} of the server's batches failed: their resources are missing`
  return [{ severity: 'error', code: 'failed-batches', message }]
}

const noDataFindings = ({ files, kickOff }: JobState): Finding[] => {
  if ([...files.values()].some(({ section }) => section === 'output')) return []
  const why =
    kickOff?.since === undefined
      ? 'the group may be empty, this client may not be allowed to see these types, or the server gives only ' +
        'what is new since a time of its own: --since names another one'
      : `nothing may have changed since ${kickOff.since}, or this client may not be allowed to see it`
  return [{ severity: 'information', code: 'no-data', message: `the server lists no data: ${why}` }]
}

const insteadCodes: Readonly<Record<NoDataTime, string>> = {
  missing: 'no-transaction-time',
  'no-time': 'no-transaction-time',
  future: 'future-transaction-time',
}

/** What the clock that the next export begins at says: none, one that is old, or more than one. */
const timeFindings = (state: JobState): Finding[] => {
  const { transactionTime, serverDate } = state
  const { text, instead } = dataTimeOf(state)
  if (instead !== undefined) {
    const message = `${insteadWords(instead, state)}; the kick-off was at ${text}, which is the next --since for a server that takes it`
    return [{ severity: 'warning', code: insteadCodes[instead], message }]
  }
  if (transactionTime === undefined) return []
  const found: Finding[] = []
  const time = readInstant(transactionTime)
  if (time !== undefined && serverDate !== undefined && time < serverDate - staleMs) {
    const message = `transactionTime ${transactionTime} is older than the kick-off: the server may have answered from a cache`
    found.push({ severity: 'warning', code: 'old-transaction-time', message })
  }
  // The one that is kept may be of a page that was partial then.
  const times = new Set([
    transactionTime,
    ...[...state.pages.values()].flatMap((page) => page.transactionTime ?? []),
  ])
  if (times.size > 1) {
    const message = `the pages of the manifest have ${times.size} different transactionTimes: ${transactionTime}, the earliest, is kept, so that the next export misses nothing`
    found.push({ severity: 'warning', code: 'transaction-times', message })
  }
  return found
}

/** At most `listedMax` findings of a code, then one that counts the rest. */
const bounded = (findings: Finding[]): Finding[] => {
  const seen = new Map<string, number>()
  const listed = findings.filter(({ code }) => {
    const number = (seen.get(code) ?? 0) + 1
    seen.set(code, number)
    return number <= listedMax
  })
  for (const [code, number] of seen) {
    const severity = findings.find((finding) => finding.code === code)?.severity
    if (number > listedMax && severity)
      listed.push({ severity, code, message: `${number - listedMax} more of these` })
  }
  return listed
}

const rank = { error: 0, warning: 1, information: 2 }

/** The gravest first. */
export const ranked = (findings: Finding[]): Finding[] =>
  findings.sort((a, b) => rank[a.severity] - rank[b.severity])

/** All findings that the facts tell. */
export const findingsOf = (state: JobState): Finding[] => {
  const files = [...state.files.values()]
  const all = [
    ...batchFindings(state),
    ...statusUrlFindings(state),
    ...timeFindings(state),
    ...noDataFindings(state),
    ...issueFindings(state.manifestIssues),
    ...files.flatMap(outcomeFindings),
    ...files.flatMap(countedFindings),
    ...files.flatMap((file) => fileFindings(file, state)),
    ...typeFindings(state),
  ]
  return bounded(ranked(all))
}

/** The findings that keep a run from ending 0. */
export const failing = (findings: readonly Finding[], failOn: FailOn): Finding[] =>
  failOn === 'never' ? [] : findings.filter(({ severity }) => rank[severity] <= rank[failOn])
