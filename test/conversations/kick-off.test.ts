/** The kick-off: sent as rarely as can be, and never again once it may have arrived. */
import { describe, expect, test } from 'vitest'
import { BulkxError } from '../../src/errors.js'
import { NetworkError } from '../../src/http/network-error.js'
import { attachJob } from '../../src/job/begin.js'
import { onlyLook } from '../../src/job/steer.js'
import { codeOf, conversation, dataFiles, exitOf, logOf, textOf, typesOf } from '../helpers/conversation.js'
import { kickOffOf } from '../helpers/job.js'
import {
  accepted,
  fhirUrl,
  origin,
  outcome,
  type Reply,
  routes,
  type Script,
  statusUrl,
} from '../helpers/scripted-server.js'

const refused = new NetworkError('refused', 'the connection was refused', { sent: false })
const reset = new NetworkError('broken', 'the connection was reset', { sent: true })
const timeout = new NetworkError('timeout', 'no answer came in time', { sent: true })
const busy = (retryAfter?: string): Reply => ({
  status: 429,
  headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
  body: outcome('error', 'one job at a time', 'throttled'),
})
const unavailable = (retryAfter?: string): Reply => ({
  status: 503,
  headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
})

const talkOf = (kickOff: Script) => conversation(routes({ [`GET ${fhirUrl}/`]: kickOff }))
const times = (talk: Awaited<ReturnType<typeof talkOf>>): number[] =>
  talk.server.asked('/$export').map(({ at }) => at)

describe('what is sent again', () => {
  test.each<[string, Reply[], number[], number]>([
    ['K-29 refused twice, then 202', [refused, refused, accepted], [0, 3000, 10_000], 0],
    ['refused for ever', [refused], [0, 3000, 10_000], 9],
    ['K-30 503 with Retry-After: 2', [unavailable('2'), accepted], [0, 3000], 0],
    ['503 with Retry-After: 8', [unavailable('8'), accepted], [0, 8000], 0],
    ['503 with Retry-After: 60 is not waited for', [unavailable('60'), accepted], [0], 9],
    ['K-31 503 for ever', [unavailable()], [0, 3000, 10_000], 9],
    ['429 once, with Retry-After: 5', [busy('5'), accepted], [0, 5000], 0],
    ['K-15 429 with Retry-After: 0', [busy('0')], [0, 10_000], 4],
    ['429 without Retry-After, for ever', [busy()], [0, 10_000], 4],
    ['K-14 429 with Retry-After: 600 is not waited for', [busy('600')], [0], 4],
    ['K-17 409, then 202', [{ status: 409 }, accepted], [0, 10_000], 0],
    ['409 for ever', [{ status: 409 }], [0, 10_000], 4],
  ])('%s', async (_name, replies, at, exitCode) => {
    const talk = await talkOf(replies)
    const ran = await talk.run()
    expect([times(talk), exitOf(ran)]).toEqual([at, exitCode])
  })

  test('a shorter --patience leaves fewer attempts', async () => {
    const talk = await talkOf(refused)
    expect(exitOf(await talk.run({ waiting: { patienceMs: 5_000 } }))).toBe(9)
    expect(times(talk)).toEqual([0, 3000])
  })

  test('after an unreachable server the same command starts anew', async () => {
    const talk = await talkOf([refused, refused, refused, accepted])
    expect(codeOf(await talk.run())).toBe('BULKX_UNREACHABLE')
    expect(exitOf(await talk.run())).toBe(0)
  })
})

describe('what is never sent again', () => {
  test.each<[string, Reply]>([
    ['K-27 504', { status: 504 }],
    ['502', { status: 502, body: '<html><h1>Bad gateway</h1></html>' }],
    ['K-28 a reset', reset],
    ['a time-out', timeout],
    ['K-03 202 without an address', { status: 202 }],
    [
      'K-08 an address that is none',
      { status: 202, headers: { 'content-location': 'gs://bucket/operations/1' } },
    ],
    ['202 whose body breaks off', { status: 202, body: '{"url"', breaks: reset }],
  ])('%s: undecided, 4, for every later command, until the URL is known', async (_name, reply) => {
    const talk = await talkOf(reply)
    const first = await talk.run()
    expect([codeOf(first), first.outcome.phase, exitOf(first)]).toEqual([
      'BULKX_KICK_OFF_UNDECIDED',
      'undecided',
      4,
    ])
    for (const command of ['export', 'resume', 'kickoff'] as const)
      expect(codeOf(await talk.run({}, { command }))).toBe('BULKX_KICK_OFF_UNDECIDED')
    expect(times(talk)).toHaveLength(1)
    const attach = {
      begin: async (job: Parameters<typeof attachJob>[0]) =>
        attachJob(job, statusUrl).then(() => 'run' as const),
    }
    const attached = await talk.run({}, attach)
    expect(exitOf(attached)).toBe(0)
    expect(times(talk)).toHaveLength(1)
    expect(await dataFiles(talk.directory)).toEqual(['Patient.0001.ndjson'])
    const kickoffs = (await logOf(talk.directory)).filter(({ eventId }) => eventId === 'kickoff')
    expect(kickoffs.map(({ eventDetail }) => eventDetail.exportUrl)).toEqual([`${fhirUrl}/Group/123/$export`])
  })

  test('the address in the headers is enough, even when the body breaks off', async () => {
    const talk = await talkOf({ ...(accepted as object), body: '{"x"', breaks: reset })
    expect(exitOf(await talk.run())).toBe(0)
  })
})

describe('credentials that cannot be had', () => {
  test('are no kick-off: the same command starts it later', async () => {
    const talk = await talkOf(accepted)
    const token = async (): Promise<string> => {
      throw new BulkxError('BULKX_TOKEN', 'The token file cannot be read')
    }
    const first = await talk.run({ network: { token } })
    expect([codeOf(first), first.outcome.phase]).toEqual(['BULKX_TOKEN', 'new'])
    // Said once: the fact announces no further attempt, so that the error alone speaks of it.
    expect(first.events.at(-1)?.type).toBe('kick-off-unsent')
    expect(first.events.at(-1)).not.toHaveProperty('againAfterMs')
    expect(talk.server.requests).toEqual([])
    expect(exitOf(await talk.run())).toBe(0)
  })
})

describe('refusals', () => {
  test.each<[string, Reply, string]>([
    [
      'K-21 400',
      { status: 400, body: outcome('error', 'Unknown parameter _until') },
      'BULKX_KICK_OFF_REFUSED',
    ],
    ['K-22 422', { status: 422, body: outcome('error', 'bad _typeFilter') }, 'BULKX_KICK_OFF_REFUSED'],
    ['K-23 406', { status: 406, body: 'empty group' }, 'BULKX_KICK_OFF_REFUSED'],
    ['K-24 501', { status: 501 }, 'BULKX_KICK_OFF_REFUSED'],
    ['K-25 405', { status: 405 }, 'BULKX_KICK_OFF_REFUSED'],
    ['500', { status: 500 }, 'BULKX_KICK_OFF_REFUSED'],
    ['404', { status: 404 }, 'BULKX_KICK_OFF_REFUSED'],
    ['K-33 200 with a Bundle', { body: { resourceType: 'Bundle' } }, 'BULKX_NOT_BULK_DATA'],
    ['K-34 200 with a page', { body: '<html><title>Login</title></html>' }, 'BULKX_NOT_BULK_DATA'],
    ['K-36 401', { status: 401 }, 'BULKX_UNAUTHORIZED'],
    ['K-37 403', { status: 403, body: outcome('error', 'insufficient scope') }, 'BULKX_UNAUTHORIZED'],
  ])("%s is final, once, with the server's words", async (_name, reply, code) => {
    const talk = await talkOf(reply)
    const ran = await talk.run()
    expect(codeOf(ran)).toBe(code)
    expect(exitOf(ran)).toBe(code === 'BULKX_UNAUTHORIZED' ? 3 : 4)
    expect(times(talk)).toEqual([0])
    expect(typesOf(ran.events).at(-1)).toBe('kick-off-refused')
    const body = 'body' in reply ? reply.body : undefined
    const words = /"diagnostics":"([^"]*)"/.exec(JSON.stringify(body) ?? '')?.[1]
    if (words !== undefined) expect(String(ran.thrown)).toContain(words)
  })

  test("K-16 a busy server's jobs are listed with the commands that help", async () => {
    const headers = { 'content-location': `${origin}/status/7, ${origin}/status/8`, 'retry-after': '600' }
    const talk = await talkOf({ status: 429, headers })
    const ran = await talk.run()
    expect(codeOf(ran)).toBe('BULKX_SERVER_BUSY')
    expect((ran.thrown as BulkxError).hint).toContain(`bulkx resume ${origin}/status/7`)
    expect((ran.thrown as BulkxError).hint).toContain(`bulkx cancel ${origin}/status/7`)
  })

  test('K-35 a redirect to another origin is followed without the credential', async () => {
    const talk = await conversation(
      routes({
        [`GET ${fhirUrl}/`]: { status: 302, headers: { location: 'https://login.example/x' } },
        'GET https://login.example/x': { body: '<html><h1>Log in</h1></html>' },
      }),
    )
    expect(exitOf(await talk.run())).toBe(4)
    expect(talk.server.asked('login.example')).toHaveLength(1)
  })

  test.each([301, 302, 303])('a POST is not repeated after a %i', async (status) => {
    const talk = await conversation(
      routes({ [`POST ${fhirUrl}/`]: { status, headers: { location: `${origin}/elsewhere` } } }),
    )
    expect(exitOf(await talk.run({ kickOff: kickOffOf({ method: 'post' }) }))).toBe(4)
    expect(talk.server.requests).toHaveLength(1)
  })
})

describe('what the next command finds', () => {
  test.each<[string, Reply, string, number]>([
    ['a refusal', { status: 400, body: outcome('error', 'Unknown parameter') }, 'BULKX_KICK_OFF_REFUSED', 4],
    ['no access', { status: 403 }, 'BULKX_UNAUTHORIZED', 3],
    ['a busy server', busy('600'), 'BULKX_SERVER_BUSY', 4],
    ['maintenance', unavailable('600'), 'BULKX_UNREACHABLE', 9],
  ])('%s is said again without asking, and is no job', async (_name, reply, code, exitCode) => {
    const talk = await talkOf(reply)
    expect(exitOf(await talk.run())).toBe(exitCode)
    const looked = await talk.run({}, { command: 'resume', steer: onlyLook(0) })
    expect([looked.outcome.phase, codeOf(looked), exitOf(looked)]).toEqual(['new', code, exitCode])
    expect(times(talk)).toHaveLength(1)
  })

  test('another method takes the place of one that was refused', async () => {
    const talk = await talkOf({ status: 405 })
    expect(exitOf(await talk.run())).toBe(4)
    expect(exitOf(await talk.run({ kickOff: kickOffOf({ method: 'post' }) }))).toBe(0)
    expect(talk.server.asked('/$export').map(({ method }) => method)).toEqual(['GET', 'POST'])
  })

  test('K-08 a name that leads nowhere leaves the kick-off undecided; one that leads somewhere is gone later', async () => {
    const named: Reply = { status: 202, headers: { 'content-location': 'operations/1' } }
    const url = `${fhirUrl}/Group/123/operations/1`
    const at = (answers: Script) =>
      conversation(routes({ [`GET ${fhirUrl}/`]: named, [`GET ${url}`]: answers }))
    const ran = await (await at({ status: 404 })).run()
    expect([codeOf(ran), ran.outcome.phase]).toEqual(['BULKX_KICK_OFF_UNDECIDED', 'undecided'])
    expect(String(ran.thrown)).toContain('operations/1')
    const later = [...Array(40).fill({ status: 202 }), { status: 404 }]
    expect(codeOf(await (await at(later)).run())).toBe('BULKX_JOB_GONE')
  })
})

describe('patients are not written down', () => {
  test.each(['comma', 'repeat'] as const)('neither in the log nor in the manifest: %s', async (listStyle) => {
    const talk = await talkOf(accepted)
    const kickOff = kickOffOf({ patient: ['a1', 'b2', 'c3'], type: ['Patient'], listStyle })
    expect(exitOf(await talk.run({ kickOff }))).toBe(0)
    expect(talk.server.requests[0]?.url).toContain('Patient/c3')
    for (const name of ['log.ndjson', 'manifest.json']) {
      const text = await textOf(talk.directory, name)
      for (const id of ['a1', 'b2', 'c3']) expect(text).not.toContain(`Patient/${id}`)
    }
    const [kickoff] = await logOf(talk.directory)
    expect(kickoff?.eventDetail.exportUrl).toBe(`${fhirUrl}/Group/123/$export?_type=Patient`)
  })
})
