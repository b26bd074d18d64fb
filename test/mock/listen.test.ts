/** The mock on a TCP port: what only a wire shows. */
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import {
  type DataSource,
  faults,
  listen,
  type Mock,
  type MockOptions,
  type RunningServer,
} from '../../src/mock/index.js'
import type { FakeClock } from '../helpers/fake-clock.js'
import { headers, JOB_MS, type Manifest, pretend } from './conversation.js'

let running: RunningServer | undefined
afterEach(() => running?.close())

const serve = async (options: Partial<MockOptions> = {}) => {
  const server = pretend(options)
  running = await listen(server.mock)
  return { ...server, at: running }
}

interface Reply {
  status: number
  headers: IncomingMessage['headers']
  bytes: Buffer
}

/** One request on a connection of its own; rejects when the body is not whole. */
const get = async (
  url: string,
  options: { method?: string; headers?: Record<string, string> } = {},
): Promise<Reply> => {
  const outgoing = httpRequest(url, { ...options, agent: false })
  outgoing.end()
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, bytes: Buffer.concat(chunks) }
}

const manifestOf = async (
  { at, clock }: { at: RunningServer; clock: FakeClock },
  path: string,
): Promise<Manifest> => {
  const kickOff = await get(`${at.fhirUrl}/${path}`, { headers })
  clock.advance(JOB_MS)
  const status = await get(String(kickOff.headers['content-location']))
  return JSON.parse(status.bytes.toString()) as Manifest
}

const firstFile = async (server: { at: RunningServer; clock: FakeClock; mock: Mock }) =>
  (await manifestOf(server, 'Group/123/$export')).output[0]?.url ?? ''

test('a whole export over TCP, by a client of the platform', async () => {
  const { at, clock, mock } = await serve()
  expect(at.fhirUrl).toBe(`http://127.0.0.1:${at.port}/fhir`)
  const kickOff = await fetch(`${at.fhirUrl}/Group/123/$export?_type=Patient`, { headers })
  const location = kickOff.headers.get('content-location') ?? ''
  expect([kickOff.status, location.startsWith(`${at.fhirUrl}/bulkstatus/`)]).toEqual([202, true])
  clock.advance(JOB_MS)
  const manifest = (await (await fetch(location)).json()) as Manifest
  const text = await (await fetch(manifest.output[0]?.url ?? '')).text()
  expect(text.split('\n')).toHaveLength(11)
  expect((await fetch(location, { method: 'DELETE' })).status).toBe(202)
  expect(mock.requests.map(({ phase, status }) => [phase, status])).toEqual([
    ['kick-off', 202],
    ['status', 200],
    ['file', 200],
    ['delete', 202],
  ])
})

test('a POST arrives with its body', async () => {
  const { at, mock } = await serve()
  const body = JSON.stringify({
    resourceType: 'Parameters',
    parameter: [{ name: '_type', valueString: 'Patient' }],
  })
  const response = await fetch(`${at.fhirUrl}/Patient/$export`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/fhir+json' },
    body,
  })
  expect([response.status, mock.requests[0]?.body]).toEqual([202, body])
})

/** Sends bytes and reads until the server closes. */
const raw = async (port: number, text: string): Promise<string> => {
  const socket = connect(port, '127.0.0.1')
  socket.write(text)
  let answer = ''
  for await (const chunk of socket) answer += String(chunk)
  return answer
}

test('the URL is remembered byte for byte', async () => {
  const { at, mock } = await serve()
  const path = "/fhir/a/../%2e%2e/Group/it's/$export?_since=2024-01-01T00:00:00Z&x=%3D'|"
  const answer = await raw(
    at.port,
    `GET ${path} HTTP/1.1\r\nHost: mock.example:99\r\nConnection: close\r\n\r\n`,
  )
  expect(answer).toMatch(/^HTTP\/1\.1 \d{3} /)
  expect(mock.requests[0]?.url).toBe(path)
})

test('URLs are built from the Host of the request', async () => {
  const { at } = await serve()
  const lines = [
    'GET /fhir/$export HTTP/1.1',
    'Host: mock.example:99',
    'Accept: application/fhir+json',
    'Prefer: respond-async',
    'Connection: close',
  ]
  expect(await raw(at.port, `${lines.join('\r\n')}\r\n\r\n`)).toContain(
    'content-location: http://mock.example:99/fhir/bulkstatus/',
  )
})

test('ranges over TCP', async () => {
  const server = await serve()
  const url = await firstFile(server)
  const [whole, part] = [await get(url), await get(url, { headers: { range: 'bytes=100-199' } })]
  expect([part.status, part.headers['content-length']]).toEqual([206, '100'])
  expect(part.bytes).toEqual(whole.bytes.subarray(100, 200))
})

test('HEAD, unknown methods and unknown paths get an answer', async () => {
  const server = await serve()
  const head = await get(await firstFile(server), { method: 'HEAD' })
  expect([head.status, head.bytes.length, Number(head.headers['content-length']) > 0]).toEqual([200, 0, true])
  expect((await get(`${server.at.url}/elsewhere`)).status).toBe(404)
  expect((await get(`${server.at.url}/elsewhere`, { method: 'TRACE' })).status).toBe(400)
})

describe('faults of the wire', () => {
  test('cut resets the connection inside of a file, once', async () => {
    const server = await serve({ faults: [faults.cut({ file: 1, keepBytes: 1000 })] })
    const url = await firstFile(server)
    await expect(get(url)).rejects.toThrow(/aborted|ECONNRESET/)
    expect((await get(url)).status).toBe(200)
    expect(server.mock.requests.at(-2)).toMatchObject({ fault: 'cut', status: 200 })
  })

  test('truncateLying closes before Content-Length is reached', async () => {
    const server = await serve({ faults: [faults.truncateLying({ keepBytes: 1000 })] })
    const url = await firstFile(server)
    const answer = await raw(server.at.port, `GET ${new URL(url).pathname} HTTP/1.1\r\nHost: x\r\n\r\n`)
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    expect(Number(/content-length: (\d+)/i.exec(head)?.[1])).toBeGreaterThan(1000)
    expect(Buffer.byteLength(body)).toBe(1000)
  })

  test('wrongLength promises more than there is', async () => {
    const server = await serve({ faults: [faults.wrongLength({ by: 50, times: Number.POSITIVE_INFINITY })] })
    await expect(get(await firstFile(server))).rejects.toThrow(/aborted|ECONNRESET/)
  })

  test('loseKickOffAnswer starts the job and says nothing', async () => {
    const { at, mock } = await serve({ faults: [faults.loseKickOffAnswer()] })
    await expect(get(`${at.fhirUrl}/$export`, { headers })).rejects.toThrow(/ECONNRESET|hang up/)
    expect(mock.requests).toMatchObject([{ phase: 'kick-off', status: 202, fault: 'loseKickOffAnswer' }])
    expect((await get(`${at.fhirUrl}/$export`, { headers })).status).toBe(202)
  })

  test('hang and stall leave the connection open until somebody ends it', async () => {
    const server = await serve({ faults: [faults.hang({ on: 'metadata' }), faults.stall({ keepBytes: 50 })] })
    const hanging = get(`${server.at.fhirUrl}/metadata`).catch((error: unknown) => error)
    const outgoing = httpRequest(await firstFile(server), { agent: false })
    outgoing.end()
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
    incoming.on('error', () => undefined)
    const [chunk] = (await once(incoming, 'data')) as [Buffer]
    expect(chunk).toHaveLength(50)
    const ended = new Promise((resolve) => incoming.once('close', resolve))
    await server.at.close()
    await ended
    expect(await hanging).toBeInstanceOf(Error)
  })
})

describe('clients that read slowly, or go', () => {
  const CHUNK = Buffer.alloc(256 * 1024, 'x')
  const CHUNKS = 4096
  /** A gigabyte that counts what has been asked of it, and whether it was left. */
  const endless = () => {
    const seen = { chunks: 0, left: false }
    const read = async function* () {
      try {
        for (; seen.chunks < CHUNKS; seen.chunks += 1) yield CHUNK
      } finally {
        seen.left = true
      }
    }
    const content = { count: 1, tag: 'big', open: async () => ({ sizeBytes: CHUNK.length * CHUNKS, read }) }
    const data: DataSource = {
      types: ['Patient'],
      hasPatient: async () => true,
      group: async () => 'everybody',
      select: async () => [content],
      deletions: () => [],
    }
    return { seen, data }
  }

  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise((resolve) => setImmediate(resolve))
  }

  test('only as much is made as the client takes, and nothing after it has gone', async () => {
    const { seen, data } = endless()
    const server = await serve({ data })
    const outgoing = httpRequest(await firstFile(server), { agent: false })
    outgoing.end()
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
    incoming.pause()
    incoming.on('error', () => undefined)
    await until(() => seen.chunks > 0)
    for (let turn = 0; turn < 2000; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    expect(seen.chunks).toBeLessThan(CHUNKS / 8)
    incoming.destroy()
    await until(() => seen.left)
    expect(seen.chunks).toBeLessThan(CHUNKS / 8)
    expect((await get(`${server.at.fhirUrl}/metadata`)).status).toBe(200)
  })

  test('closing ends a transfer that runs', async () => {
    const { seen, data } = endless()
    const server = await serve({ data })
    const transfer = get(await firstFile(server)).catch((error: unknown) => error)
    await until(() => seen.chunks > 4)
    await server.at.close()
    expect(await transfer).toBeInstanceOf(Error)
    await until(() => seen.left)
  })

  test('an error in the middle of a body ends the connection, not the server', async () => {
    const { data } = endless()
    const broken = async function* () {
      yield CHUNK
      throw new Error('the disk is gone')
    }
    const content = {
      count: 1,
      tag: 'broken',
      open: async () => ({ sizeBytes: CHUNK.length * 2, read: broken }),
    }
    const server = await serve({ data: { ...data, select: async () => [content] } })
    await expect(get(await firstFile(server))).rejects.toThrow(/aborted|ECONNRESET/)
    expect((await get(`${server.at.fhirUrl}/metadata`)).status).toBe(200)
  })
})

test('a port that is taken is an error', async () => {
  const { at, mock } = await serve()
  await expect(listen(mock, { port: at.port })).rejects.toThrow(/EADDRINUSE/)
})
