/** Killed between a kick-off and its answer: nobody knows whether a job runs, so nothing is sent by itself. */
import { expect, test } from 'vitest'
import { type Child, run, start } from '../process/child.js'
import { newPlace, objectsOf, type Place } from '../process/place.js'
import { type Hook, mixedData, type Served, serve } from '../process/server.js'
import { digestsOf, expectComplete } from './invariants.js'

const options = { data: mixedData(20), pageSize: 40 }

const command = ({ out }: Place, { fhirUrl }: Served): string[] => [
  ...['export', 'Patient', '--server', fhirUrl, '--out', out, '--json'],
]

interface Lost {
  place: Place
  server: Served
  /** What the server answered, and nobody heard. */
  statusUrl: string
}

/** A server that accepts the first kick-off when its client is dead. */
const loseAnswer = async (place: Place, test: (lost: Lost) => Promise<void>): Promise<void> => {
  let child: Child | undefined
  let statusUrl = ''
  const hook: Hook = async (call, next) => {
    if (call.phase !== 'kick-off' || statusUrl !== '') return next(call)
    child?.kill('SIGKILL')
    await child?.ended
    const response = await next(call)
    statusUrl = response.headers.get('content-location') ?? ''
    return response
  }
  await using server = await serve({ ...options, hook })
  child = start(place, command(place, server))
  expect((await child.ended).signal).toBe('SIGKILL')
  await expect.poll(() => statusUrl).not.toBe('')
  await test({ place, server, statusUrl })
}

const expectUndecided = async ({ place, server }: Lost): Promise<void> => {
  for (const args of [command(place, server), ['resume', place.out, '--json']]) {
    const ended = await run(place, args)
    expect(ended.code, ended.stderr).toBe(4)
    expect(objectsOf(ended.stdout).at(-1)).toMatchObject({
      type: 'result',
      phase: 'undecided',
      exitCode: 4,
      code: 'BULKX_KICK_OFF_UNDECIDED',
      hint: expect.stringMatching(/bulkx resume <status-url>.*--again/),
    })
  }
  expect(server.mock.requests.map(({ phase }) => phase)).toEqual(['kick-off'])
}

const uninterrupted = async () => {
  await using place = await newPlace()
  await using server = await serve(options)
  const { code, stderr } = await run(place, command(place, server))
  expect(code, stderr).toBe(0)
  return digestsOf(place.out)
}

test('the same command ends 4 and sends nothing; the status URL attaches', async () => {
  await using place = await newPlace()
  await loseAnswer(place, async (lost) => {
    await expectUndecided(lost)
    const ended = await run(place, ['resume', lost.statusUrl, '-o', place.out])
    expect(ended.code, ended.stderr).toBe(0)
    await expectComplete(place.out, await uninterrupted(), 'attached')
    expect(lost.server.asked('kick-off')).toHaveLength(1)
    expect(lost.server.asked('delete').map(({ status }) => status)).toEqual([202])
  })
})

test('--again moves the lost job aside and starts anew', async () => {
  await using place = await newPlace()
  await loseAnswer(place, async (lost) => {
    await expectUndecided(lost)
    const ended = await run(place, [...command(place, lost.server), '--again'])
    expect(ended.code, ended.stderr).toBe(0)
    await expectComplete(place.out, await uninterrupted(), 'started anew')
    expect(lost.server.asked('kick-off').map(({ status }) => status)).toEqual([202, 202])
    const aside = await run(place, ['status', `${place.out}.1`, '--json', '--offline'])
    expect([aside.code, objectsOf(aside.stdout).at(-1)]).toEqual([
      4,
      expect.objectContaining({ phase: 'undecided' }),
    ])
  })
})
