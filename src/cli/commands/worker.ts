/** `bulkx worker`: fetches files that other machines coordinate, until it is told to go. */
import { resolve } from 'node:path'
import type { Config } from '../../config.js'
import { BulkxError } from '../../errors.js'
import { withoutEndSlashes, withoutQuery } from '../../http/url.js'
import { isMock } from '../../options/values.js'
import type { WorkerEvent } from '../../queue/worker-event.js'
import { missingServer, readPolicy } from '../config.js'
import type { Run } from '../invocation.js'
import type { Io } from '../io.js'
import { stateDirectory } from '../job-list.js'
import { describeSources, passedOverText } from '../profile-words.js'
import { type Talk, talkFor } from '../reporter/index.js'
import { hostFor } from '../run-job.js'
import type { Settings } from '../settings.js'
import { count, harmless, size } from '../text.js'

/** Of no job: what is asked for is the coordinator's affair. */
const noQuestion: Config['kickOff'] = {
  target: { kind: 'system' },
  operation: '$export',
  method: 'get',
  listStyle: 'comma',
  lenient: false,
}

/** Where it may write: a directory, or the URL of an object store. */
const rootOf = (settings: Settings, io: Io): string => {
  const out = settings.get('out') ?? '.'
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(out) ? withoutEndSlashes(out) : resolve(io.cwd, out)
}

type WorkerConfig = Config & { queue: NonNullable<Config['queue']> }

const configOf = async (settings: Settings, io: Io): Promise<WorkerConfig> => {
  const server = settings.get('server')
  if (server === undefined) throw missingServer()
  if (isMock(server)) {
    throw new BulkxError(
      'BULKX_USAGE',
      'The mock of --server mock: is in its own process, where no worker is',
      {
        hint: 'start one with `bulkx mock`, and name its URL with --server',
      },
    )
  }
  const policy = await readPolicy(server, settings, io)
  if (!policy.queue) {
    throw new BulkxError('BULKX_USAGE', 'No queue was named', {
      hint: 'name the Redis of the coordinator with --queue or BULKX_QUEUE, like --queue redis://localhost:6379',
    })
  }
  const directory = rootOf(settings, io)
  return { server, fhirUrl: server, directory, kickOff: noQuestion, ...policy, queue: policy.queue }
}

const wordsOf = (event: WorkerEvent, isVerbose: boolean): string | undefined => {
  switch (event.type) {
    case 'export-taken-up':
      return `takes files of the export ${event.exportId}, into ${withoutQuery(event.place)}`
    case 'export-refused':
      return `takes no files of the export ${event.exportId}: ${event.reason}`
    case 'export-over':
      return `the export ${event.exportId} is over; ${count(event.files, 'file')} of it, ${size(event.bytes)}, came from here`
    case 'file-stored':
      return isVerbose ? `stored ${event.name}, ${size(event.bytes)}` : undefined
    case 'file-failed':
      return `${event.name} cannot be had: ${event.message}`
    case 'file-given-back':
      return `gave ${event.name} back: ${event.reason}`
    case 'leaving':
      return event.files === 0
        ? 'goes'
        : `finishes ${count(event.files, 'file')}, then goes; once more ends at once`
    default:
      return event satisfies never
  }
}

const teller =
  (talk: Talk, settings: Settings, io: Io) =>
  (event: WorkerEvent): void => {
    if (settings.get('json'))
      io.stdout.write(`${JSON.stringify({ ...event, at: new Date(io.clock.now()).toISOString() })}\n`)
    const words = wordsOf(event, settings.get('verbose') === true)
    if (words !== undefined) talk.line(harmless(words))
  }

const sayStart = (config: WorkerConfig, id: string, settings: Settings, talk: Talk): void => {
  const sources = describeSources(settings)
  const by = sources === undefined ? '' : ` (${sources})`
  talk.line(
    `worker ${id}: files of ${withoutQuery(config.fhirUrl)}${by}, into ${withoutQuery(config.directory)}`,
  )
  const passedOver = passedOverText(settings)
  if (passedOver !== undefined) talk.line(passedOver)
}

export const run: Run = async ({ settings }, io) => {
  const config = await configOf(settings, io)
  const talk = await talkFor(settings, io)
  const { openWorker } = await import('../../open-worker.js')
  const { self, ...host } = await hostFor(settings, io)
  await using worker = await openWorker(config, {
    ...host,
    self,
    env: io.env,
    stateDirectory: stateDirectory(io),
    signal: io.signal,
    onEvent: teller(talk, settings, io),
    onNote: (text) => talk.line(harmless(text)),
  })
  sayStart(config, worker.id, settings, talk)
  const result = (): Record<string, unknown> => ({ worker: worker.id, files: worker.stored })
  try {
    await worker.run()
  } catch (error) {
    return { error, result: result() }
  }
  return { error: ended(io.signal, worker.stored), result: result() }
}

const ended = (signal: AbortSignal, files: number): unknown => {
  const reason: unknown = signal.reason
  if (!(reason instanceof BulkxError)) return reason
  return new BulkxError(reason.code, `${reason.message}; ${count(files, 'file')} were stored here`, {
    hint: 'files that were not begun are left to other workers',
  })
}
