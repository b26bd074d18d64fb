/** Group commit of finished part files: many become durable, and get their names, for the price of one. */
import { rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncDirectory } from './disk.js'

/** Files committed together at most. */
const batchMax = 64

export interface Publication {
  /** Makes the content durable and closes it. */
  seal(): Promise<void>
  from: string
  to: string
}

interface Waiting {
  publication: Publication
  resolve(): void
  reject(error: unknown): void
}

/** Seals, then renames, then syncs the directories: in this order for each, together for all that wait. */
export const publisher = (): ((publication: Publication) => Promise<void>) => {
  const queue: Waiting[] = []
  let running = false

  const commit = async (batch: Waiting[]): Promise<void> => {
    const named = await Promise.allSettled(
      batch.map(async ({ publication }) => {
        await publication.seal()
        await rename(publication.from, publication.to)
        return dirname(publication.to)
      }),
    )
    const directories = new Set(
      named.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
    )
    const synced = await Promise.allSettled([...directories].map(syncDirectory))
    const failure = synced.find((result) => result.status === 'rejected')
    batch.forEach(({ resolve, reject }, position) => {
      const result = named[position]
      if (result?.status === 'rejected') reject(result.reason)
      else if (failure) reject(failure.reason)
      else resolve()
    })
  }

  const run = async (): Promise<void> => {
    running = true
    while (queue.length > 0) await commit(queue.splice(0, batchMax))
    running = false
  }

  return (publication) =>
    new Promise((resolve, reject) => {
      queue.push({ publication, resolve, reject })
      if (!running) void run()
    })
}
