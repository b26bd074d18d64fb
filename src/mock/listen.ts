/** A mock on a TCP port: node:http in front of it, and the faults of the wire carried out. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Mock } from './app.js'
import { outcomeResponse } from './outcome.js'
import { type WireInstruction, wireInstruction } from './wire.js'

export interface ListenOptions {
  /** Default: a free one. */
  port?: number
  /** Default: 127.0.0.1. */
  host?: string
}

export interface RunningServer {
  /** The origin, `http://127.0.0.1:8080`. */
  url: string
  /** The FHIR base URL. */
  fhirUrl: string
  port: number
  /** Stops listening and ends every connection, whatever it is doing. */
  close(): Promise<void>
}

const MAX_BODY_BYTES = 32 * 1024 * 1024
/** Longer than a client's pause between two requests, so that no test meets a connection closed while idle. */
const KEEP_ALIVE_MS = 120_000

/** The text of a request's body, or undefined when it is too long. */
const bodyOf = async (incoming: IncomingMessage): Promise<string | undefined> => {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length <= MAX_BODY_BYTES) chunks.push(chunk)
  }
  return length > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks).toString()
}

/** The request as the mock reads it; rejects with a TypeError when no web Request can say it. */
const requestOf = (incoming: IncomingMessage, fallbackHost: string, body: string): Request => {
  const url = incoming.url ?? '/'
  const headers = new Headers()
  for (let at = 0; at + 1 < incoming.rawHeaders.length; at += 2)
    headers.append(incoming.rawHeaders[at] ?? '', incoming.rawHeaders[at + 1] ?? '')
  const absolute = url.startsWith('/') ? `http://${incoming.headers.host ?? fallbackHost}${url}` : url
  const withBody = incoming.method !== 'GET' && incoming.method !== 'HEAD'
  return new Request(absolute, { method: incoming.method, headers, ...(withBody ? { body } : {}) })
}

/** Ends a connection as an instruction says. A stalled one is left to the client, or to `close()`. */
const stop = (outgoing: ServerResponse, { stopBy = 'close' }: WireInstruction): void => {
  if (stopBy === 'reset') outgoing.socket?.resetAndDestroy()
  else if (stopBy === 'close') outgoing.socket?.destroySoon()
}

const flushed = (outgoing: ServerResponse, chunk: Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    outgoing.write(chunk, () => resolve())
  })

/** Sends a body at the client's pace, up to `limit` bytes; false when it ended early. */
const send = async (response: Response, outgoing: ServerResponse, limit: number): Promise<boolean> => {
  const reader = response.body?.getReader()
  if (reader === undefined) return limit === Number.POSITIVE_INFINITY
  const gone = new AbortController()
  outgoing.once('close', () => gone.abort())
  // A client may be gone before its answer is ready: then there is no more 'close' to wait for.
  if (outgoing.destroyed) gone.abort()
  let sent = 0
  try {
    while (!gone.signal.aborted) {
      const { done, value } = await reader.read()
      if (done) return limit === Number.POSITIVE_INFINITY
      const piece = (value as Uint8Array).subarray(0, limit - sent)
      sent += piece.length
      if (sent >= limit) {
        await Promise.race([flushed(outgoing, piece), once(outgoing, 'close')])
        return false
      }
      if (!outgoing.write(piece))
        await once(outgoing, 'drain', { signal: gone.signal }).catch(() => undefined)
    }
    return false
  } finally {
    // A client that went away must not keep a generator, or a file, open.
    await reader.cancel().catch(() => undefined)
  }
}

const writeHead = (response: Response, outgoing: ServerResponse, instruction?: WireInstruction): void => {
  outgoing.statusCode = response.status
  for (const [name, value] of response.headers) outgoing.setHeader(name, value)
  if (instruction?.contentLength !== undefined)
    outgoing.setHeader('content-length', instruction.contentLength)
  for (const [name, values] of Object.entries(instruction?.headers ?? {}))
    outgoing.setHeader(name, [...values])
  if (instruction?.framing === 'close') {
    outgoing.removeHeader('content-length')
    // Told so, node:http uses no chunks; it then ends the connection after the body.
    outgoing.removeHeader('transfer-encoding')
    outgoing.setHeader('connection', 'close')
  }
  outgoing.flushHeaders()
}

const reply = async (response: Response, outgoing: ServerResponse): Promise<void> => {
  const instruction = wireInstruction(response)
  if (instruction?.stopAt === 'start') {
    await response.body?.cancel()
    return stop(outgoing, instruction)
  }
  // The mock lies on purpose; node:http would throw at a body that does not fit its Content-Length.
  outgoing.strictContentLength = false
  writeHead(response, outgoing, instruction)
  const limit = instruction?.stopAt ?? Number.POSITIVE_INFINITY
  const whole = await send(response, outgoing, limit)
  if (instruction?.stopAt !== undefined) stop(outgoing, instruction)
  else if (whole) outgoing.end()
}

const serve = async (
  mock: Mock,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  host: string,
): Promise<void> => {
  const body = await bodyOf(incoming)
  if (body === undefined) return reply(outcomeResponse(413, 'too-long', 'The body is too long'), outgoing)
  let request: Request
  try {
    request = requestOf(incoming, host, body)
  } catch {
    return reply(outcomeResponse(400, 'invalid', 'The request cannot be read'), outgoing)
  }
  return reply(await mock.answer(request, incoming.url ?? '/'), outgoing)
}

const answerFor =
  (mock: Mock, host: () => string) =>
  async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    // An error on a socket that the client has left is nobody's business.
    outgoing.on('error', () => undefined)
    try {
      await serve(mock, incoming, outgoing, host())
    } catch (thrown) {
      if (outgoing.headersSent || outgoing.destroyed) outgoing.socket?.resetAndDestroy()
      else await reply(outcomeResponse(500, 'exception', String(thrown)), outgoing)
    }
  }

const closer = (server: Server) => async (): Promise<void> => {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}

interface Port {
  authority: string
  port: number
  close(): Promise<void>
}

const open = async (mock: Mock, port: number, host: string): Promise<Port> => {
  let authority = host
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (incoming, outgoing) => {
    void answerFor(mock, () => authority)(incoming, outgoing)
  })
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  authority = `${host.includes(':') ? `[${host}]` : host}:${address.port}`
  return { authority, port: address.port, close: closer(server) }
}

/**
 * Puts a mock on a port, and its second host on another one where something leads there. Rejects with the error of
 * the system when the port is taken.
 */
export const listen = async (mock: Mock, options: ListenOptions = {}): Promise<RunningServer> => {
  const { port = 0, host = '127.0.0.1' } = options
  const own = await open(mock, port, host)
  const second = mock.elsewhere.used ? await open(mock, 0, host) : undefined
  if (second) mock.elsewhere.origin = `http://${second.authority}`
  const url = `http://${own.authority}`
  const close = async (): Promise<void> => {
    await Promise.all([own.close(), second?.close()])
  }
  return { url, fhirUrl: url + mock.personality.basePath, port: own.port, close }
}
