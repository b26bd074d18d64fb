/** The server's own words: OperationOutcomes whatever their media type, plain text, and what a page says. */

import type { Answer } from '../http/body.js'
import { isObject, parseJson, scalarText } from '../json.js'
import type { Issue, IssueSeverity } from './types.js'

/** Longest piece of server text that is kept, characters. */
export const serverTextMax = 2000

const escapeSequence = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g

/** One line, without control characters and escape sequences, at most `limit` characters. */
export const plainText = (value: string, limit = serverTextMax): string => {
  const text = value
    .replace(escapeSequence, '')
    .replace(/[\u0000-\u0020\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ')
    .trim()
  return text.length > limit ? `${text.slice(0, limit - 1).toWellFormed()}…` : text
}

/** A word that leads somewhere: of a URL, user info and query are cut off, for they may be a credential. */
const cutWord = (word: string): string => {
  if (!word.includes('/')) return word
  const query = word.indexOf('?', word.indexOf('/'))
  const place = query === -1 ? word : word.slice(0, query)
  const bare = /:[/\\]{2}/.test(place) ? place.replace(/#.*$/, '') : place
  return bare.replace(/(:[/\\]{2,})[^/\\@]*@/g, '$1')
}

/** What a server says, as `plainText`, and each URL in it, absolute or not, without user info and query. */
export const saidText = (value: string, limit = serverTextMax): string =>
  plainText(plainText(value, 4 * serverTextMax).replace(/[^\s"<>]+/g, cutWord), limit)

const severities: readonly string[] = ['fatal', 'error', 'warning', 'information']

/** A severity by its code; R5's `success` is nothing to look at. Undefined for a word that is none. */
export const readSeverity = (code: unknown): IssueSeverity | undefined => {
  if (code === 'success') return 'information'
  return severities.includes(scalarText(code)) ? (code as IssueSeverity) : undefined
}

/** Longest code of an issue that is kept, characters. */
const codeMax = 100

const readIssue = (value: unknown): Issue[] => {
  if (!isObject(value)) return []
  const details = isObject(value.details) ? value.details : {}
  const coding = Array.isArray(details.coding) && isObject(details.coding[0]) ? details.coding[0] : {}
  const words = [value.diagnostics, details.text, coding.display, coding.code, value.code]
  const text = words.find((word): word is string => typeof word === 'string' && word !== '')
  const severity = readSeverity(value.severity) ?? 'error'
  return [
    {
      severity,
      code: typeof value.code === 'string' ? plainText(value.code, codeMax) : undefined,
      text: saidText(text ?? severity),
    },
  ]
}

/** How many issues of one outcome are read. */
export const issuesMax = 1000

/** The issues of an OperationOutcome, or undefined when the value is none. */
export const readIssues = (value: unknown): Issue[] | undefined => {
  if (!isObject(value) || value.resourceType !== 'OperationOutcome') return undefined
  return Array.isArray(value.issue) ? value.issue.slice(0, issuesMax).flatMap(readIssue) : []
}

const batchStatus = (entry: unknown): { status: string; outcome?: unknown } => {
  const response = isObject(entry) && isObject(entry.response) ? entry.response : {}
  return { status: scalarText(response.status), outcome: response.outcome }
}

/** What a `batch-response` says of requests in it that failed (Blaze); undefined when none did. */
export const readBatchIssues = (value: unknown): Issue[] | undefined => {
  if (!isObject(value) || value.type !== 'batch-response' || !Array.isArray(value.entry)) return undefined
  const failed = value.entry
    .slice(0, issuesMax)
    .map(batchStatus)
    .filter(({ status }) => /^[45]\d\d/.test(status))
  if (failed.length === 0) return undefined
  return failed.flatMap(({ status, outcome }): Issue[] => {
    const issues = readIssues(outcome) ?? []
    return issues.length > 0 ? issues : [{ severity: 'error', text: plainText(`HTTP ${status}`) }]
  })
}

/** A page for browsers: HTML or XML where JSON was expected. */
export const isPage = (body: string): boolean => /^[\s\ufeff]*</.test(body)

/** A page on which somebody is asked to sign in. */
export const isSignInPage = (body: string): boolean =>
  isPage(body) && /sign[\s-]?in|log[\s-]?[io]n|password|SAMLRequest|session (has )?expired/i.test(body)

/** Resources and documents about patients, in XML. */
const isResourcePage = (body: string): boolean =>
  /xmlns(:\w+)?\s*=\s*["'](http:\/\/hl7\.org\/fhir|urn:hl7-org:)/.test(body)

/** S3, GCS and Azure say in XML what is wrong: a code, and mostly a message. */
const storageError = (body: string): string | undefined => {
  const code = /<Error\b[^<>]*>[^<]{0,1000}<Code>([\w.-]{1,100})<\/Code>/i.exec(body)?.[1]
  const message = /<Message>([^<]{1,300})</i.exec(body)?.[1]
  if (code === undefined) return undefined
  return `an XML error of storage, ${code}${message === undefined ? '' : `: ${saidText(message)}`}`
}

const pageTitle = (body: string): string => {
  const error = storageError(body)
  if (error !== undefined) return error
  if (isResourcePage(body)) return 'a resource or document in XML'
  // Not [^>]: of a million tags without an end each would be looked through to the end of the page.
  const title = /<(?:title|h1|Message)[^<>]*>([^<]{1,300})</i.exec(body)?.[1]
  return title === undefined ? 'a web page' : `a web page, "${saidText(title)}"`
}

/** Good answers are data; and of a resource only an OperationOutcome is there to be read by people. */
const mayBeData = ({ status, body }: Answer): boolean =>
  (status >= 200 && status < 300) || /"resourceType"\s*:/.test(body)

/** What an answer says, in one line; empty when it says nothing, or when its words may be data about patients. */
export const serverWords = (answer: Answer): string => {
  const json = parseJson(answer.body)
  const issues = readIssues(json) ?? readBatchIssues(json)
  if (issues && issues.length > 0) return saidText(issues.map((issue) => issue.text).join('; '))
  if (isPage(answer.body)) return pageTitle(answer.body)
  if (mayBeData(answer)) return ''
  if (isObject(json)) {
    const words = [json.error_description, json.message, json.detail, json.error, json.title]
    const text = words.find((word): word is string => typeof word === 'string')
    if (text !== undefined) return saidText(text)
  }
  return saidText(answer.body)
}

/** `message`, with the server's words behind a colon where it has any. */
export const withServerWords = (message: string, answer: Answer): string => {
  const words = serverWords(answer)
  return words === '' ? message : `${message}: ${words}`
}
