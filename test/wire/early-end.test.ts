/** F-49 A server that ends the connection right after the last byte, while nobody reads: no byte is lost, nothing throws. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { transport } from '../../src/http/transport.js'

const content = Buffer.alloc(300_000, 'x')

const chunked = Buffer.concat([
  Buffer.from(`${content.length.toString(16)}\r\n`),
  content,
  Buffer.from('\r\n0\r\n\r\n'),
])

/** Sends these bytes to whoever asks, and ends; resolves when the client has seen that. */
const server = async (...answer: (string | Buffer)[]) => {
  const ended: Promise<unknown>[] = []
  const sockets = new Set<Socket>()
  const listening = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    ended.push(once(socket, 'end'))
    socket.once('data', () => {
      for (const part of answer) socket.write(part)
      socket.end()
    })
  })
  listening.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    listening.close()
  })
  return {
    url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}/`,
    ended: () => Promise.all(ended),
  }
}

const ask = async (url: string) => {
  const { exchange, close } = transport({
    headers: {},
    secretHeaders: {},
    auth: { kind: 'none' },
    trustedOrigins: [],
    requestTimeoutMs: 10_000,
  })
  onTestFinished(close)
  return exchange({ method: 'GET', url, headers: {} })
}

/** All bytes, a piece at a time, each after everybody else has had a turn. */
const slowly = async (body: AsyncIterable<Buffer>): Promise<number> => {
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  }
  return bytes
}

const length = `content-length: ${content.length}`

test.each<[string, string, Buffer]>([
  ['Connection: close', `connection: close\r\n${length}`, content],
  ['a connection that was to be kept', length, content],
  ['chunks', 'transfer-encoding: chunked', chunked],
  ['chunks, and Connection: close', 'connection: close\r\ntransfer-encoding: chunked', chunked],
  ['no length at all', 'connection: close', content],
])('%s', async (_name, headers, body) => {
  const { url } = await server(`HTTP/1.1 200 OK\r\n${headers}\r\n\r\n`, body)
  const reply = await ask(url)
  expect(await slowly(reply.body)).toBe(content.length)
})

test('a body that is shorter than its length is still an error', async () => {
  const { url } = await server(
    `HTTP/1.1 200 OK\r\nconnection: close\r\n${length}\r\n\r\n`,
    content.subarray(1),
  )
  const reply = await ask(url)
  await expect(slowly(reply.body)).rejects.toThrow()
})

test.each([
  ['Connection: close', 'connection: close\r\n'],
  ['a connection that was to be kept', ''],
])('an answer that nobody has begun to read, %s', async (_name, header) => {
  const small = content.subarray(0, 64 * 1024)
  const { url, ended } = await server(
    `HTTP/1.1 200 OK\r\n${header}content-length: ${small.length}\r\n\r\n`,
    small,
  )
  const reply = await ask(url)
  await ended()
  expect(await slowly(reply.body)).toBe(small.length)
})
