/** Answers over real TCP, byte by byte: none is lost, doubled or reordered, whatever the reader and the server do. */
import { createHash } from 'node:crypto'
import { EventEmitter, getEventListeners, once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { Chunks } from '../../src/http/chunks.js'
import type { Body, HttpReply } from '../../src/http/exchange.js'
import { transport } from '../../src/http/transport.js'

/** Writes a raw answer; `number`: how many requests came before. */
type Answer = (socket: Socket, number: number) => void

const serve = async (answer: Answer) => {
  const sockets = new Set<Socket>()
  const events = new EventEmitter()
  let requests = 0
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      events.emit('gone')
    })
    let head = ''
    socket.on('data', (bytes) => {
      head += bytes.toString('latin1')
      while (head.includes('\r\n\r\n')) {
        head = head.slice(head.indexOf('\r\n\r\n') + 4)
        answer(socket, requests++)
        events.emit('asked')
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const net = transport({
    headers: {},
    secretHeaders: {},
    auth: { kind: 'none' },
    trustedOrigins: [],
    requestTimeoutMs: 60_000,
  })
  onTestFinished(async () => {
    await net.close()
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`
  const get = (signal?: AbortSignal): Promise<HttpReply> =>
    net.exchange({ method: 'GET', url, headers: {}, signal })
  return {
    get,
    events,
    sockets,
    connections: () => connections,
    asked: () => once(events, 'asked'),
    gone: async () => {
      while (sockets.size > 0) await once(events, 'gone')
    },
  }
}

const head = (length: number, more = ''): string =>
  `HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n${more}\r\n`

/** So many turns of the event loop that what was written on this machine is here. */
const turns = async (count = 20): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await setImmediate()
}

/** All that the body says, the bytes that followed each other as one. */
const listen = (body: Body, onData: (chunk: Buffer) => void = () => {}) => {
  const said: string[] = []
  const over = new Promise<void>((resolve) => {
    body.on('error', (error) => said.push(`error ${error.message}`))
    body.on('end', () => said.push('end'))
    body.on('close', () => {
      said.push('close')
      resolve()
    })
  })
  body.on('data', (chunk) => {
    const last = said.at(-1)
    if (last?.startsWith('data ')) said[said.length - 1] = last + chunk.toString('latin1')
    else said.push(`data ${chunk.toString('latin1')}`)
    onData(chunk)
  })
  return { said, over }
}

const textOf = async (body: Body): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString('latin1')
}

/** Chunked: each piece is one chunk for the parser, however the packets fall. */
const chunked = (pieces: readonly string[], trailers = ''): string =>
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n' +
  pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('') +
  `0\r\n${trailers}\r\n`

const letters = [...'abcdefghij']

test.each<[string, (body: Body) => void]>([
  ['never', () => {}],
  [
    'and resumes in the same turn',
    (body) => {
      body.pause()
      body.resume()
    },
  ],
  [
    'and resumes a microtask later',
    (body) => {
      body.pause()
      queueMicrotask(() => body.resume())
    },
  ],
  [
    'and resumes turns later',
    (body) => {
      body.pause()
      void turns(3).then(() => body.resume())
    },
  ],
  [
    'and changes its mind',
    (body) => {
      body.pause()
      body.resume()
      body.pause()
      queueMicrotask(() => body.resume())
      queueMicrotask(() => body.pause())
      void turns(1).then(() => body.resume())
    },
  ],
])('a listener pauses %s: all bytes in order, then the end', async (_name, pause) => {
  const { get } = await serve((socket) => socket.write(chunked(letters)))
  const { body } = await get()
  const { said, over } = listen(body, () => pause(body))
  await over
  expect(said).toEqual(['data abcdefghij', 'end', 'close'])
})

test('a paused reader hears neither bytes nor the end', async () => {
  const { get } = await serve((socket) => socket.write(chunked(letters)))
  const { body } = await get()
  const { said, over } = listen(body, () => body.pause())
  await turns()
  expect(said).toEqual(['data a'])
  body.resume()
  await turns()
  expect(said).toEqual(['data ab'])
  body.on('data', () => queueMicrotask(() => body.resume()))
  await over
  expect(said).toEqual(['data abcdefghij', 'end', 'close'])
})

const big = 'x'.repeat(1_000_000)

test('destroyed before anybody listens: its connection ends', async () => {
  const { get, gone } = await serve((socket) => socket.write(head(2_000_000) + big))
  const { body } = await get()
  body.destroy()
  await gone()
  expect(body.destroyed).toBe(true)
})

test('an iteration that is broken off ends its connection', async () => {
  const { get, gone } = await serve((socket) => socket.write(head(2_000_000) + big))
  const { body } = await get()
  for await (const _chunk of body) break
  await gone()
  expect(body.destroyed).toBe(true)
})

test('destroyed in the middle, by a listener: nothing more comes but the reason, once', async () => {
  const { get, gone } = await serve((socket) => socket.write(chunked(letters)))
  const { body } = await get()
  const { said, over } = listen(body, (chunk) => {
    if (chunk.toString() === 'c') body.destroy(new Error('enough'))
  })
  await over
  await gone()
  body.destroy()
  await turns()
  expect(said).toEqual(['data abc', 'error enough', 'close'])
})

test('destroyed after the end, and in it: nothing happens, the connection is used again', async () => {
  const server = await serve((socket) => socket.write(`${head(3)}abc`))
  for (let time = 0; time < 3; time += 1) {
    const { body } = await server.get()
    body.on('end', () => body.destroy())
    const { said, over } = listen(body)
    await over
    body.destroy(new Error('too late'))
    await turns()
    expect(said).toEqual(['data abc', 'end', 'close'])
    expect(body.errored).toBeNull()
  }
  expect(server.connections()).toBe(1)
})

test('aborted before the headers: rejects with the reason, and ends the connection', async () => {
  const { get, asked, gone } = await serve(() => {})
  const stop = new AbortController()
  const reply = get(stop.signal)
  await asked()
  stop.abort(new Error('stopped'))
  await expect(reply).rejects.toThrow('stopped')
  await gone()
})

test('aborted before there is a connection: rejects at once', async () => {
  const { get, gone } = await serve(() => {})
  const stop = new AbortController()
  const reply = get(stop.signal)
  void turns(0).then(() => stop.abort(new Error('stopped')))
  await expect(reply).rejects.toThrow('stopped')
  await turns()
  await gone()
})

test('aborted while the server is held back: the reason comes without a resume, and the connection ends', async () => {
  const { get, gone } = await serve((socket) => socket.write(head(2_000_000) + big))
  const stop = new AbortController()
  const { body } = await get(stop.signal)
  let count = 0
  body.on('data', () => {
    count += 1
    body.pause()
  })
  const failed = new Promise<Error>((resolve) => {
    body.on('error', resolve)
  })
  await turns()
  stop.abort(new Error('stopped'))
  expect((await failed).message).toBe('stopped')
  body.resume()
  await gone()
  expect(count).toBe(1)
})

test('aborted when all has come, but is not read yet: the reason, and no bytes', async () => {
  const { get } = await serve((socket) => socket.write(`${head(3)}abc`))
  const stop = new AbortController()
  const { body } = await get(stop.signal)
  await turns()
  stop.abort(new Error('stopped'))
  await expect(textOf(body)).rejects.toThrow('stopped')
})

test('aborted after the end: nothing happens', async () => {
  const { get } = await serve((socket) => socket.write(`${head(3)}abc`))
  const stop = new AbortController()
  const { body } = await get(stop.signal)
  const { said, over } = listen(body)
  await over
  stop.abort(new Error('stopped'))
  await turns()
  expect(said).toEqual(['data abc', 'end', 'close'])
})

test.each<[string, (body: Body) => Promise<unknown>]>([
  ['read', textOf],
  ['not wanted', async (body) => body.destroy()],
  ['never looked at, but whole', () => turns()],
])('an answer that is %s leaves no listener behind', async (name, use) => {
  const text = name.startsWith('never') ? '' : 'abc'
  const { get } = await serve((socket) => socket.write(head(text.length) + text))
  const { signal } = new AbortController()
  const { body } = await get(signal)
  await use(body)
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('the connection breaks while the reader pauses: first the bytes that came, then the error', async () => {
  const { get } = await serve((socket) => {
    socket.write(chunked(letters).slice(0, -5))
    void turns().then(() => socket.destroy())
  })
  const { body } = await get()
  const { said, over } = listen(body, (chunk) => {
    if (chunk.toString() !== 'a') return
    body.pause()
    void turns(60).then(() => body.resume())
  })
  await over
  expect(said).toEqual(['data abcdefghij', 'error other side closed', 'close'])
  expect(body.errored?.message).toBe('other side closed')
})

test('the connection breaks while an iteration lingers: first the bytes that came, then the error', async () => {
  const { get } = await serve((socket) => {
    socket.write(chunked(letters).slice(0, -5))
    void turns().then(() => socket.destroy())
  })
  const { body } = await get()
  const came: string[] = []
  const reading = (async () => {
    for await (const chunk of body) {
      came.push(chunk.toString())
      if (came.length === 1) await turns(60)
    }
  })()
  await expect(reading).rejects.toThrow('other side closed')
  expect(came).toEqual(letters)
  expect(body.destroyed).toBe(true)
})

test.each([
  ['trailers', chunked(letters, 'x-sum: 1\r\nx-more: 2\r\n'), 'abcdefghij'],
  ['content-length 0', head(0), ''],
  ['204', 'HTTP/1.1 204 No Content\r\n\r\n', ''],
  ['early hints', `HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${head(3)}abc`, 'abc'],
  ['102 twice', `${'HTTP/1.1 102 Processing\r\n\r\n'.repeat(2)}${head(3)}abc`, 'abc'],
])('%s: read whole, by listening and by iterating, on one connection', async (_name, raw, text) => {
  const server = await serve((socket) => socket.write(raw))
  for (let time = 0; time < 2; time += 1) {
    const reply = await server.get()
    expect(reply.status).toBe(raw.startsWith('HTTP/1.1 204') ? 204 : 200)
    const { said, over } = listen(reply.body)
    await over
    expect(said).toEqual([...(text === '' ? [] : [`data ${text}`]), 'end', 'close'])
    // Only then is a connection free.
    await turns(3)
    expect(await textOf((await server.get()).body)).toBe(text)
    await turns(3)
  }
  expect(server.connections()).toBe(1)
})

test('an answer that came in single bytes', async () => {
  const { get } = await serve((socket) => {
    const raw = chunked(letters, 'x-sum: 1\r\n')
    socket.setNoDelay(true)
    void (async () => {
      for (const byte of raw) {
        socket.write(byte)
        await setImmediate()
      }
    })()
  })
  expect(await textOf((await get()).body)).toBe('abcdefghij')
})

test.each([
  ['with its length', (text: string) => `${head(text.length)}${text}`],
  ['chunked', (text: string) => chunked([text.slice(0, 70_000), text.slice(70_000)])],
  ['without a length', (text: string) => `HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${text}`],
  ['to be closed', (text: string) => `${head(text.length, 'connection: close\r\n')}${text}`],
])('closed right after the last byte while the reader pauses, %s: whole', async (_name, raw) => {
  const text = 'abcdefgh'.repeat(20_000)
  const { get } = await serve((socket) => socket.end(raw(text)))
  const { body } = await get()
  const { said, over } = listen(body, () => {
    body.pause()
    void turns(30).then(() => body.resume())
  })
  await over
  expect(said.map((event) => event.length)).toEqual([text.length + 5, 3, 5])
  expect(said[0] === `data ${text}`).toBe(true)
})

test('looked at first, then read: all of it once', async () => {
  const { get } = await serve((socket) => socket.write(chunked(letters)))
  const { body } = await get()
  const chunks = new Chunks(body[Symbol.asyncIterator]() as AsyncGenerator<Buffer>)
  expect((await chunks.peek(4)).subarray(0, 4).toString()).toBe('abcd')
  await turns()
  let text = ''
  for await (const chunk of chunks.all()) text += chunk.toString()
  expect(text).toBe('abcdefghij')
})

/** Bytes that nobody asks for: what is kept ahead, twice what a socket gives at once, and the sockets' own. */
const heldMax = 16 * 1024 * 1024

/** Writes without end of its own, as fast as it is taken; `sent` counts what the system took over. */
const pour = (socket: Socket, total: number, fill: (at: number) => Buffer): { sent: number } => {
  const count = { sent: 0 }
  const more = (): void => {
    while (count.sent < total) {
      const piece = fill(count.sent)
      count.sent += piece.length
      if (!socket.write(piece)) {
        socket.once('drain', more)
        return
      }
    }
  }
  more()
  return count
}

test('fifty megabytes, a turn for each chunk: the same bytes, and never more of them here than the network holds', async () => {
  const total = 50 * 1024 * 1024
  const pieceBytes = 64 * 1024
  const sentSum = createHash('sha256')
  let count = { sent: 0 }
  const { get } = await serve((socket) => {
    socket.write(head(total))
    count = pour(socket, total, (at) => {
      const piece = Buffer.alloc(pieceBytes, createHash('md5').update(String(at)).digest())
      sentSum.update(piece)
      return piece
    })
  })
  const { body } = await get()
  await turns(200)
  expect(count.sent).toBeLessThan(heldMax)
  const sum = createHash('sha256')
  let read = 0
  let longest = 0
  for await (const chunk of body) {
    sum.update(chunk)
    read += chunk.length
    longest = Math.max(longest, count.sent - read)
    await setImmediate()
  }
  expect(read).toBe(total)
  expect(sum.digest('hex')).toBe(sentSum.digest('hex'))
  expect(longest).toBeLessThan(heldMax)
})
