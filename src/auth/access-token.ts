/** The answer of a token endpoint, read liberally: a token, a refusal in the server's words, or "later". */

import type { Answer } from '../http/body.js'
import { header } from '../http/exchange.js'
import { readHttpDate, readRetryAfter } from '../http/retry-after.js'
import { withoutQuery } from '../http/url.js'
import { isObject, scalarText } from '../json.js'

export interface AccessToken {
  /** What stands behind `Bearer`. */
  text: string
  /** From the moment of the request, milliseconds. */
  lifetimeMs: number
  /** The scopes that were granted, as the server wrote them; absent: those that were asked for. */
  scope?: string
}

export type TokenResponse =
  | { kind: 'token'; token: AccessToken }
  /** `error`: the code of RFC 6749, 5.2, where the server gives one. */
  | { kind: 'refused'; error?: string; words: string }
  | { kind: 'later'; words: string; retryAfterMs?: number }

/** Of a token whose answer names no lifetime, or none that makes sense. */
export const defaultLifetimeMs = 5 * 60_000
/** A token is asked for again at least once a day, whatever it says. */
export const longestLifetimeMs = 24 * 60 * 60_000
/** Longest text of a server that is repeated, characters. */
const wordsMax = 2000

const parseObject = (body: string): Record<string, unknown> | undefined => {
  try {
    const json: unknown = JSON.parse(body.replace(/^\ufeff/, ''))
    return isObject(json) ? json : undefined
  } catch {
    return undefined
  }
}

const firstText = (...values: unknown[]): string | undefined =>
  values.find((value): value is string => typeof value === 'string' && value.trim() !== '')

/** Without a JWT and what follows it. Each word is looked at once, however often one may begin in it. */
const withoutJwt = (word: string): string => {
  const start = word.indexOf('eyJ')
  return start === -1 || !word.includes('.', start) ? word : `${word.slice(0, start)}***`
}

const oneLine = (text: string): string => {
  const line = text
    .replace(/[\u0000-\u0020\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ')
    // An answer may repeat the assertion, or a token.
    .replace(/[\w.-]+/g, withoutJwt)
    .trim()
  return line.length > wordsMax ? `${line.slice(0, wordsMax - 1).toWellFormed()}…` : line
}

const outcomeText = (json: Record<string, unknown>): string | undefined => {
  if (json.resourceType !== 'OperationOutcome' || !Array.isArray(json.issue)) return undefined
  const texts = json.issue.filter(isObject).flatMap((issue) => {
    const details = isObject(issue.details) ? issue.details : {}
    return firstText(issue.diagnostics, details.text, issue.code) ?? []
  })
  return texts.length > 0 ? texts.join('; ') : undefined
}

const pageText = (body: string): string | undefined => {
  if (!/^[\s\ufeff]*</.test(body)) return undefined
  const title = /<(?:title|h1|Message)[^<>]*>([^<]{1,300})</i.exec(body)?.[1]
  return title === undefined ? 'a web page' : `a web page, "${title.trim()}"`
}

/** What a token endpoint says, in one line; empty when it says nothing. Never an assertion or a token. */
export const tokenErrorWords = (body: string): string => {
  const json = parseObject(body)
  if (json === undefined) return oneLine(pageText(body) ?? body)
  const code = firstText(json.error)
  const description = firstText(json.error_description)
  const uri = firstText(json.error_uri)
  const own = [code, description].filter((word) => word !== undefined).join(': ')
  const where = uri === undefined ? '' : withoutQuery(uri)
  if (own !== '') return oneLine(where === '' ? own : `${own} (${where})`)
  if (where !== '') return oneLine(where)
  return oneLine(outcomeText(json) ?? firstText(json.message, json.detail, json.title) ?? '')
}

/** Seconds as a number or its text (BCDA); what is missing, zero or rubbish counts as five minutes. */
export const readLifetimeMs = (expiresIn: unknown): number => {
  const text = scalarText(expiresIn).trim()
  const seconds = /^\d+(\.\d+)?(e\+?\d+)?$/.test(text) ? Number(text) : 0
  return seconds > 0 ? Math.min(seconds * 1000, longestLifetimeMs) : defaultLifetimeMs
}

const scopeText = (value: unknown): string | undefined =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string').join(' ') : firstText(value)

/** What can stand in a header: RFC 6750, 2.1, and a little more. */
const tokenText = /^[\x21-\x7e]+$/

const readToken = (json: Record<string, unknown>): AccessToken | undefined => {
  const text = firstText(json.access_token, json.accessToken, json.token)?.trim()
  if (text === undefined || !tokenText.test(text)) return undefined
  return {
    text,
    lifetimeMs: readLifetimeMs(json.expires_in ?? json.expiresIn),
    scope: scopeText(json.scope),
  }
}

const isTemporary = (status: number): boolean =>
  status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501)

/**
 * Reads the answer of a token endpoint. `token_type` is not looked at: servers write it in any case, as BearerToken,
 * or not at all, and mean Bearer. `now` measures a `Retry-After` that is a date, where the answer has no `Date`.
 */
export const readTokenResponse = (answer: Answer, now: number): TokenResponse => {
  const { status, headers, body } = answer
  const json = parseObject(body)
  const error = firstText(json?.error)
  const words = tokenErrorWords(body)
  if (isTemporary(status) && error?.startsWith('invalid_') !== true) {
    const date = readHttpDate(header(headers, 'date')) ?? now
    return { kind: 'later', words, retryAfterMs: readRetryAfter(header(headers, 'retry-after'), date) }
  }
  if (status < 200 || status > 299 || error !== undefined) return { kind: 'refused', error, words }
  const token = json && readToken(json)
  if (token) return { kind: 'token', token }
  // Whatever it is, it may hold a token: it is not repeated.
  const what = json === undefined ? (pageText(body) ?? 'something else than JSON') : 'JSON without one'
  return { kind: 'refused', words: body === '' ? '' : oneLine(`instead of an access token, ${what}`) }
}

/** What a program printed: a token alone, or the JSON of a token response. Undefined when it is neither. */
export const readPrintedToken = (printed: string): AccessToken | undefined => {
  const text = printed.trim()
  const json = parseObject(text)
  if (json) return readToken(json)
  const token = text.replace(/^Bearer\s+/i, '')
  return tokenText.test(token) ? { text: token, lifetimeMs: defaultLifetimeMs } : undefined
}
