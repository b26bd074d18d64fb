/** A hand-written server without a socket: each route answers from a script, every request is remembered with its time. */
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../src/clock.js'
import type { Exchange, HttpHeaders } from '../../src/http/exchange.js'
import type { NetworkError } from '../../src/http/network-error.js'

export const origin = 'https://ehr.example'
export const fhirUrl = `${origin}/fhir`
export const statusUrl = `${origin}/status/1`

export interface Asked {
  method: string
  url: string
  headers: Record<string, string>
  body?: string
  /** Milliseconds since the server was made. */
  at: number
}

/** An answer, or the trouble that comes instead of one. */
export type Reply =
  | NetworkError
  | {
      status?: number
      headers?: HttpHeaders
      body?: string | Buffer | object
      /** The body ends with this error. */
      breaks?: NetworkError
    }

/** One reply for ever, a list whose last one stays, or a function of the request and its number from 0. */
export type Script = Reply | Reply[] | ((asked: Asked, number: number) => Reply)

export interface ScriptedServer {
  exchange: Exchange
  readonly requests: readonly Asked[]
  /** Requests of a method, or to a URL that contains the text. */
  asked(text: string): Asked[]
}

const bytesOf = (body: string | Buffer | object | undefined): Buffer => {
  if (body === undefined) return Buffer.alloc(0)
  if (Buffer.isBuffer(body)) return body
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

/** As a socket would deliver them. */
const chunkBytes = 16 * 1024

async function* bodyOf(bytes: Buffer, breaks: NetworkError | undefined): AsyncGenerator<Buffer> {
  // In a later turn of the event loop, in which others go on, too.
  await setImmediate()
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
  if (breaks) throw breaks
}

/** A server that gives no length sends chunks. */
const framed = (headers: HttpHeaders): HttpHeaders =>
  headers['content-length'] === undefined ? { 'transfer-encoding': 'chunked', ...headers } : headers

/** Routes are `METHOD url`; the longest one that the request begins with answers, and 404 without one. */
export const scriptedServer = (clock: Clock, routes: Record<string, Script>): ScriptedServer => {
  const startedAt = clock.now()
  const requests: Asked[] = []
  const counts = new Map<string, number>()
  const exchange: Exchange = async ({ method, url, headers, body, signal }) => {
    signal?.throwIfAborted()
    const asked: Asked = { method, url, headers, body, at: clock.now() - startedAt }
    requests.push(asked)
    if (requests.length > 5000) throw new Error(`too many requests, the last is ${method} ${url}`)
    const line = `${method} ${url}`
    const key = Object.keys(routes)
      .filter((route) => line.startsWith(route))
      .sort((a, b) => b.length - a.length)[0]
    const script = key === undefined ? { status: 404 } : (routes[key] ?? { status: 404 })
    const number = counts.get(key ?? '') ?? 0
    counts.set(key ?? '', number + 1)
    const reply =
      typeof script === 'function'
        ? script(asked, number)
        : Array.isArray(script)
          ? (script[Math.min(number, script.length - 1)] ?? { status: 404 })
          : script
    if (reply instanceof Error) throw reply
    return {
      status: reply.status ?? 200,
      headers: framed(reply.headers ?? {}),
      url,
      body: Readable.from(bodyOf(bytesOf(reply.body), reply.breaks), { objectMode: false }),
    }
  }
  return {
    exchange,
    requests,
    asked: (text) => requests.filter((one) => `${one.method} ${one.url}`.includes(text)),
  }
}

export const accepted: Reply = { status: 202, headers: { 'content-location': statusUrl } }

/** Lines of one resource each. */
export const lines = (type: string, count: number, from = 1): string =>
  Array.from(
    { length: count },
    (_, index) => `${JSON.stringify({ resourceType: type, id: `${index + from}` })}\n`,
  ).join('')

export const outcome = (severity: string, diagnostics: string, code = 'processing'): object => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity, code, diagnostics }],
})

export interface Listed {
  type?: string
  url?: string
  count?: number | string | null
  [key: string]: unknown
}

/** A manifest in the words of STU3. */
export const manifest = (output: Listed[], more: Record<string, unknown> = {}): Record<string, unknown> => ({
  transactionTime: '2026-01-01T00:00:00Z',
  request: `${fhirUrl}/Group/123/$export`,
  requiresAccessToken: true,
  output,
  error: [],
  ...more,
})

export const file = (name: string, type = 'Patient', more: Listed = {}): Listed => ({
  type,
  url: `${origin}/files/${name}`,
  ...more,
})

/** Kick-off, status, one Patient file of two lines, DELETE; each can be replaced. */
export const routes = (differences: Record<string, Script> = {}): Record<string, Script> => ({
  [`GET ${fhirUrl}/`]: accepted,
  [`POST ${fhirUrl}/`]: accepted,
  [`GET ${statusUrl}`]: { body: manifest([file('1', 'Patient', { count: 2 })]) },
  [`GET ${origin}/files/1`]: { body: lines('Patient', 2) },
  [`DELETE ${statusUrl}`]: { status: 202 },
  ...differences,
})
