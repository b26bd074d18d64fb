/** The end of a job on the server: DELETE after success and never otherwise, and `cancel`. */
import { readFileSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { Exchange } from '../../src/http/exchange.js'
import { NetworkError } from '../../src/http/network-error.js'
import { cancelJob } from '../../src/job/cancel.js'
import { kickOffOnly } from '../../src/job/steer.js'
import type { OpenJob } from '../../src/open-job.js'
import { codeOf, conversation, dataFiles, exitOf, manifestOf, tree } from '../helpers/conversation.js'
import {
  file,
  lines,
  manifest,
  origin,
  outcome,
  type Reply,
  routes,
  type Script,
  statusUrl,
} from '../helpers/scripted-server.js'

const reset = new NetworkError('broken', 'the connection was reset', { sent: true })

const talkOf = (answer: Script, differences: Record<string, Script> = {}) =>
  conversation(routes({ [`DELETE ${statusUrl}`]: answer, ...differences }))

describe('DELETE after success', () => {
  test.each<[string, Reply, number]>([
    ['C-01 200', { status: 200 }, 1],
    ['C-01 202', { status: 202 }, 1],
    ['C-01 204', { status: 204 }, 1],
    ['C-02 404', { status: 404 }, 1],
    ['C-02 410', { status: 410 }, 1],
    ['C-02 400', { status: 400, body: outcome('error', 'cannot be deleted') }, 1],
    ['C-03 405', { status: 405 }, 1],
    ['C-03 501', { status: 501 }, 1],
    ['C-04 401', { status: 401 }, 1],
    ['C-06 500 gets one more', { status: 500 }, 2],
    ['a reset gets one more', reset, 2],
  ])('%s does not change the end, and is not asked again', async (_name, answer, times) => {
    const talk = await talkOf(answer)
    expect(exitOf(await talk.run())).toBe(0)
    expect(talk.server.asked('DELETE')).toHaveLength(times)
    const order = talk.server.requests.map(({ method }) => method)
    expect(order.indexOf('DELETE')).toBeGreaterThan(order.lastIndexOf('GET'))
    expect(await tree(talk.directory)).toEqual(['Patient.0001.ndjson', 'log.ndjson', 'manifest.json'])
    expect(exitOf(await talk.run({}, { command: 'resume' }))).toBe(0)
    expect(talk.server.asked('DELETE')).toHaveLength(times)
  })

  const deletesAt = async (answers: Reply[]): Promise<number[]> => {
    const talk = await talkOf(answers)
    expect(exitOf(await talk.run())).toBe(0)
    const [first = 0, ...more] = talk.server.asked('DELETE').map(({ at }) => at)
    return more.map((at) => at - first)
  }

  test.each<[string, Reply, number[]]>([
    ['what it asks, up to half a minute', { status: 429, headers: { 'retry-after': '30' } }, [30_000]],
    ['no longer', { status: 503, headers: { 'retry-after': '31' } }, []],
    ['a little, where it does not say', { status: 503 }, [2000]],
    ['not after a time-out', new NetworkError('timeout', 'no answer came in time', { sent: true }), []],
  ])('a server that cannot delete now is waited for: %s', async (_name, answer, waits) => {
    expect(await deletesAt([answer, { status: 202 }])).toEqual(waits)
  })

  test('after findings, too', async () => {
    const talk = await talkOf({ status: 202 }, { [`GET ${origin}/files/1`]: { body: lines('Patient', 1) } })
    expect(exitOf(await talk.run())).toBe(10)
    expect(talk.server.asked('DELETE')).toHaveLength(1)
  })

  test('--cleanup never sends none', async () => {
    const talk = await talkOf({ status: 202 })
    expect(exitOf(await talk.run({ files: { cleanup: 'never' } }))).toBe(0)
    expect(talk.server.asked('DELETE')).toEqual([])
  })

  test('C-07 none after a failed file', async () => {
    const talk = await talkOf({ status: 202 }, { [`GET ${origin}/files/1`]: { status: 404 } })
    expect(exitOf(await talk.run())).toBe(7)
    expect(talk.server.asked('DELETE')).toEqual([])
  })

  test('a run that ends between manifest.json and DELETE deletes when it goes on', async () => {
    const talk = await talkOf({ status: 202 })
    const steer = (step: { do: string }) => (step.do === 'delete' ? { do: 'stop' as const } : (step as never))
    expect(exitOf(await talk.run({}, { steer }))).toBe(0)
    expect(talk.server.asked('DELETE')).toEqual([])
    expect(exitOf(await talk.run({}, { command: 'resume' }))).toBe(0)
    expect(talk.server.asked('DELETE')).toHaveLength(1)
    expect(talk.server.asked('/files/1')).toHaveLength(1)
  })

  test.each([
    ['is gone', (path: string) => rmSync(path)],
    ['has another size', (path: string) => truncateSync(path, 3)],
  ])('what %s by then is fetched again before the server forgets it', async (_what, damage) => {
    const talk = await talkOf({ status: 202 })
    const steer = (step: { do: string }) => (step.do === 'delete' ? { do: 'stop' as const } : (step as never))
    await talk.run({}, { steer })
    const path = join(talk.directory, 'Patient.0001.ndjson')
    const [before, listed] = [readFileSync(path), await manifestOf(talk.directory)]
    damage(path)
    expect(exitOf(await talk.run({}, { command: 'resume' }))).toBe(0)
    expect(readFileSync(path)).toEqual(before)
    expect((await manifestOf(talk.directory)).output).toEqual(listed.output)
    expect([talk.server.asked('/files/1').length, talk.server.asked('DELETE').length]).toEqual([2, 1])
  })
})

describe('cancel', () => {
  const cancel = { begin: (job: OpenJob) => cancelJob(job).then(() => 'done' as const) }
  const running: Record<string, Script> = { [`GET ${statusUrl}`]: { status: 202 } }

  test.each([200, 202, 204, 404, 410])('%i: cancelled, and every later command says so', async (status) => {
    const talk = await talkOf({ status }, running)
    await talk.run({}, { steer: kickOffOnly })
    const ran = await talk.run({}, cancel)
    expect([ran.thrown, ran.outcome.phase]).toEqual([undefined, 'cancelled'])
    const asked = talk.server.requests.length
    for (const command of ['resume', 'export', 'kickoff'] as const)
      expect(exitOf(await talk.run({}, { command }))).toBe(6)
    const again = await talk.run({}, { command: 'export' })
    expect(`${String(again.error?.hint)}`).toContain('--again')
    await talk.run({}, cancel)
    expect(talk.server.requests).toHaveLength(asked)
  })

  test.each<[string, Reply, string]>([
    ['401', { status: 401 }, 'BULKX_UNAUTHORIZED'],
    ['403', { status: 403 }, 'BULKX_UNAUTHORIZED'],
    ['405', { status: 405 }, 'BULKX_UNREACHABLE'],
    ['500', { status: 500 }, 'BULKX_UNREACHABLE'],
    ['no answer', reset, 'BULKX_UNREACHABLE'],
  ])('%s is no consent: the job goes on', async (_name, answer, code) => {
    const talk = await talkOf(answer, running)
    await talk.run({}, { steer: kickOffOnly })
    const ran = await talk.run({}, cancel)
    expect([codeOf(ran), ran.outcome.phase]).toEqual([code, 'in-progress'])
  })

  test('keeps what is on disk, and there is no manifest.json', async () => {
    const listed = manifest([file('1'), file('2')])
    const talk = await talkOf(
      { status: 202 },
      { [`GET ${statusUrl}`]: { body: listed }, [`GET ${origin}/files/2`]: { status: 500 } },
    )
    expect(exitOf(await talk.run())).toBe(7)
    await talk.run({}, cancel)
    expect(await dataFiles(talk.directory)).toEqual(['Patient.0001.ndjson'])
    expect(await tree(talk.directory)).not.toContain('manifest.json')
    expect(exitOf(await talk.run({}, { command: 'resume' }))).toBe(6)
  })

  test('an answer that came at once is no job: its URL is that of the kick-off', async () => {
    const kickOff = `GET ${origin}/fhir/`
    const whole = await talkOf({ status: 202 }, { [kickOff]: { body: manifest([file('1')]) } })
    expect(exitOf(await whole.run())).toBe(0)
    expect((await whole.run({}, cancel)).thrown).toBeUndefined()
    const partly = await talkOf(
      { status: 202 },
      { [kickOff]: { body: manifest([file('1')]) }, [`GET ${origin}/files/1`]: { status: 404 } },
    )
    expect(exitOf(await partly.run())).toBe(7)
    expect(codeOf(await partly.run({}, cancel))).toBe('BULKX_NO_JOB')
    for (const talk of [whole, partly]) expect(talk.server.asked('DELETE')).toEqual([])
  })

  test('a directory without a job, and one whose kick-off is undecided', async () => {
    const talk = await talkOf({ status: 202 })
    expect(codeOf(await talk.run({}, cancel))).toBe('BULKX_NO_JOB')
    const undecided = await conversation(routes({ [`GET ${origin}/fhir/`]: { status: 504 } }))
    await undecided.run()
    expect(codeOf(await undecided.run({}, cancel))).toBe('BULKX_KICK_OFF_UNDECIDED')
    expect(undecided.server.asked('DELETE')).toEqual([])
  })
})

test('a DELETE whose answer drips holds nobody for long: its status is enough', async () => {
  const talk = await talkOf({ status: 200 })
  const { clock, server } = talk
  let startedAt = 0
  const drip = async function* (): AsyncGenerator<Buffer> {
    for (;;) {
      yield Buffer.from(' ')
      await clock.sleep(1000)
    }
  }
  const exchange: Exchange = async (request) => {
    const reply = await server.exchange(request)
    if (request.method !== 'DELETE') return reply
    startedAt = clock.now()
    return { ...reply, body: Readable.from(drip(), { objectMode: false }) }
  }
  const ran = await talk.run({}, {}, { exchange })
  expect(exitOf(ran)).toBe(0)
  expect(clock.now() - startedAt).toBeLessThan(10_000)
  expect(ran.events.find(({ type }) => type === 'delete-answered')).toMatchObject({ status: 200 })
})
