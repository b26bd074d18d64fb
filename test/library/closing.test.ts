/** Whoever closes a job that is still at work loses nothing: above all not the answer to a kick-off. */
import { expect, test } from 'vitest'
import {
  BulkxError,
  beginJob,
  configFor,
  type Exchange,
  type ExportOptions,
  exportJob,
  hostFor,
  kickOffOnly,
  openJob,
  phaseOf,
  type RunOptions,
  readJob,
  runExport,
} from '../../src/index.js'
import { place } from './place.js'

const phaseIn = async (directory: string) => {
  const state = await readJob(directory)
  return state && phaseOf(state)
}

/** An answer takes a while, and none comes after the connections were ended: as over TCP. */
const slowly =
  (exchange: Exchange): Exchange =>
  async (request) => {
    for (let turn = 0; turn < 50; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve))
    return exchange(request)
  }

const withoutAwait = async (options: ExportOptions, run: RunOptions) => {
  await using job = await openJob(await configFor(options), hostFor(run))
  await beginJob(job, 'kickoff')
  return { running: runExport(job, { steer: kickOffOnly }) }
}

test('an await that was forgotten loses no job: the answer is waited for, and written down', async () => {
  const { options, run, mock } = place({ jobMs: 60_000 })
  const { running } = await withoutAwait(options, { ...run, exchange: slowly(run.exchange) })
  expect(await phaseIn(options.out)).toBe('in-progress')
  expect(await running).toMatchObject({ phase: 'in-progress' })
  expect(await runExport(options, run)).toMatchObject({ exitCode: 0 })
  expect(mock.requests.filter(({ phase }) => phase === 'kick-off')).toHaveLength(1)
})

test('a job that is closed in the middle of a wait stops, and says why', async () => {
  const { options, run } = place({ jobMs: 60_000 })
  const job = await openJob(await configFor(options), hostFor(run))
  await beginJob(job, 'export')
  const facts = exportJob(job)
  for await (const { type } of { [Symbol.asyncIterator]: () => ({ next: () => facts.next() }) }) {
    if (type === 'kick-off-accepted') break
  }
  await job.close()
  await job.close()
  const error = await facts.next().then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(BulkxError)
  expect(error).toMatchObject({ code: 'BULKX_INTERRUPTED', hint: expect.stringContaining('await') })
  expect(await phaseIn(options.out)).toBe('in-progress')
})

test('whoever sees that a kick-off is asked for, and looks away, has it all the same', async () => {
  const { options, run } = place({ jobMs: 60_000 })
  const job = await openJob(await configFor(options), hostFor({ ...run, exchange: slowly(run.exchange) }))
  await beginJob(job, 'export')
  const facts = exportJob(job)
  expect((await facts.next()).value).toMatchObject({ type: 'kick-off-requested' })
  await job.close()
  expect(await phaseIn(options.out)).toBe('in-progress')
})
