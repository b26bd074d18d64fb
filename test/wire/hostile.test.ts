/** Servers that mean harm, over TCP: each ends in time and clearly, and nobody is sent where they should not go. */
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { dataFiles, exitOf, textOf } from '../helpers/conversation.js'
import { lines, manifest } from '../helpers/scripted-server.js'
import type { Respond } from '../helpers/tcp-server.js'
import { bytes, json, redirect, turns, type WireOptions, wire } from '../helpers/wire.js'

const text = lines('Patient', 3)

/** Ends whose meaning a person can act on: never a defect. */
const mustBeClear = (ran: { error?: Error; thrown?: unknown; outcome: { exitCode: number } }): void => {
  const error = ran.thrown ?? ran.error
  expect(error).toMatchObject({ name: 'BulkxError', hint: expect.stringMatching(/./) })
  expect(exitOf(ran as Parameters<typeof exitOf>[0])).not.toBe(1)
}

/** As it stands in the bytes: node's own server would not send it. */
const raw = async (answer: (socket: Socket) => void): Promise<string> => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => answer(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  return typeof address === 'object' && address ? `http://127.0.0.1:${address.port}` : ''
}

const head = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n'

describe('headers', () => {
  const floods: [string, (socket: Socket) => void][] = [
    ['one of a megabyte', (socket) => socket.write(`${head}X-A: ${'a'.repeat(1 << 20)}\r\n\r\n{}`)],
    ['ten thousand small ones', (socket) => socket.write(`${head}${'X-A: b\r\n'.repeat(10_000)}\r\n{}`)],
    ['a control character', (socket) => socket.write(`${head}X-Progress: a\u0001b\r\n\r\n{}`)],
    ['no line end', (socket) => socket.write(`HTTP/1.1 200 OK\r\nA: b\rC: d\r\n\r\n`)],
    ['two lengths', (socket) => socket.write(`${head}Content-Length: 3\r\n\r\n{}x`)],
    [
      'a length and chunks',
      (socket) => socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`),
    ],
    ['a status that is none', (socket) => socket.write('HTTP/1.1 99999 OK\r\n\r\n')],
    ['no HTTP at all', (socket) => socket.write(`${'\0'.repeat(100_000)}`)],
    [
      'trailers without an end',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n')
        socket.write('X-A: b\r\n'.repeat(50_000))
      },
    ],
  ]

  test.each(floods)('%s: a file fails clearly', async (_name, answer) => {
    const origin = await raw(answer)
    const talk = await wire({
      files: { a: bytes(text) },
      output: (own) => [
        { type: 'Patient', url: `${origin}/f` },
        { type: 'Patient', url: `${own}/files/a` },
      ],
    })
    const ran = await talk.run()
    expect([7, 10]).toContain(exitOf(ran))
    mustBeClear(ran)
    expect(await textOf(talk.directory, 'Patient.0002.ndjson')).toBe(text)
  })

  test.each(floods)('%s: a status ends clearly', async (_name, answer) => {
    const origin = await raw(answer)
    const talk = await wire({
      routes: {
        'GET /fhir/': (response) =>
          response.writeHead(202, { 'content-location': `${origin}/s`, 'content-length': 0 }).end(),
      },
    })
    mustBeClear(await talk.run())
  })

  test('cookies are neither sent back nor written down', async () => {
    const cookie = { 'set-cookie': 'session=SECRETCOOKIE; Path=/' }
    const talk = await wire({
      files: { a: bytes(text, cookie) },
      routes: {
        'GET /fhir/': (response, request) =>
          response
            .writeHead(202, {
              ...cookie,
              'content-location': `http://${request.headers.host}/status/1`,
              'content-length': 0,
            })
            .end(),
      },
    })
    expect(exitOf(await talk.run())).toBe(0)
    expect(
      talk.server.requests.map(({ headers }) => headers.cookie).filter((sent) => sent !== undefined),
    ).toEqual([])
    for (const name of ['.bulkx/journal', 'log.ndjson', 'manifest.json'])
      expect(await textOf(talk.directory, name)).not.toContain('SECRETCOOKIE')
  })

  test('what asks for other credentials gets none', async () => {
    const talk = await wire({
      files: {
        a: (response) =>
          response
            .writeHead(401, {
              'www-authenticate': 'Basic realm="x", Negotiate, Bearer error="invalid_token"',
              'content-length': 0,
            })
            .end(),
      },
    })
    const ran = await talk.run()
    expect(exitOf(ran)).toBe(7)
    const sent = new Set(talk.server.to('/files/').map(({ headers }) => headers.authorization))
    expect([...sent]).toEqual(['Bearer s3cret-token'])
  })
})

describe('addresses', () => {
  const listing = (url: string): WireOptions => ({
    files: { a: bytes(text) },
    output: (own) => [
      { type: 'Patient', url },
      { type: 'Patient', url: `${own}/files/a` },
    ],
  })

  test.each([
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:application/ndjson,{}',
    'gopher://127.0.0.1:6379/_x',
    'unix:/var/run/docker.sock:/x',
    `https://${'a'.repeat(70_000)}/`,
    '\\\\[/../',
  ])('%.40s is not fetched', async (url) => {
    const talk = await wire(listing(url))
    const ran = await talk.run()
    expect(exitOf(ran)).toBe(7)
    mustBeClear(ran)
    expect(await dataFiles(talk.directory)).toEqual(['Patient.0002.ndjson'])
  })

  test('a type is no path', async () => {
    const types = [
      '../../x',
      '/etc/x',
      '..',
      'Patient/../../x',
      'PATIENT',
      'patient',
      'P\u0061\u0301tient',
      'con',
      '.bulkx/journal',
      '__proto__',
    ]
    const files = Object.fromEntries(types.map((_, index) => [`f${index}`, bytes(text)]))
    const output = (own: string) => types.map((type, index) => ({ type, url: `${own}/files/f${index}` }))
    const talk = await wire({ files, output })
    expect(exitOf(await talk.run())).toBe(0)
    expect(await dataFiles(talk.directory)).toEqual([
      'PATIENT.0001.ndjson',
      'patient.0002.ndjson',
      ...Array.from({ length: 8 }, (_, index) => `unknown.${String(index + 1).padStart(4, '0')}.ndjson`),
    ])
  })

  test('a line end in a URL makes no second request', async () => {
    const talk = await wire({
      files: { a: bytes(text) },
      output: (own) => [
        { type: 'Patient', url: `${own}/files/a?x= HTTP/1.1\r\nX-Injected: 1\r\n\r\nDELETE /status/1` },
      ],
    })
    expect(exitOf(await talk.run())).toBe(0)
    expect(talk.server.to('/files/')).toHaveLength(1)
    expect(talk.server.to('/files/')[0]?.headers['x-injected']).toBe(undefined)
  })

  test('user info in an address is not sent as a credential, nor shown', async () => {
    const talk = await wire({
      files: { a: bytes(text) },
      routes: {
        'GET /fhir/': (response, request) =>
          response
            .writeHead(202, {
              'content-location': `http://admin:PASSWORD@${request.headers.host}/status/1`,
              'content-length': 0,
            })
            .end(),
      },
    })
    expect(exitOf(await talk.run())).toBe(0)
    expect(
      talk.server.to('/status/').every(({ headers }) => headers.authorization === 'Bearer s3cret-token'),
    ).toBe(true)
    for (const name of ['log.ndjson', 'manifest.json'])
      expect(await textOf(talk.directory, name)).not.toContain('PASSWORD')
  })

  test('a status that is the kick-off is not asked: there is one kick-off', async () => {
    const kickOffs = (response: Parameters<Respond>[0], location: string): void =>
      void response.writeHead(202, { 'content-location': location, 'content-length': 0 }).end()
    for (const location of ['', '#x']) {
      const talk = await wire({
        routes: {
          'GET /fhir/': (response, request) =>
            kickOffs(response, `http://${request.headers.host}${request.url}${location}`),
        },
      })
      const ran = await talk.run()
      expect(exitOf(ran)).toBe(4)
      mustBeClear(ran)
      expect(talk.server.to('/fhir/')).toHaveLength(1)
    }
  })

  test('a status that redirects for ever ends clearly', async () => {
    const talk = await wire({ routes: { 'GET /status/1': redirect('/status/1?again') } })
    const ran = await talk.run()
    mustBeClear(ran)
    expect(exitOf(ran)).toBe(9)
  })
})

describe('waits', () => {
  test.each([`1${'0'.repeat(300)}`, '1e300', '99999999999999999999', '-1', 'Infinity'])(
    'Retry-After %.12s… is as if absent',
    async (wait) => {
      const done = json(manifest([]))
      const busy: Respond = (response) =>
        void response.writeHead(202, { 'retry-after': wait, 'content-length': 0 }).end()
      const talk = await wire({ routes: { 'GET /status/1': turns(busy, done) } })
      expect(exitOf(await talk.run())).toBe(0)
      const refused: Respond = (response) =>
        void response.writeHead(503, { 'retry-after': wait, 'content-length': 0 }).end()
      const file = await wire({ files: { a: turns(refused, bytes(text)) } })
      expect(exitOf(await file.run())).toBe(0)
    },
  )
})
