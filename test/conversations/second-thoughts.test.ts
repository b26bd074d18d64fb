/** A job that never started gives way; what was accepted stays accepted; two manifests of a server are never mixed. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { NetworkError } from '../../src/http/network-error.js'
import { codeOf, conversation, dataFiles, exitOf, textOf, typesOf } from '../helpers/conversation.js'
import { kickOffOf } from '../helpers/job.js'
import { file, lines, manifest, origin, outcome, routes, statusUrl } from '../helpers/scripted-server.js'

const done = { body: manifest([file('1')]) }
const good = { body: lines('Patient', 1) }
const typed = (type: string) => ({ kickOff: kickOffOf({ type: [type] }) })

test('a corrected command takes the place of one that was refused, under its own export id', async () => {
  const refused = { status: 400, body: outcome('error', 'no such type') }
  const accepted = { status: 202, headers: { 'content-location': statusUrl } }
  const talk = await conversation(
    routes({
      [`GET ${origin}/fhir/`]: [refused, accepted],
      [`GET ${statusUrl}`]: done,
      [`GET ${origin}/files/1`]: good,
    }),
  )
  expect(exitOf(await talk.run(typed('Pateint')))).toBe(4)
  const corrected = await talk.run(typed('Patient'))
  expect(exitOf(corrected)).toBe(0)
  expect(typesOf(corrected.events)).not.toContain('job-resumed')
})

test('an accepted job does not give way', async () => {
  const talk = await conversation(
    routes({ [`GET ${statusUrl}`]: [{ status: 401 }], [`GET ${origin}/files/1`]: good }),
  )
  expect(exitOf(await talk.run(typed('Patient')))).toBe(3)
  expect(codeOf(await talk.run(typed('Observation')))).toBe('BULKX_OTHER_JOB')
})

test('the order of types makes no other question', async () => {
  const talk = await conversation(
    routes({ [`GET ${statusUrl}`]: [{ status: 401 }, done], [`GET ${origin}/files/1`]: good }),
  )
  expect(exitOf(await talk.run({ kickOff: kickOffOf({ type: ['Patient', 'Device'] }) }))).toBe(3)
  expect(exitOf(await talk.run({ kickOff: kickOffOf({ type: ['Device', 'Patient'] }) }))).toBe(0)
  expect(talk.server.asked('/fhir/')).toHaveLength(1)
})

test('a run that ends 0 by --fail-on never has accepted its findings for later runs', async () => {
  const counted = { body: manifest([{ ...file('1'), count: 7 }]) }
  const talk = await conversation(routes({ [`GET ${statusUrl}`]: counted, [`GET ${origin}/files/1`]: good }))
  expect(exitOf(await talk.run({ files: { failOn: 'never' } }))).toBe(0)
  expect(exitOf(await talk.run({}, { command: 'resume' }))).toBe(0)
})

test('M-39 a manifest of another transactionTime is another run: the file stays missing', async () => {
  const other = { body: manifest([file('1')], { transactionTime: '2026-02-02T00:00:00Z' }) }
  const talk = await conversation(
    routes({ [`GET ${statusUrl}`]: [done, other], [`GET ${origin}/files/1`]: { status: 403 } }),
  )
  const ran = await talk.run()
  expect(exitOf(ran)).toBe(7)
  expect(typesOf(ran.events)).toContain('manifest-unavailable')
  expect(await dataFiles(talk.directory)).toEqual([])
})

test('a sign-in page is 5 where no credential was sent', async () => {
  const talk = await conversation(routes({ [`GET ${statusUrl}`]: { body: '<html><h1>Sign in</h1></html>' } }))
  expect(exitOf(await talk.run({ network: { token: undefined } }))).toBe(5)
})

test('K-35 a kick-off that is redirected to plain http was not started: it can be sent again', async () => {
  const redirected = new NetworkError('redirect', 'it redirects from https to plain http', { sent: true })
  const accepted = { status: 202, headers: { 'content-location': statusUrl } }
  const talk = await conversation(
    routes({
      [`GET ${origin}/fhir/`]: [redirected, accepted],
      [`GET ${statusUrl}`]: done,
      [`GET ${origin}/files/1`]: good,
    }),
  )
  const first = await talk.run()
  expect([exitOf(first), codeOf(first)]).toEqual([4, 'BULKX_KICK_OFF_REFUSED'])
  expect(exitOf(await talk.run())).toBe(0)
})

test("M-20 a bucket's own URL is refused at once, the others are fetched", async () => {
  const listed = { body: manifest([file('1'), { type: 'Patient', url: 'gs://bucket/Patient.ndjson' }]) }
  const talk = await conversation(routes({ [`GET ${statusUrl}`]: listed, [`GET ${origin}/files/1`]: good }))
  const ran = await talk.run()
  expect(exitOf(ran)).toBe(7)
  expect(ran.error?.hint).toContain("that cloud's own tool")
  expect(await dataFiles(talk.directory)).toEqual(['Patient.0001.ndjson'])
})

test('a status URL is found anywhere in the body of a kick-off', async () => {
  const body = { job: { id: 7, links: [{ rel: 'status', href: statusUrl }] } }
  const talk = await conversation(
    routes({
      [`GET ${origin}/fhir/`]: { status: 202, body },
      [`GET ${statusUrl}`]: done,
      [`GET ${origin}/files/1`]: good,
    }),
  )
  expect(exitOf(await talk.run())).toBe(0)
})

test('a job kept by --cleanup never is finished: neither export nor resume deletes it', async () => {
  const talk = await conversation(routes({ [`GET ${statusUrl}`]: done, [`GET ${origin}/files/1`]: good }))
  expect(exitOf(await talk.run({ files: { cleanup: 'never' } }))).toBe(0)
  expect(codeOf(await talk.run())).toBe('BULKX_FINISHED')
  expect(talk.server.asked('DELETE')).toHaveLength(0)
  expect(exitOf(await talk.run({}, { command: 'resume' }))).toBe(0)
  expect(talk.server.asked('DELETE')).toHaveLength(0)
})

test('a finished file that was taken away is fetched again before the manifest says that all is there', async () => {
  const listed = { body: manifest([file('1'), file('2')]) }
  const talk = await conversation(
    routes({
      [`GET ${statusUrl}`]: listed,
      [`GET ${origin}/files/1`]: good,
      [`GET ${origin}/files/2`]: [{ status: 404 }, { status: 404 }, { status: 404 }, { status: 404 }, good],
    }),
  )
  expect(exitOf(await talk.run())).toBe(7)
  await rm(join(talk.directory, 'Patient.0001.ndjson'))
  const again = await talk.run()
  expect(typesOf(again.events)).toContain('file-lost')
  expect(exitOf(again)).toBe(0)
  expect(await dataFiles(talk.directory)).toEqual(['Patient.0001.ndjson', 'Patient.0002.ndjson'])
})

test('a range that ends properly and too early is not the rest of the file', async () => {
  const whole = lines('Patient', 50)
  const etag = '"v1"'
  const half = Math.floor(whole.length / 2)
  const headers = { etag, 'content-length': String(whole.length) }
  const breaks = new NetworkError('broken', 'cut', { sent: true })
  const range = (end: number) => ({
    status: 206,
    headers: { etag, 'content-range': `bytes ${half}-${whole.length - 1}/${whole.length}` },
    body: whole.slice(half, end),
  })
  const talk = await conversation(
    routes({
      [`GET ${statusUrl}`]: done,
      [`GET ${origin}/files/1`]: [
        { headers, body: whole.slice(0, half), breaks },
        range(whole.length - 100),
        { headers, body: whole },
      ],
    }),
  )
  expect(exitOf(await talk.run())).toBe(0)
  expect(await textOf(talk.directory, 'Patient.0001.ndjson')).toBe(whole)
})

test('lines that are no resources at all are no data', async () => {
  const content = { body: '{"message":"Internal server error"}\n' }
  const talk = await conversation(routes({ [`GET ${statusUrl}`]: done, [`GET ${origin}/files/1`]: content }))
  expect(exitOf(await talk.run())).toBe(7)
})

test('a gateway that gives up (524) leaves the kick-off undecided', async () => {
  const talk = await conversation(routes({ [`GET ${origin}/fhir/`]: { status: 524 } }))
  expect(codeOf(await talk.run())).toBe('BULKX_KICK_OFF_UNDECIDED')
  expect(codeOf(await talk.run())).toBe('BULKX_KICK_OFF_UNDECIDED')
  expect(talk.server.asked('/fhir/')).toHaveLength(1)
})
