/** The Output Manifest of every version of the IG, read by one liberal reader. */

import { type HttpHeaders, header } from '../http/exchange.js'
import { readHttpDate } from '../http/retry-after.js'
import { isHttp, resolveUrl, urlMax } from '../http/url.js'
import { isObject, isShallow, type Json, scalarText } from '../json.js'
import { readInstant } from './instant.js'
import { issuesMax, readIssues, readSeverity } from './operation-outcome.js'
import type { Issue, ManifestItem, OutputManifest } from './types.js'

const text = (value: unknown, max: number): string | undefined =>
  typeof value === 'string' && value !== '' && value.length <= max ? value : undefined

const urlText = (value: unknown): string | undefined => text(value, urlMax)

/** A longer time is none, and a longer type is cut, characters. */
const wordMax = 200
const word = (value: unknown): string | undefined => text(value, wordMax)

/** A number that is a whole one and not negative, or a text of one. */
const wholeNumber = (value: unknown): number | undefined => {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}

/** Extensions are an object up to STU3 and an array in STU4. */
const extensions = (value: unknown): [name: string, value: unknown][] => {
  if (Array.isArray(value)) {
    return value.filter(isObject).map((entry) => {
      const key = Object.keys(entry).find((name) => name.startsWith('value'))
      return [scalarText(entry.url), key === undefined ? undefined : entry[key]]
    })
  }
  return isObject(value) ? Object.entries(value) : []
}

const checksum = (entries: [string, unknown][]): string | undefined => {
  const found = entries.find(([name]) => /checksum/i.test(name))?.[1]
  return /^sha-?256:([0-9a-f]{64})$/i.exec(scalarText(found))?.[1]?.toLowerCase()
}

/** STU4 lists them with a code each. */
const readSeverities = (value: unknown): ManifestItem['severities'] => {
  if (!Array.isArray(value)) return undefined
  const severities: ManifestItem['severities'] = {}
  for (const entry of value.filter(isObject)) {
    const severity = readSeverity(entry.code)
    const count = wholeNumber(entry.count)
    if (severity !== undefined && count !== undefined)
      severities[severity] = (severities[severity] ?? 0) + count
  }
  return Object.keys(severities).length > 0 ? severities : undefined
}

const readItem = (value: Json, base: string): ManifestItem => {
  const reference = urlText(value.url) ?? urlText(value.file)
  const url = reference === undefined ? '' : resolveUrl(reference, base)
  const more = extensions(value.extension)
  const length = more.find(([name]) => /file_?length/i.test(name))?.[1]
  const continues = urlText(value.continuesInFile)
  return {
    type: typeof value.type === 'string' ? value.type.slice(0, wordMax) : '',
    url: isHttp(url) || /^[a-z][a-z0-9+.-]*:/i.test(url) ? url : '',
    count: wholeNumber(value.count),
    sha256: checksum(more),
    sizeBytes: wholeNumber(value.fileSize) ?? wholeNumber(length),
    severities: readSeverities(value.countSeverity),
    continuesInFile: continues === undefined ? undefined : resolveUrl(continues, base),
  }
}

/** Entries beyond this are a hostile server's; a national payer's export has a million. */
export const itemsMax = 5_000_000

/** As many as of one outcome: a hostile manifest may hold a million of them. */
const add = (issues: Issue[], more: readonly Issue[]): void => {
  for (const issue of more) if (issues.length < issuesMax) issues.push(issue)
}

const readItems = (value: unknown, base: string, issues: Issue[]): ManifestItem[] => {
  if (!Array.isArray(value)) return []
  return value.flatMap((entry) => {
    // An entry that cannot be read is a file that cannot be had, not one that does not exist.
    if (!isObject(entry)) return [{ type: '', url: '' }]
    const outcome = readIssues(entry)
    if (outcome) add(issues, outcome)
    return outcome ? [] : [readItem(entry, base)]
  })
}

/** Servers between STU3 and STU4 list the same files under both names. */
const readOutcome = (value: Json, base: string, issues: Issue[]): ManifestItem[] => {
  const reported: Issue[] = []
  const error = readItems(value.error, base, issues)
  const outcome = readItems(value.outcome, base, reported)
  const isSaid = ({ severity, text }: Issue): boolean =>
    issues.some((issue) => issue.severity === severity && issue.text === text)
  add(
    issues,
    reported.filter((issue) => !isSaid(issue)),
  )
  const listed = new Set(error.map(({ url }) => url))
  return [...error, ...outcome.filter(({ url }) => url === '' || !listed.has(url))]
}

const readBoolean = (value: unknown): boolean | undefined => {
  const said = scalarText(value).toLowerCase()
  return said === 'true' ? true : said === 'false' ? false : undefined
}

const readNext = (value: unknown, base: string): string | undefined => {
  const links = [value].flat().filter(isObject)
  const url = urlText(links.find((link) => scalarText(link.relation).toLowerCase() === 'next')?.url)
  return url === undefined ? undefined : resolveUrl(url, base)
}

/** HTTP-date, ISO instant, Go's time text (BCDA), or epoch seconds or milliseconds, as text too. Nothing for the rest. */
const readExpiry = (value: unknown): number | undefined => {
  const number = typeof value === 'string' && /^\d{9,14}$/.test(value.trim()) ? Number(value) : value
  if (typeof number === 'number') {
    const at = number < 1e11 ? number * 1000 : number
    return at > 0 && instantOf(at) !== undefined ? at : undefined
  }
  return typeof value === 'string' ? (readHttpDate(value) ?? readInstant(value)) : undefined
}

const known = new Set(
  'transactionTime requiresAccessToken request output deleted error outcome link resourceType'.split(' '),
)

const isManifest = (value: Json): boolean => {
  if (value.resourceType !== undefined && value.resourceType !== 'Manifest') return false
  const lists = ['output', 'error', 'outcome', 'deleted'].map((key) => value[key] ?? undefined)
  // Anything but lists, or more than can be meant, is not guessed at: what it may list would be lost.
  if (lists.some((list) => list !== undefined && (!Array.isArray(list) || list.length > itemsMax)))
    return false
  // A job that still runs, or has failed, says so (1upHealth), whatever empty lists stand beside it.
  const listsNothing = lists.every((list) => !Array.isArray(list) || list.length === 0)
  if (listsNothing && (isUnfinished(value) || isFailed(value))) return false
  if (lists.some((list) => Array.isArray(list))) return true
  // Servers with nothing to report leave the lists out, or null.
  return 'transactionTime' in value && 'request' in value
}

const unfinishedWords =
  /^(in[ _-]?progress|queued|active|running|pending|accepted|started|processing|submitted)$/i

/** A status body that says that the job goes on, and lists nothing. */
export const isUnfinished = (value: unknown): boolean =>
  isObject(value) && isEmptyList(value.output) && unfinishedWords.test(scalarText(value.status).trim())

const isEmptyList = (value: unknown): boolean => !Array.isArray(value) || value.length === 0

const isFailed = (value: Json): boolean =>
  /^(failed|error(ed)?|aborted)$/i.test(scalarText(value.status).trim())

/** What is nested deeper than this is not kept: whoever writes it as JSON again recurses. */
const depthMax = 64

/** `rest` keeps what we do not know, without keys that could change an object's prototype. */
const restOf = (value: Json): Json =>
  Object.fromEntries(
    Object.entries(value).filter(
      ([key, kept]) => !known.has(key) && key !== '__proto__' && isShallow(kept, depthMax),
    ),
  )

/** Epoch milliseconds as an instant; nothing for a number that is no time. */
const instantOf = (at: number): string | undefined => {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}

const failedBatches = (value: unknown): number | undefined =>
  isObject(value) ? wholeNumber(value.failed) || undefined : undefined

/** Reads a manifest that came from `url`; undefined when the value is none. */
export const readManifest = (
  value: unknown,
  url: string,
  headers: HttpHeaders = {},
): OutputManifest | undefined => {
  if (!isObject(value) || !isManifest(value)) return undefined
  const issues: Issue[] = []
  const outcome = readOutcome(value, url, issues)
  const transactionTime = value.transactionTime
  return {
    transactionTime: typeof transactionTime === 'number' ? instantOf(transactionTime) : word(transactionTime),
    requiresAccessToken: readBoolean(value.requiresAccessToken),
    request: urlText(value.request),
    items: {
      output: readItems(value.output, url, issues),
      deleted: readItems(value.deleted, url, issues),
      outcome,
    },
    listsDeletions: Array.isArray(value.deleted) || undefined,
    issues,
    next: readNext(value.link, url),
    expiresAt: readExpiry(header(headers, 'expires')) ?? readExpiry(value.expirationTime),
    failedBatches: failedBatches(value.batches),
    answeredAt: readHttpDate(header(headers, 'date')),
    rest: restOf(value),
  }
}
