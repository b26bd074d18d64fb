/** Stands before a store: sees each request, and may answer in its place. */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { StoreAnswer, StoreRequest } from './store.js'

export interface Front {
  port: number
  close(): Promise<void>
}

const forward = (incoming: IncomingMessage, answer: ServerResponse, port: number, isLost: boolean): void => {
  const { method, url, headers } = incoming
  const outgoing = request({ host: '127.0.0.1', port, method, path: url, headers }, (reply) => {
    if (isLost) {
      reply.resume().on('end', () => incoming.socket.destroy())
      return
    }
    answer.writeHead(reply.statusCode ?? 500, reply.headers)
    reply.pipe(answer)
  })
  outgoing.on('error', () => incoming.socket.destroy())
  // Who is killed in the middle of a request leaves half of it: nobody waits for the rest.
  answer.on('close', () => outgoing.destroy())
  incoming.pipe(outgoing)
}

const reply = (
  incoming: IncomingMessage,
  answer: ServerResponse,
  given: Exclude<StoreAnswer, 'lost'>,
): void => {
  incoming.resume()
  if (given === 'reset') {
    incoming.socket.destroy()
    return
  }
  const headers = { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(given.body ?? '') }
  // Half a request would be read as the next one.
  incoming.on('end', () => answer.writeHead(given.status, headers).end(given.body))
}

const listening = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })

export const front = async (
  behind: number,
  look: (request: StoreRequest) => StoreAnswer | undefined | Promise<StoreAnswer | undefined>,
): Promise<Front> => {
  const server = createServer((incoming, answer) => {
    incoming.on('error', () => {})
    answer.on('error', () => {})
    void Promise.resolve(look({ method: incoming.method ?? '', path: incoming.url ?? '' })).then((given) =>
      given === undefined || given === 'lost'
        ? forward(incoming, answer, behind, given === 'lost')
        : reply(incoming, answer, given),
    )
  })
  const port = await listening(server)
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
