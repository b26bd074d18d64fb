/** Manifests of jobs that go on: their files at once, the pages that they lead to, and what STU4 counts in them. */
import { expect, test } from 'vitest'
import type { JobEvent } from '../../src/job/facts.js'
import { conversation, dataFiles, exitOf, logOf, manifestOf, textOf } from '../helpers/conversation.js'
import { file, lines, manifest, origin, routes, statusUrl } from '../helpers/scripted-server.js'

const pageUrl = (number: number): string => `${statusUrl}/page-${number}`
const leads = (number: number) => ({ link: [{ relation: 'next', url: pageUrl(number) }] })
const running = (body: object) => ({ status: 202, body, headers: { 'retry-after': '10' } })

const served = Object.fromEntries(
  [1, 2, 3].map((number) => [`GET ${origin}/files/${number}`, { body: lines('Patient', 1, number) }]),
)

const asked = (talk: { server: { requests: readonly { url: string }[] } }): string[] =>
  talk.server.requests.map(({ url }) => url.slice(origin.length))

test('pages that a running job leads to are read once each, and all of them again at its end', async () => {
  const first = manifest([file('1')])
  const second = manifest([file('2')])
  const third = { body: manifest([file('3')]) }
  const talk = await conversation(
    routes({
      ...served,
      [`GET ${statusUrl}`]: [
        running(first),
        running({ ...first, ...leads(2) }),
        running({ ...first, ...leads(2) }),
        { body: { ...first, ...leads(2) } },
      ],
      // The second page is a plain file of the server's: 200, whatever the job does.
      [`GET ${pageUrl(2)}`]: [{ body: second }, { body: { ...second, ...leads(3) } }],
      [`GET ${pageUrl(3)}`]: [running(manifest([])), third],
    }),
  )
  const ran = await talk.run()
  expect(exitOf(ran)).toBe(0)
  expect(asked(talk)).toEqual([
    ...['/fhir/Group/123/$export', '/status/1', '/files/1'],
    ...['/status/1', '/status/1/page-2', '/files/2'],
    ...['/status/1', '/status/1/page-2', '/status/1/page-3'],
    ...['/status/1', '/status/1/page-2', '/status/1/page-3', '/files/3', '/status/1'],
  ])
  expect(await dataFiles(talk.directory)).toHaveLength(3)
  expect(ran.outcome.findings).toEqual([])
  const log = await logOf(talk.directory)
  expect(log.filter(({ eventId }) => eventId === 'status_complete')).toHaveLength(1)
  expect(log.filter(({ eventId }) => eventId === 'manifest_complete')).toHaveLength(1)
})

test('a page that is not to be had yet is asked for at the next look, and a circle is none', async () => {
  const first = { ...manifest([file('1')]), ...leads(2) }
  const second = { ...manifest([file('2')]), link: [{ relation: 'next', url: statusUrl }] }
  const talk = await conversation(
    routes({
      ...served,
      [`GET ${statusUrl}`]: [running(first), running(first), { body: first }],
      [`GET ${pageUrl(2)}`]: [{ status: 503 }, running(second), { body: manifest([file('2')]) }],
    }),
  )
  expect(exitOf(await talk.run())).toBe(0)
  expect(await dataFiles(talk.directory)).toHaveLength(2)
})

test('a run that is stopped between two pages goes on from what it has read', async () => {
  const first = { ...manifest([file('1')]), ...leads(2) }
  const second = manifest([file('2')])
  const talk = await conversation(
    routes({
      ...served,
      [`GET ${statusUrl}`]: [running(first), running(first), { body: first }],
      [`GET ${pageUrl(2)}`]: { body: second },
    }),
  )
  const stop = new AbortController()
  const onEvent = ({ type }: JobEvent): void => {
    if (type === 'file-completed') stop.abort()
  }
  await talk.run({}, { onEvent }, { signal: stop.signal })
  expect(exitOf(await talk.run())).toBe(0)
  expect(await dataFiles(talk.directory)).toEqual(['Patient.0001.ndjson', 'Patient.0002.ndjson'])
})

const outcomeLine = (severity: string): string =>
  `${JSON.stringify({ resourceType: 'OperationOutcome', issue: [{ severity, code: 'processing', diagnostics: 'words' }] })}\n`

const listed = (countSeverity: unknown) =>
  manifest([file('1')], { error: undefined, outcome: [{ url: `${origin}/files/o`, countSeverity }] })

test.each<[string, string, unknown, string[]]>([
  ['both agree', 'warning', [{ code: 'warning', count: 1 }], ['warning']],
  ['the server counts graver', 'information', [{ code: 'error', count: 2 }], ['error', 'information']],
  ['the content is graver', 'error', [{ code: 'warning', count: 1 }], ['error']],
  ['success is nothing to look at', 'success', [{ code: 'success', count: 1 }], ['information']],
  ['rubbish is nothing', 'warning', { code: 'fatal', count: 'many' }, ['warning']],
])('countSeverity: %s', async (_name, severity, countSeverity, expected) => {
  const talk = await conversation(
    routes({
      ...served,
      [`GET ${statusUrl}`]: { body: listed(countSeverity) },
      [`GET ${origin}/files/o`]: { body: outcomeLine(severity) },
    }),
  )
  const ran = await talk.run()
  expect(exitOf(ran)).toBe(expected.includes('error') ? 10 : 0)
  expect(ran.outcome.findings.map((finding) => finding.severity)).toEqual(expected)
})

test('headers of organizeOutputBy may be counted as resources, or not; where a block goes on is kept', async () => {
  const header = `${JSON.stringify({ resourceType: 'Parameters', parameter: [{ name: 'header', valueReference: { reference: 'Patient/1' } }] })}\n`
  const entry = (id: string, more: object) => ({ url: `${origin}/files/${id}`, ...more })
  const body = {
    ...manifest([]),
    outputOrganizedBy: 'Patient',
    output: [
      entry('1', { count: 1, continuesInFile: `${origin}/files/2`, fileSize: 5 }),
      entry('2', { count: 2 }),
    ],
  }
  const talk = await conversation(
    routes({
      [`GET ${statusUrl}`]: { body },
      [`GET ${origin}/files/1`]: { body: header + lines('Patient', 1) },
      [`GET ${origin}/files/2`]: { body: header + lines('Observation', 1) },
    }),
  )
  const ran = await talk.run()
  expect([exitOf(ran), ran.outcome.findings, ran.outcome.resources]).toEqual([0, [], 2])
  const { output, ...rest } = await manifestOf(talk.directory)
  expect(rest).toMatchObject({ outputOrganizedBy: 'Patient' })
  expect(output).toMatchObject([{ count: 1, continuesInFile: output[1]?.url }, { count: 1 }])
  expect(await textOf(talk.directory, output[0]?.url ?? '')).toContain('"Parameters"')
})
