/** Connections: closed between requests, refused, stalled; a server that is away. */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { JobEvent } from '../../src/job/facts.js'
import { codeOf, exitOf, textOf } from '../helpers/conversation.js'
import { lines } from '../helpers/scripted-server.js'
import type { Respond } from '../helpers/tcp-server.js'
import { bytes, turns, wire } from '../helpers/wire.js'

const text = lines('Patient', 3)

test('F-49 Connection: close on every answer', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `f${index}`)
  const talk = await wire({
    files: Object.fromEntries(names.map((name) => [name, bytes(text)])),
    keepAlive: false,
  })
  expect(exitOf(await talk.run())).toBe(0)
  expect(talk.server.to('/files/')).toHaveLength(40)
})

test('F-49 a kept connection that the server ends after each answer', async () => {
  const ending: Respond = (response, request, number) => {
    response.on('finish', () => request.socket.end())
    bytes(text)(response, request, number)
  }
  const names = Array.from({ length: 40 }, (_, index) => `f${index}`)
  const talk = await wire({ files: Object.fromEntries(names.map((name) => [name, ending])) })
  expect(exitOf(await talk.run({ files: { parallel: 2 } }))).toBe(0)
})

test('F-28 204 for a file', async () => {
  const talk = await wire({ files: { a: (response) => response.writeHead(204).end() } })
  expect(exitOf(await talk.run())).toBe(0)
  expect(await textOf(talk.directory, 'Patient.0001.ndjson')).toBe('')
})

describe('a server that does not answer', () => {
  const silent: Respond = () => {}
  const stalled: Respond = (response) => {
    response.writeHead(200, { 'content-length': text.length })
    response.write(text.slice(0, 10))
  }

  test('P-27, F-15 no headers, no further byte: another attempt', async () => {
    const talk = await wire({
      files: { a: turns(silent, stalled, bytes(text)) },
    })
    // Only files are hurried: a machine that stands still for a moment loses an attempt, and there are more of them.
    const stop = new AbortController()
    const atManifest = { onEvent: ({ type }: JobEvent) => type === 'manifest-received' && stop.abort() }
    await talk.run({}, atManifest, { signal: stop.signal })
    expect(talk.server.to('/files/a')).toEqual([])
    expect(exitOf(await talk.run({ network: { requestTimeoutMs: 200 } }, { command: 'resume' }))).toBe(0)
    expect(talk.server.to('/files/a').length).toBeGreaterThanOrEqual(3)
    expect(await textOf(talk.directory, 'Patient.0001.ndjson')).toBe(text)
  })
})

test('a server that is down: three attempts, 9, and the same command starts anew', async () => {
  const talk = await wire({ files: { a: bytes(text) } })
  // Of a port that was just given back, somebody else may have made use.
  const ran = await talk.run({ fhirUrl: 'http://127.0.0.1:1/fhir' })
  expect([codeOf(ran), exitOf(ran)]).toEqual(['BULKX_UNREACHABLE', 9])
  expect(ran.events.filter(({ type }) => type === 'kick-off-requested')).toHaveLength(3)
  expect(ran.events.filter(({ type }) => type === 'kick-off-unsent')).toHaveLength(3)
  expect(talk.clock.sleeps).toEqual([3000, 7000])
})

test('K-28 a kick-off whose connection is reset after it was read is not sent again', async () => {
  const talk = await wire({ routes: { 'GET /fhir/': (response) => response.socket?.resetAndDestroy() } })
  expect(codeOf(await talk.run())).toBe('BULKX_KICK_OFF_UNDECIDED')
  expect(talk.server.requests).toHaveLength(1)
})

test('an answer that is no HTTP to a kick-off leaves it undecided', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end('SSH-2.0-OpenSSH\r\n'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const talk = await wire({})
  const fhirUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/fhir`
  const ran = await talk.run({ fhirUrl }).finally(() => server.close())
  expect(exitOf(ran)).toBe(4)
})
