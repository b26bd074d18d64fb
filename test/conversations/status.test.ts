/** Answers that end a job, or only seem to: doubts, confirmations, grace, and what every later command then says. */
import { describe, expect, test } from 'vitest'
import { lookOnce, onlyLook } from '../../src/job/steer.js'
import { codeOf, conversation, dataFiles, exitOf, logOf, tree } from '../helpers/conversation.js'
import {
  file,
  manifest,
  origin,
  outcome,
  type Reply,
  routes,
  type Script,
  statusUrl,
} from '../helpers/scripted-server.js'

const done: Reply = { body: manifest([file('1', 'Patient', { count: 2 })]) }
const broken: Reply = { status: 500, body: outcome('error', 'Error trying to fetch job', 'exception') }

const talkOf = (status: Script) => conversation(routes({ [`GET ${statusUrl}`]: status }), { random: () => 0 })
const looksOf = (talk: Awaited<ReturnType<typeof talkOf>>): number[] =>
  talk.server.asked(`GET ${statusUrl}`).map(({ at }) => at)

describe('a 500 that is not marked transient', () => {
  test('P-23 is believed after three more looks at growing intervals within two minutes', async () => {
    const talk = await talkOf(broken)
    const ran = await talk.run()
    expect(codeOf(ran)).toBe('BULKX_EXPORT_FAILED')
    expect(exitOf(ran)).toBe(5)
    const looks = looksOf(talk)
    expect(looks).toHaveLength(4)
    const waits = looks.slice(1).map((at, index) => at - (looks[index] ?? 0))
    expect(waits).toEqual([...waits].sort((a, b) => a - b))
    expect((looks.at(-1) ?? 0) - (looks[0] ?? 0)).toBeLessThanOrEqual(120_000)
    expect(ran.error?.message).toContain('Error trying to fetch job')
    expect(talk.server.asked('DELETE')).toEqual([])
  })

  test('P-22 once, then the end', async () => {
    const talk = await talkOf([broken, done])
    expect(exitOf(await talk.run())).toBe(0)
  })

  test('an answer that is no 500 starts the confirmations anew', async () => {
    const talk = await talkOf([broken, broken, broken, { status: 202 }, broken, broken, broken, done])
    expect(exitOf(await talk.run())).toBe(0)
  })

  test('is confirmed within a shorter --patience and --poll-max', async () => {
    const talk = await talkOf(broken)
    await talk.run({ waiting: { patienceMs: 12_000 } })
    expect(looksOf(talk)).toEqual([200, 1200, 4200, 12_200])
    const quick = await talkOf(broken)
    await quick.run({ waiting: { pollMaxMs: 2_000 } })
    expect(looksOf(quick)).toEqual([200, 2200, 4200, 6200])
  })

  test('P-32 200 without a body is asked three times more, then 5', async () => {
    const talk = await talkOf({ status: 200 })
    expect(exitOf(await talk.run())).toBe(5)
    expect(looksOf(talk)).toHaveLength(4)
  })
})

describe('the end of a job', () => {
  test.each<[string, Reply, number, string]>([
    ['P-29 404 with an outcome', { status: 404, body: outcome('error', 'gone', 'deleted') }, 6, 'gone'],
    ['P-30 404 plain', { status: 404, body: 'Could not find job' }, 6, 'gone'],
    ['P-31 410', { status: 410 }, 6, 'gone'],
    ['P-33 200 with words of a cancelled job', { body: 'Export job has been canceled' }, 6, 'gone'],
    ['P-34 a sign-in page', { body: '<html><h1>Sign in</h1></html>' }, 3, 'in-progress'],
    ['another page', { body: '<html><title>Welcome</title></html>' }, 5, 'failed'],
    ['P-36 an array', { body: '[]' }, 5, 'failed'],
    ['P-36 null', { body: 'null' }, 5, 'failed'],
    ['P-37 200 with an error outcome', { body: outcome('error', 'boom') }, 5, 'failed'],
    ['P-38 a Bundle', { body: { resourceType: 'Bundle', type: 'batch-response' } }, 5, 'failed'],
    [
      'P-41 X-Export-Status: 400',
      { headers: { 'x-export-status': '400 Bad' }, body: outcome('error', 'no') },
      5,
      'failed',
    ],
    ['400', { status: 400, body: outcome('error', 'no such export') }, 5, 'failed'],
    ['P-20 401', { status: 401 }, 3, 'in-progress'],
    ['403', { status: 403 }, 3, 'in-progress'],
  ])('%s', async (_name, reply, exitCode, phase) => {
    const talk = await talkOf([{ status: 202, headers: { 'retry-after': '60' } }, reply])
    const ran = await talk.run()
    expect([exitOf(ran), ran.outcome.phase]).toEqual([exitCode, phase])
    expect(await dataFiles(talk.directory)).toEqual([])
    expect(await tree(talk.directory)).not.toContain('manifest.json')
    expect(talk.server.asked('DELETE')).toEqual([])
    const before = talk.server.requests.length
    const again = await talk.run({}, { command: 'resume' })
    expect(exitOf(again)).toBe(exitCode)
    // What the server has pronounced is repeated without asking; what a person can mend is asked again.
    const asksAgain = phase === 'in-progress'
    expect(talk.server.requests.length > before).toBe(asksAgain)
  })

  test('the log names the status that ended the job', async () => {
    const talk = await talkOf([{ status: 202, headers: { 'retry-after': '60' } }, { status: 410 }])
    await talk.run()
    expect((await logOf(talk.directory)).at(-1)).toMatchObject({
      eventId: 'status_error',
      eventDetail: { code: 410 },
    })
  })

  test('P-28 a 404 right after the kick-off gets one more look', async () => {
    const talk = await talkOf([{ status: 404 }, { status: 202 }, done])
    expect(exitOf(await talk.run())).toBe(0)
    const gone = await talkOf({ status: 404 })
    expect(exitOf(await gone.run())).toBe(6)
    expect(looksOf(gone)).toHaveLength(2)
  })

  test('P-40 200 with X-Export-Status 202 goes on', async () => {
    const talk = await talkOf([{ headers: { 'x-export-status': '202 Accepted' } }, done])
    expect(exitOf(await talk.run())).toBe(0)
  })

  test('P-43 406 is asked once more with the media type of FHIR', async () => {
    const talk = await talkOf(({ headers }) =>
      headers.accept === 'application/json' ? { status: 406 } : done,
    )
    expect(exitOf(await talk.run())).toBe(0)
  })

  test('P-06 200 with a status word and no output goes on', async () => {
    const running = { status: 'In Progress', batches: { complete: 1, total: 4 } }
    const talk = await talkOf([{ body: running }, done])
    const ran = await talk.run()
    expect(exitOf(ran)).toBe(0)
    expect(ran.events.find((event) => event.type === 'status-in-progress')).toMatchObject({
      progress: '1/4 batches',
    })
  })

  test('a status word with an empty error list goes on, too', async () => {
    const talk = await talkOf([
      { body: { status: 'in-progress', error: [], request: 'x', transactionTime: 'y' } },
      done,
    ])
    expect(exitOf(await talk.run())).toBe(0)
    expect(looksOf(talk)).toHaveLength(2)
  })
})

describe('one look', () => {
  const running: Reply = { status: 202, headers: { 'retry-after': '600', 'x-progress': '10%' } }

  test('resume --once asks once, and not before the Retry-After has passed', async () => {
    const talk = await talkOf([running, done])
    const once = () => talk.run({}, { command: 'resume', steer: lookOnce(talk.clock.now()) })
    expect(
      exitOf(await talk.run({}, { steer: (step) => (step.do === 'kick-off' ? step : { do: 'stop' }) })),
    ).toBe(9)
    expect(exitOf(await once())).toBe(9)
    expect(looksOf(talk)).toHaveLength(1)
    talk.clock.advance(599_000)
    expect(exitOf(await once())).toBe(9)
    expect(looksOf(talk)).toHaveLength(1)
    talk.clock.advance(1_000)
    expect(exitOf(await once())).toBe(0)
    expect(await dataFiles(talk.directory)).toEqual(['Patient.0001.ndjson'])
  })

  test.each<[string, Reply]>([
    ['202', { status: 202 }],
    ['503', { status: 503 }],
    ['500', broken],
    ['404 right after the kick-off', { status: 404 }],
  ])('%s ends the one look with 9', async (_name, reply) => {
    const talk = await talkOf(reply)
    await talk.run({}, { steer: (step) => (step.do === 'kick-off' ? step : { do: 'stop' }) })
    const ran = await talk.run({}, { command: 'resume', steer: lookOnce(talk.clock.now()) })
    expect(exitOf(ran)).toBe(9)
    expect(looksOf(talk)).toHaveLength(1)
  })

  test.each<[string, Reply]>([
    ['202', { status: 202 }],
    ['503', { status: 503 }],
  ])('a further page that answers %s is looked at once, too', async (_name, reply) => {
    const first: Reply = {
      body: manifest([file('1')], { link: [{ relation: 'next', url: `${origin}/pages/2` }] }),
    }
    const talk = await conversation(routes({ [`GET ${statusUrl}`]: first, [`GET ${origin}/pages/2`]: reply }))
    await talk.run({}, { steer: (step) => (step.do === 'kick-off' ? step : { do: 'stop' }) })
    const ran = await talk.run({}, { command: 'resume', steer: lookOnce(talk.clock.now()) })
    expect(exitOf(ran)).toBe(9)
    expect(talk.server.asked('/pages/2')).toHaveLength(1)
  })

  test('status looks, and fetches, writes and deletes nothing', async () => {
    const talk = await talkOf(done)
    await talk.run({}, { steer: (step) => (step.do === 'kick-off' ? step : { do: 'stop' }) })
    const ran = await talk.run({}, { command: 'resume', steer: onlyLook(talk.clock.now()) })
    expect([exitOf(ran), ran.outcome.phase]).toEqual([9, 'downloading'])
    expect(talk.server.asked('/files/')).toEqual([])
    expect(await tree(talk.directory)).toEqual(['log.ndjson'])
  })
})
