/** Option values with a grammar of their own: servers, headers, instants, parameters, patients. */
import { BulkxError } from '../errors.js'
import type { ExtraParameter } from '../protocol/types.js'

const mockName = /^mock:[A-Za-z0-9._-]*$/

/** Whether a server is the bundled mock, `mock:` or `mock:<personality>`. */
export const isMock = (server: string): boolean => server.startsWith('mock:')

const hasUserInfo = (url: URL): boolean => url.username !== '' || url.password !== ''

/** An http(s) URL as text; `option` is named where it holds a password. */
const httpUrl = (text: string, option: string): URL | undefined => {
  if (/[\s\u0000-\u001f]/.test(text) || !/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined
  const url = new URL(text)
  if (hasUserInfo(url)) {
    throw new BulkxError('BULKX_USAGE', `${option} must not hold a user name or password`, {
      hint: 'give a bearer token by `--token-file` or BULKX_TOKEN, other credentials by `--header-file`',
    })
  }
  return url
}

/** The FHIR base URL without slashes at its end, or `mock:`. */
export const parseServer = (text: string): string | undefined => {
  if (isMock(text)) return mockName.test(text) ? text : undefined
  return httpUrl(text, '--server') && !/[?#]/.test(text) ? text.replace(/\/+$/, '') : undefined
}

const baseText = (server: string): string =>
  isMock(server) || !URL.canParse(server) ? server : new URL(server).href.replace(/\/+$/, '')

/** Whether two servers are the same FHIR base, however it is written. */
export const isSameBase = (a: string, b: string): boolean => baseText(a) === baseText(b)

/** An absolute kick-off URL, as a target or for `resume`. */
export const parseUrl = (text: string): string | undefined =>
  httpUrl(text, 'The URL') ? text.replace(/#.*$/s, '') : undefined

/** Proxies may ask for a password; that is the one place where a URL may hold one. */
export const parseProxy = (text: string): string | undefined =>
  /^https?:\/\/\S+$/i.test(text) && URL.canParse(text) ? text : undefined

/** A token endpoint; whether it is safe is asked where it is used. */
export const parseTokenUrl = (text: string): string | undefined =>
  httpUrl(text, '--token-url') && !text.includes('#') ? text : undefined

/** As it is typed, with or without its dashes. */
export const parseOptionName = (text: string): string | undefined =>
  /^(--)?[a-z][a-z-]*$/.test(text) ? text.replace(/^--/, '') : undefined

/** Dots are fine: profiles are often named after hosts. */
export const parseProfileName = (text: string): string | undefined =>
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text) ? text : undefined

export const parseOrigin = (text: string): string | undefined => {
  const url = httpUrl(text, '--trust-origin')
  return url && /^\/?$/.test(url.pathname) && url.search === '' && url.hash === '' ? url.origin : undefined
}

const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const credentialHeaders = new Set(['authorization', 'proxy-authorization', 'cookie'])
const credentialWords = /secret|token|password|key/i
// What the HTTP client and the protocol set themselves.
const ownHeaders = new Set([
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Splits `Name: value`; undefined when it is no header line. */
export const splitHeader = (line: string): [name: string, value: string] | undefined => {
  const colon = line.indexOf(':')
  const name = line.slice(0, colon).trim()
  const value = line.slice(colon + 1).trim()
  if (colon < 1 || !headerName.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value)) return undefined
  return [name.toLowerCase(), value]
}

/** A header that is no credential. Its value is never part of a message: it may be one by mistake. */
export const parseHeader = (line: string): [name: string, value: string] => {
  const header = splitHeader(line)
  if (!header) {
    throw new BulkxError('BULKX_USAGE', '--header is not a header line', {
      hint: `write it like --header 'X-Tenant: 42'`,
    })
  }
  const [name] = header
  if (credentialHeaders.has(name) || credentialWords.test(name)) {
    throw new BulkxError('BULKX_USAGE', `--header must not hold a credential: ${name}`, {
      hint: 'arguments are visible to other users; put the line into a file and name it with `--header-file`',
    })
  }
  if (ownHeaders.has(name)) {
    throw new BulkxError('BULKX_USAGE', `--header ${name} is set by bulkx itself`, { hint: 'leave it out' })
  }
  return header
}

const dateOrInstant =
  /^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])(T([01]\d|2[0-3]):[0-5]\d(:([0-5]\d|60)(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?)?)?$/

/** Sent as typed; only its form is looked at. */
export const parseInstant = (text: string): string | undefined => {
  if (!dateOrInstant.test(text)) return undefined
  // A day that its month does not have.
  const [year = 0, month = 1, day = 1] = text.slice(0, 10).split('-').map(Number)
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day ? text : undefined
}

/** What is missing of an instant, with the instant that it would be. */
export const instantMeant = (text: string): { value: string; why: string } | undefined => {
  const zone = /([+-]\d{2})(\d{2})$/
  const tries = [
    { value: `${text}Z`, why: 'the time zone is missing' },
    { value: text.replace(zone, '$1:$2'), why: 'the time zone wants a colon' },
    { value: text.replace(/^(\S{10}) /, '$1T'), why: 'a T stands between date and time' },
    {
      value: `${text.replace(/^(\S{10}) /, '$1T')}Z`,
      why: 'a T stands between date and time, and the time zone is missing',
    },
  ]
  return tries.find(({ value }) => value.includes('T') && parseInstant(value) !== undefined)
}

/** `last`, beside what the server is asked: the time of the last export of the series. */
export const lastSince = 'last'

export const parseSince = (text: string): string | undefined =>
  text === lastSince ? text : parseInstant(text)

const datatypes = new Set(
  (
    'base64Binary boolean canonical code date dateTime decimal id instant integer integer64 markdown oid ' +
    'positiveInt string time unsignedInt uri url uuid Reference Identifier Coding CodeableConcept Period'
  ).split(' '),
)

/** `name=value`, split at the first `=`; `name:type=value` names the FHIR datatype. */
export const parseParameter = (text: string): ExtraParameter | undefined => {
  const equals = text.indexOf('=')
  if (equals < 1) return undefined
  const value = text.slice(equals + 1)
  const [, name, datatype] = /^(.+):([^:]+)$/.exec(text.slice(0, equals)) ?? []
  if (name === undefined || datatype === undefined) return { name: text.slice(0, equals), value }
  if (!datatypes.has(datatype)) {
    throw new BulkxError('BULKX_USAGE', `--param ${name}:${datatype} does not end in a FHIR datatype`, {
      hint: `write it like --param ${name}=value, or --param ${name}:string=value`,
    })
  }
  return { name, value, datatype }
}

const fhirId = /^[A-Za-z0-9\-._~]{1,128}$/

/** An id or `Patient/id`. */
export const parsePatient = (text: string): string | undefined =>
  fhirId.test(text.replace(/^Patient\//, '')) ? text : undefined

/** An id or reference, or `@file` and `@-`, which are read later. */
export const parsePatientArgument = (text: string): string | undefined =>
  /^@.+/.test(text) ? text : parsePatient(text)

/** `export` is what everybody means by `$export`. */
export const parseOperation = (text: string): string | undefined => {
  const name = text.startsWith('$') ? text : `$${text}`
  return /^\$[A-Za-z0-9._-]+$/.test(name) ? name : undefined
}

export const parseName = (text: string): string | undefined =>
  /^[A-Za-z][A-Za-z0-9._:-]*$/.test(text) ? text : undefined

/** A code, which may begin with an underscore; `system|code`, or `|code`, is sent as the Coding that STU4 wants. */
export const parseAssociated = (text: string): string | undefined =>
  /^(?:[^|\s]*\|)?[A-Za-z_][A-Za-z0-9._:-]*$/.test(text) ? text : undefined

export const parseElement = (text: string): string | undefined =>
  /^[A-Za-z][A-Za-z0-9._[\]:-]*$/.test(text) ? text : undefined

/**
 * Where workers and their coordinator meet. The password is no part of it: what is typed is seen by everybody on the
 * machine, and what is shown of settings by many. What is refused for it is not repeated.
 */
export const parseQueue = (text: string): string | undefined => {
  const hint = 'give the password by BULKX_QUEUE_PASSWORD or --queue-password-file, the URL without it'
  const held = /^\s*\S*?:\/\/[^/?#]*:[^/?#]*@/.test(text)
  if (held) throw new BulkxError('BULKX_USAGE', 'The URL of the queue holds a password', { hint })
  if (!/^rediss?:\/\/\S+$/i.test(text) || !URL.canParse(text)) return undefined
  const { hostname, search, hash } = new URL(text)
  return hostname === '' || search !== '' || hash !== '' ? undefined : text
}
