/** A node:http server on a free port for one test: what only TCP shows, at the pace of a handler. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface TcpRequest {
  method: string
  url: string
  headers: Record<string, string | undefined>
}

export interface TcpServer {
  origin: string
  requests: TcpRequest[]
  /** Requests whose path begins so. */
  to(path: string): TcpRequest[]
  close(): Promise<void>
}

export type Respond = (response: ServerResponse, request: IncomingMessage, number: number) => void

/** `number`: how many requests began with the same route before this one. */
export const tcpServer = async (
  routes: Record<string, Respond>,
  options: { keepAlive?: boolean } = {},
): Promise<TcpServer> => {
  const requests: TcpRequest[] = []
  const counts = new Map<string, number>()
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    requests.push({ method, url: origin + url, headers: headers as Record<string, string | undefined> })
    response.on('error', () => {})
    request.resume()
    const line = `${method} ${url}`
    const key = Object.keys(routes)
      .filter((route) => line.startsWith(route))
      .sort((a, b) => b.length - a.length)[0]
    const number = counts.get(key ?? '') ?? 0
    counts.set(key ?? '', number + 1)
    if (options.keepAlive === false) response.setHeader('connection', 'close')
    const respond = key === undefined ? undefined : routes[key]
    if (respond) respond(response, request, number)
    else response.writeHead(404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async (): Promise<void> => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  onTestFinished(close)
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin,
    requests,
    close,
    to: (path) => requests.filter(({ url }) => url.startsWith(origin + path)),
  }
}
