/** Files whose worker is silent go to others; one that silences whoever takes it fails in the end. */
import type { FileResult } from '../fetch/task.js'
import type { Redis } from './redis.js'
import { writeResult } from './result-text.js'
import { run } from './scripts.js'
import type { ServedExport, Taken } from './served-export.js'

/** Silent workers that make a file suspect: a machine may go down once, and a fleet may be restarted. */
const suspectAfter = 2
/** Silent workers after which a file has failed. */
const failedAfter = 5

const workers = '{workers}'

const silencing: FileResult = {
  ok: false,
  failure: {
    code: 'broken',
    message: `${failedAfter} workers fell silent with it in hand: ${workers}`,
    hint: 'see how they ended (killed for want of memory?); `bulkx resume` tries it again',
    refresh: false,
    attempts: failedAfter,
  },
}

const [head = '', tail = ''] = writeResult(silencing).split(workers)

export interface TakeOver {
  worker: string
  /** Entries at most. */
  room: number
  /** Whether a suspect one may be among them: a worker has one at a time. */
  suspects: 0 | 1
}

/** Entries that nobody was heard of for a lease, or that were given back; now this worker's. */
export const takeOver = async (
  redis: Redis,
  { keys, description }: ServedExport,
  { worker, room, suspects }: TakeOver,
): Promise<Omit<Taken, 'askedAt'>[]> => {
  const counts = [description.leaseMs, room, suspects, suspectAfter, failedAfter].map(String)
  const answer = await run(redis, 'takeOver', keys, worker, ...counts, head, tail)
  return (Array.isArray(answer) ? (answer as unknown[]) : []).map((entry) => {
    const [id, name, isSuspect] = Array.isArray(entry) ? (entry as unknown[]) : []
    return { id: String(id), name: String(name), isSuspect: isSuspect === 1 }
  })
}
