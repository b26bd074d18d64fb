/** The one shape of everything on the network: a plain request in, a reply out. */
/** Header names in lower case; a header that came more than once is an array. */
export type HttpHeaders = Record<string, string | string[] | undefined>

export interface HttpRequest {
  method: string
  /** Absolute http(s) URL; its path and query reach the server byte for byte. */
  url: string
  headers: Record<string, string>
  body?: string
  signal?: AbortSignal
  /** Milliseconds until the reply's headers, and between two chunks of its body; the transport's default if absent. */
  timeoutMs?: number
}

/** Bytes that come: a `Readable`, or as much of one as is asked for here. None come before somebody wants them. */
export interface Body extends AsyncIterable<Buffer> {
  readonly destroyed: boolean
  readonly errored: Error | null
  on(event: 'data', listener: (chunk: Buffer) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'end' | 'close', listener: () => void): unknown
  off(event: 'data', listener: (chunk: Buffer) => void): unknown
  pause(): unknown
  resume(): unknown
  destroy(error?: Error): unknown
}

export interface HttpReply {
  status: number
  headers: HttpHeaders
  /** The URL that answered, after redirects. */
  url: string
  /** As it came over the wire, content coding included. The caller reads it to the end or destroys it. */
  body: Body
  /** The body's words as they may be shown: without credentials that the server repeats. */
  hide?: (text: string) => string
}

/** Sends one request. Rejects with a `NetworkError` when no reply, or no whole reply, could be had. */
export type Exchange = (request: HttpRequest) => Promise<HttpReply>

/** Something around an exchange: redirects, pacing, credentials, tracing. */
export type Middleware = (request: HttpRequest, next: Exchange) => Promise<HttpReply>

/** The first middleware is the outermost one. */
export const compose =
  (...middleware: Middleware[]) =>
  (exchange: Exchange): Exchange =>
    middleware.reduceRight<Exchange>((next, step) => (request) => step(request, next), exchange)

/** The value of a header, the first one if it came more than once. */
export const header = (headers: HttpHeaders, name: string): string | undefined => {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}

/** How much of a reply that is not wanted is let pass, bytes: beyond it a new connection costs less. */
export const passOverBytes = 64 * 1024

/**
 * Lets the rest of a reply pass unread, so that its connection can be used again. What is longer than `passOverBytes`,
 * or has not come by the time that the returned function is called, ends with its connection.
 */
export const passOver = ({ body }: HttpReply): (() => void) => {
  let passed = 0
  body.on('error', () => {})
  body.on('data', (chunk: Uint8Array) => {
    passed += chunk.length
    if (passed > passOverBytes) body.destroy()
  })
  return () => void body.destroy()
}

/** Ends a reply that is not wanted, and its connection with it. */
export const breakOff = ({ body }: HttpReply): void => {
  body.on('error', () => {})
  body.destroy()
}
