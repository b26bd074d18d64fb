/** `log.ndjson`: what readers of the community format need, whatever the job went through. */
import { expect, test } from 'vitest'
import { attachJob } from '../../src/job/begin.js'
import { conversation, exitOf, logOf, manifestOf } from '../helpers/conversation.js'
import {
  accepted,
  fhirUrl,
  file,
  lines,
  manifest,
  origin,
  outcome,
  routes,
  statusUrl,
} from '../helpers/scripted-server.js'

test('one exportId across refusals, processes and failures; the last kickoff is the good one', async () => {
  let up = false
  const talk = await conversation(
    routes({
      [`GET ${fhirUrl}/`]: [{ status: 400, body: outcome('error', 'no') }, accepted],
      [`GET ${origin}/files/1`]: () => (up ? { body: lines('Patient', 2) } : { status: 404, body: 'gone?' }),
    }),
  )
  expect(exitOf(await talk.run())).toBe(4)
  expect(exitOf(await talk.run())).toBe(7)
  up = true
  expect(exitOf(await talk.run())).toBe(0)
  const log = await logOf(talk.directory)
  expect(new Set(log.map(({ exportId }) => exportId)).size).toBe(1)
  const kickoffs = log.filter(({ eventId }) => eventId === 'kickoff')
  expect(kickoffs.map(({ eventDetail }) => eventDetail.errorCode)).toEqual([400, null])
  expect(kickoffs.at(-1)?.eventDetail).toMatchObject({
    exportUrl: `${fhirUrl}/Group/123/$export`,
    logVersion: '2',
  })
  const of = (id: string) => log.filter(({ eventId }) => eventId === id)
  for (const id of ['status_complete', 'manifest_complete', 'export_complete']) expect(of(id)).toHaveLength(1)
  expect(of('download_error').length).toBeGreaterThanOrEqual(1)
  expect(of('download_complete')).toMatchObject([
    { eventDetail: { fileUrl: `${origin}/files/1`, resourceCount: 2 } },
  ])
  expect(of('download_request')).toHaveLength(of('download_error').length + 1)
  for (const { timestamp } of log) expect(new Date(timestamp).toISOString()).toBe(timestamp)
})

test.each<[string, unknown, string]>([
  ['an instant', '2026-01-01T00:00:00.123456789+05:00', '2026-01-01T00:00:00.123456789+05:00'],
  ['a date', '2026-01-01', '2026-01-01T00:00:00.000Z'],
  ['a year', '2026', '2026-01-01T00:00:00.000Z'],
  ['a leap second', '2016-12-31T23:59:60Z', '2016-12-31T23:59:59Z'],
  ['another format', '2020/01/20 16:53:41.160 -0500', '2020-01-20T21:53:41.160Z'],
  ['milliseconds', 1767225600000, '2026-01-01T00:00:00.000Z'],
  ['rubbish', 'yesterday', '2026-01-01T00:00:00.000Z'],
  ['nothing', undefined, '2026-01-01T00:00:00.000Z'],
])('the transactionTime is always a full instant: %s', async (_name, transactionTime, expected) => {
  const talk = await conversation(
    routes({ [`GET ${statusUrl}`]: { body: manifest([file('1')], { transactionTime }) } }),
  )
  await talk.run()
  const log = await logOf(talk.directory)
  expect(log.find(({ eventId }) => eventId === 'status_complete')?.eventDetail.transactionTime).toBe(expected)
})

test('%24 of a kick-off URL is written as $, and queries of files not at all', async () => {
  const url = `${origin}/fhir/Group/g1/%24export`
  const talk = await conversation(
    routes({
      [`GET ${statusUrl}`]: { body: manifest([{ type: 'Patient', url: `${origin}/files/1?sig=SECRET` }]) },
      [`GET ${origin}/files/1`]: { body: lines('Patient', 1) },
    }),
  )
  const kickOff = {
    target: { kind: 'url', url },
    operation: '$export',
    method: 'get',
    listStyle: 'comma',
    lenient: false,
  } as const
  expect(exitOf(await talk.run({ kickOff }))).toBe(0)
  const log = await logOf(talk.directory)
  expect(log[0]?.eventDetail.exportUrl).toBe(`${origin}/fhir/Group/g1/$export`)
  expect(talk.server.requests[0]?.url).toBe(url)
  expect(JSON.stringify(log)).not.toContain('SECRET')
})

test('a kick-off whose answer was lost is in the log once its job is found, even if the manifest has no request', async () => {
  const talk = await conversation(
    routes({
      [`GET ${fhirUrl}/`]: { status: 504 },
      [`GET ${statusUrl}`]: { body: manifest([file('1')], { request: undefined }) },
    }),
  )
  await talk.run()
  const begin = (job: Parameters<typeof attachJob>[0]) => attachJob(job, statusUrl).then(() => 'run' as const)
  expect(exitOf(await talk.run({}, { begin }))).toBe(0)
  const kickoffs = (await logOf(talk.directory)).filter(({ eventId }) => eventId === 'kickoff')
  expect(kickoffs.map(({ eventDetail }) => eventDetail.exportUrl)).toEqual([`${fhirUrl}/Group/123/$export`])
})

test('patients stay out of what an attached job says of its request', async () => {
  const request = `${fhirUrl}/Group/g1/$export?patient=Patient/a1&_type=Patient&patient=Patient/b2`
  const talk = await conversation(
    routes({ [`GET ${statusUrl}`]: { body: manifest([file('1')], { request }) } }),
  )
  const begin = (job: Parameters<typeof attachJob>[0]) => attachJob(job, statusUrl).then(() => 'run' as const)
  expect(exitOf(await talk.run({}, { begin }))).toBe(0)
  const [kickoff] = await logOf(talk.directory)
  expect(kickoff?.eventDetail.exportUrl).toBe(`${fhirUrl}/Group/g1/$export?_type=Patient`)
  expect((await manifestOf(talk.directory)).request).toBe(`${fhirUrl}/Group/g1/$export?_type=Patient`)
})
