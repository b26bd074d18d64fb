/** What a whole export still says: CONTRACT part 7, from the wire to the exit code, and how it is accepted. */
import { describe, expect, test } from 'vitest'
import { codeOf, conversation, exitOf, manifestOf, textOf } from '../helpers/conversation.js'
import { kickOffOf } from '../helpers/job.js'
import {
  file,
  type Listed,
  lines,
  manifest,
  origin,
  outcome,
  type Reply,
  routes,
  type Script,
  statusUrl,
} from '../helpers/scripted-server.js'

const one = lines('Patient', 1)

interface Situation {
  listed?: Listed[]
  more?: Record<string, unknown>
  content?: Script
  kickOff?: Reply
  type?: string[]
}

const talkOf = ({ listed = [file('1')], more = {}, content = { body: one }, kickOff }: Situation) =>
  conversation(
    routes({
      [`GET ${statusUrl}`]: { body: manifest(listed, more) },
      [`GET ${origin}/files/1`]: content,
      [`GET ${origin}/files/2`]: { body: lines('Observation', 1) },
      [`GET ${origin}/files/e`]: content,
      ...(kickOff && { [`GET ${origin}/fhir/`]: kickOff }),
    }),
  )

const errorFile = (severity: string): Situation => ({
  listed: [],
  more: { error: [file('e', 'OperationOutcome')] },
  content: { body: `${JSON.stringify(outcome(severity, 'Größe überschritten'))}\n` },
})
const accepted = (date: string): Reply => ({ status: 202, headers: { 'content-location': statusUrl, date } })

describe('severities and exit codes', () => {
  test.each<[string, Situation, string, string, number]>([
    ['M-11 an error file with errors', errorFile('error'), 'error', 'server-issue', 10],
    ['fatal', errorFile('fatal'), 'error', 'server-issue', 10],
    ['M-10 warnings', errorFile('warning'), 'warning', 'server-issue', 0],
    ['M-10 information', errorFile('information'), 'information', 'server-issue', 0],
    [
      'M-08 an outcome in the list itself',
      { more: { error: [outcome('error', 'failed')] } },
      'error',
      'server-issue',
      10,
    ],
    [
      'F-36 an outcome with an error between resources',
      { content: { body: `${one}${JSON.stringify(outcome('error', 'page 3 is missing'))}\n${one}` } },
      'error',
      'server-issue',
      10,
    ],
    [
      'F-36 an outcome with a warning between resources',
      { content: { body: `${one}${JSON.stringify(outcome('warning', 'slow'))}\n` } },
      'warning',
      'server-issue',
      0,
    ],
    ['failed batches', { more: { batches: { total: 4, failed: 2 } } }, 'error', 'failed-batches', 10],
    ['F-34 a bad line', { content: { body: `${one}{"resourceType":\n${one}` } }, 'error', 'bad-lines', 10],
    [
      'F-33 a raw tab in a text',
      { content: { body: '{"resourceType":"Patient","x":"a\tb"}\n' } },
      'error',
      'bad-lines',
      10,
    ],
    [
      'F-30 invalid UTF-8',
      { content: { body: Buffer.from('{"resourceType":"Patient","x":"\xff"}\n', 'latin1') } },
      'error',
      'bad-lines',
      10,
    ],
    [
      'F-35 pretty-printed',
      { content: { body: '{\n "resourceType": "Patient"\n}\n' } },
      'error',
      'not-ndjson',
      10,
    ],
    ['F-25 a wrong count', { listed: [file('1', 'Patient', { count: 2 })] }, 'error', 'wrong-count', 10],
    [
      'F-27 an empty file with a count',
      { listed: [file('1', 'Patient', { count: 10 })], content: { body: '' } },
      'error',
      'wrong-count',
      10,
    ],
    [
      'F-50 a wrong checksum',
      { listed: [file('1', 'Patient', { extension: { checksum: `sha256:${'0'.repeat(64)}` } })] },
      'error',
      'wrong-checksum',
      10,
    ],
    [
      'F-40 another type in a file',
      { content: { body: lines('Observation', 2) } },
      'warning',
      'unexpected-type',
      0,
    ],
    ['M-35 a type that was not asked', { type: ['Observation'] }, 'warning', 'type-not-asked', 0],
    [
      'M-35 a type that was not delivered',
      { type: ['Patient', 'Condition'] },
      'information',
      'type-not-delivered',
      0,
    ],
    ['F-26 an empty file', { content: { body: '' } }, 'information', 'no-lines', 0],
    [
      'M-12 no transactionTime',
      { more: { transactionTime: undefined } },
      'warning',
      'no-transaction-time',
      0,
    ],
    [
      'an old transactionTime, by the clock of the server',
      { kickOff: accepted('Thu, 01 Jan 2026 00:05:01 GMT') },
      'warning',
      'old-transaction-time',
      0,
    ],
    [
      'a transactionTime that is still to come',
      { more: { transactionTime: '2026-01-02T00:00:00Z' } },
      'warning',
      'future-transaction-time',
      0,
    ],
  ])('%s', async (_name, situation, severity, code, exitCode) => {
    const talk = await talkOf(situation)
    const kickOff = kickOffOf({ type: situation.type })
    const ran = await talk.run({ kickOff })
    expect(ran.outcome.findings).toContainEqual(expect.objectContaining({ severity, code }))
    expect(exitOf(ran)).toBe(exitCode)
    expect((await manifestOf(talk.directory)).bulkx.findings).toEqual(ran.outcome.findings)
    expect(talk.server.asked('DELETE')).toHaveLength(1)
    const strict = await talkOf(situation)
    const expected = severity === 'information' ? 0 : 10
    expect(exitOf(await strict.run({ kickOff, files: { failOn: 'warning' } }))).toBe(expected)
  })

  test.each<[string, Situation]>([
    ['a right count', { listed: [file('1', 'Patient', { count: 1 })] }],
    ['M-34 a count as text', { listed: [file('1', 'Patient', { count: '1' })] }],
    ['M-34 counts that are none', { listed: [file('1', 'Patient', { count: -1 })] }],
    [
      'F-29 CRLF, blank lines, no last newline',
      { content: { body: '{"resourceType":"Patient"}\r\n\r\n{"resourceType":"Patient"}' } },
    ],
    ['F-29 a byte order mark', { content: { body: `\ufeff${one}` } }],
    ['F-30 U+2028 in a text', { content: { body: '{"resourceType":"Patient","x":"\u2028"}\n' } }],
    [
      'M-41 header lines',
      {
        listed: [file('1', 'Patient', { count: 1 })],
        content: { body: `{"resourceType":"Parameters"}\n${one}` },
      },
    ],
    ['M-27 a type in lower case', { listed: [file('1', 'patient')] }],
    ['an old transactionTime within five minutes', { kickOff: accepted('Thu, 01 Jan 2026 00:05:00 GMT') }],
  ])('%s is no finding', async (_name, situation) => {
    const ran = await (await talkOf(situation)).run()
    expect([exitOf(ran), ran.outcome.findings]).toEqual([0, []])
  })

  test('the words of the server are shown as they were written', async () => {
    const ran = await (await talkOf(errorFile('error'))).run()
    expect(ran.outcome.findings[0]?.message).toContain('Größe überschritten')
  })

  test('K-02 what the server warns of at the kick-off is a fact, and no finding', async () => {
    const body = outcome('warning', '_elements was ignored')
    const kickOff: Reply = { status: 202, headers: { 'content-location': statusUrl }, body }
    const ran = await (await talkOf({ kickOff })).run()
    expect([exitOf(ran), ran.outcome.findings]).toEqual([0, []])
    expect(ran.events.find(({ type }) => type === 'kick-off-accepted')).toMatchObject({
      issues: [{ severity: 'warning', text: '_elements was ignored' }],
    })
  })

  test('a resource both in output and in deleted is a warning', async () => {
    const bundle = {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [{ request: { method: 'DELETE', url: 'Patient/1' } }],
    }
    const talk = await conversation(
      routes({
        [`GET ${statusUrl}`]: { body: manifest([file('1')], { deleted: [file('d', 'Bundle')] }) },
        [`GET ${origin}/files/1`]: { body: one },
        [`GET ${origin}/files/d`]: { body: `${JSON.stringify(bundle)}\n` },
      }),
    )
    const ran = await talk.run()
    expect(ran.outcome.findings).toEqual([expect.objectContaining({ severity: 'warning' })])
  })

  test('an outcome in a partial manifest that is seen three times is one finding', async () => {
    const body = manifest([file('1')], { error: [outcome('warning', 'slow')] })
    const talk = await conversation(
      routes({ [`GET ${statusUrl}`]: [{ status: 202, body }, { status: 202, body }, { body }] }),
    )
    const ran = await talk.run()
    expect(ran.outcome.findings.filter(({ code }) => code === 'server-issue')).toHaveLength(1)
  })
})

describe('a content that disappoints is fetched once more', () => {
  const counted = [file('1', 'Patient', { count: 2 })]

  test("F-25 the same bytes twice are the server's: 10, on disk", async () => {
    const talk = await talkOf({ listed: counted })
    expect(exitOf(await talk.run())).toBe(10)
    expect(talk.server.asked('/files/1')).toHaveLength(2)
    expect(await textOf(talk.directory, 'Patient.0001.ndjson')).toBe(one)
  })

  test('F-25 other bytes: 7, not on disk', async () => {
    const talk = await talkOf({ listed: counted, content: [{ body: one }, { body: lines('Patient', 1, 9) }] })
    const ran = await talk.run()
    expect(exitOf(ran)).toBe(7)
    expect(ran.error?.message).toContain('other bytes each time')
    expect(talk.server.asked('DELETE')).toEqual([])
  })

  test('the right bytes at the second time: 0', async () => {
    const talk = await talkOf({ listed: counted, content: [{ body: one }, { body: lines('Patient', 2) }] })
    expect(exitOf(await talk.run())).toBe(0)
  })
})

describe('accepting', () => {
  test('--fail-on never accepts, and then every later command ends 0', async () => {
    const talk = await talkOf(errorFile('error'))
    expect(codeOf(await talk.run())).toBe('BULKX_FINDINGS')
    const asked = talk.server.requests.length
    expect(exitOf(await talk.run({}, { command: 'resume' }))).toBe(10)
    expect(exitOf(await talk.run({ files: { failOn: 'never' } }, { command: 'resume' }))).toBe(0)
    expect(exitOf(await talk.run({}, { command: 'resume' }))).toBe(0)
    expect(talk.server.requests).toHaveLength(asked)
  })
})
