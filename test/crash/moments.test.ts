/** Kills at exact moments, one between each two things that are done about a fact; then the same command again. */
import { appendFile, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { run } from '../process/child.js'
import { factsOf, filesBelow, journalOf, newPlace, type Place } from '../process/place.js'
import { mixedData, type Served, serve, untilTold } from '../process/server.js'
import { type Digests, digestsOf, expectComplete, expectNothingHalf, expectOneJob } from './invariants.js'

const preload = [new URL('kill-at.mjs', import.meta.url).href]
const options = { data: mixedData(20), pageSize: 40, manifestEntries: 7 }
/** A file of the first page. */
const fileName = 'Encounter.0001.ndjson'

/** The first look at a job comes too early, the second one does not, however slow the machine is. */
const serveJobs = async (): Promise<Served> => {
  const server = await serve({
    ...options,
    jobMs: untilTold,
    hook: async (call, next) => {
      const response = await next(call)
      if (call.phase === 'status') server.finishJobs()
      return response
    },
  })
  return server
}

let reference: Digests

const command = ({ out }: Place, { fhirUrl }: Served): string[] => [
  ...['export', '--server', fhirUrl, '--out', out, '--json', '--poll-min', '20ms'],
]

const killedAt = async (place: Place, server: Served, moment: string): Promise<void> => {
  const ended = await run(place, command(place, server), { preload, env: { KILL_AT: moment } })
  expect([ended.signal, ended.code], `${moment}: ${ended.stderr}`).toEqual(['SIGKILL', null])
  await expectNothingHalf(place.out, reference, `killed at ${moment}`)
}

beforeAll(async () => {
  await using place = await newPlace()
  await using server = await serveJobs()
  const { code, stderr } = await run(place, command(place, server))
  expect(code, stderr).toBe(0)
  reference = await digestsOf(place.out)
  expect([...reference.keys()]).toContain(fileName)
})

const facts = [
  'job-created',
  'status-in-progress',
  'manifest-received',
  'file-completed',
  'manifest-written',
  'delete-answered',
]

const moments = [
  ...facts.flatMap((fact) => [`journal-half ${fact}`, `journal-written ${fact}`]),
  'journal-synced file-completed',
  'journal-before job-created',
  'journal-half kick-off-requested',
  'journal-written kick-off-accepted',
  'journal-before file-completed',
  `rename-before ${fileName}`,
  `rename-after ${fileName}`,
  'rename-before manifest.json',
  'rename-after manifest.json',
  'journal-before delete-answered',
  'append-half "kickoff"',
  'append-half "download_complete"',
  'append-half "export_complete"',
]

/** The job is over once the answer to its DELETE is known: the same command has nothing to go on with. */
const isOver = async ({ out }: Place): Promise<boolean> =>
  (await factsOf(out)).at(-1)?.type === 'delete-answered'

describe.concurrent('the same command completes the job after a kill', () => {
  test.each(moments)('%s', async (moment) => {
    await using place = await newPlace()
    await using server = await serveJobs()
    await killedAt(place, server, moment)
    const over = await isOver(place)
    expect(over).toBe(moment === 'journal-written delete-answered')
    const ended = await run(place, over ? ['resume', place.out] : command(place, server))
    expect(ended.code, ended.stderr).toBe(0)
    await expectComplete(place.out, reference, moment)
    expectOneJob(server, moment)
  })
})

describe.concurrent('log.ndjson is made again from the journal', () => {
  test.each(['rename-before log.ndjson', 'rename-after log.ndjson'])('%s', async (moment) => {
    await using place = await newPlace()
    await using server = await serveJobs()
    await killedAt(place, server, 'append-half "download_complete"')
    await killedAt(place, server, moment)
    const ended = await run(place, command(place, server))
    expect(ended.code, ended.stderr).toBe(0)
    await expectComplete(place.out, reference, moment)
  })
})

describe.concurrent('nobody knows whether the kick-off arrived', () => {
  const rows = [
    { moment: 'journal-written kick-off-requested', kickOffs: 0 },
    { moment: 'journal-before kick-off-accepted', kickOffs: 1 },
    { moment: 'journal-half kick-off-accepted', kickOffs: 1 },
  ]
  test.each(rows)('$moment: undecided, and nothing is sent', async ({ moment, kickOffs }) => {
    await using place = await newPlace()
    await using server = await serveJobs()
    await killedAt(place, server, moment)
    const ended = await run(place, command(place, server))
    expect([ended.code, ended.stdout]).toEqual([4, expect.stringContaining('BULKX_KICK_OFF_UNDECIDED')])
    expect(server.mock.requests).toHaveLength(kickOffs)
    const again = await run(place, [...command(place, server), '--again'])
    expect(again.code, again.stderr).toBe(0)
    await expectComplete(place.out, reference, moment)
    expect(server.asked('kick-off')).toHaveLength(kickOffs + 1)
  })
})

describe.concurrent('a lock and its takeover', () => {
  test('takeovers that are killed, one after the other, hold nobody up', async () => {
    await using place = await newPlace()
    await using server = await serveJobs()
    await killedAt(place, server, 'journal-synced file-completed')
    await killedAt(place, server, 'rename-before lock')
    await killedAt(place, server, 'rename-before lock')
    await killedAt(place, server, 'rename-after lock')
    const ended = await run(place, command(place, server))
    expect(ended.code, ended.stderr).toBe(0)
    await expectComplete(place.out, reference, 'after takeovers')
    expectOneJob(server, 'after takeovers')
  })

  test('a half-written lock of nobody is no lock for ever', async () => {
    await using place = await newPlace()
    await using server = await serveJobs()
    await killedAt(place, server, 'journal-synced file-completed')
    await appendFile(join(place.out, '.bulkx/lock'), '{"torn')
    await utimes(join(place.out, '.bulkx/lock'), 0, 0)
    const ended = await run(place, command(place, server))
    expect(ended.code, ended.stderr).toBe(0)
    await expectComplete(place.out, reference, 'after a torn lock')
  })
})

test('a journal that is damaged in its middle is not guessed at', async () => {
  await using place = await newPlace()
  await using server = await serveJobs()
  await killedAt(place, server, 'journal-synced file-completed')
  await appendFile(journalOf(place.out), '{"torn\n{"type":"job-resumed","at":1}\n')
  const before = await filesBelow(place.out)
  const ended = await run(place, command(place, server))
  expect([ended.code, ended.stdout]).toEqual([8, expect.stringContaining('is damaged at line')])
  expect(await filesBelow(place.out)).toEqual(before.filter((name) => name !== '.bulkx/lock'))
})
