/** Group commit of finished part files: many become durable, and get their names, for the price of one. */
import { renameSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncDirectory, syncDirectoryAtOnce } from './disk.js'
import { type Swiftness, turn } from './swiftness.js'

/** Files committed together at most. */
const batchMax = 32

export interface Publication {
  /** Makes the content durable and closes it. */
  seal(): Promise<void>
  from: string
  to: string
  /** Asked when everything is durable. */
  mayName?: () => Promise<void>
}

export interface PublisherOptions {
  swiftness: Swiftness
  /** No device has to be waited for. */
  isInMemory: boolean
  /** Rejects when the directory is no longer ours; asked once a batch, right before names are given. */
  assertHeld: () => Promise<void>
}

interface Waiting {
  publication: Publication
  resolve(): void
  reject(error: unknown): void
}

const fulfilled = (batch: readonly Waiting[], results: readonly PromiseSettledResult<unknown>[]): Waiting[] =>
  batch.filter((waiting, position) => {
    const result = results[position]
    if (result?.status === 'rejected') waiting.reject(result.reason)
    return result?.status === 'fulfilled'
  })

/** Seals, then renames, then syncs the directories: in this order for each, together for all that wait. */
class Publisher {
  private readonly swiftness: Swiftness
  private readonly isInMemory: boolean
  private readonly assertHeld: () => Promise<void>
  private queue: Waiting[] = []
  private running = false

  constructor({ swiftness, isInMemory, assertHeld }: PublisherOptions) {
    this.swiftness = swiftness
    this.isInMemory = isInMemory
    this.assertHeld = assertHeld
  }

  publish(publication: Publication): Promise<void> {
    return new Promise((resolve, reject) => {
      this.queue.push({ publication, resolve, reject })
      if (!this.running) void this.run()
    })
  }

  private async run(): Promise<void> {
    this.running = true
    while (this.queue.length > 0) {
      await this.company()
      const batch = this.queue.slice(0, batchMax)
      this.queue = this.queue.slice(batchMax)
      await this.commit(batch)
    }
    this.running = false
  }

  /** Where several wait they are many: as long as each turn brings one more, they go together. */
  private async company(): Promise<void> {
    for (let before = 1; before < this.queue.length && this.queue.length < batchMax; ) {
      before = this.queue.length
      await turn()
    }
  }

  private async commit(batch: readonly Waiting[]): Promise<void> {
    const sealed = await Promise.allSettled(batch.map(({ publication }) => publication.seal()))
    const whole = await this.permitted(await this.held(fulfilled(batch, sealed)))
    const named = this.swiftness.isSwift ? this.nameAtOnce(whole) : await this.name(whole)
    const directories = new Set(named.map(({ publication }) => dirname(publication.to)))
    const sync = async (directory: string): Promise<void> =>
      this.isInMemory ? syncDirectoryAtOnce(directory) : syncDirectory(directory)
    const synced = await Promise.allSettled([...directories].map(sync))
    const failure = synced.find((result) => result.status === 'rejected')
    for (const { resolve, reject } of named)
      if (failure) reject(failure.reason)
      else resolve()
  }

  /** All, or none: in a directory that is somebody else's nothing gets a name. */
  private async held(sealed: Waiting[]): Promise<Waiting[]> {
    try {
      if (sealed.length > 0) await this.assertHeld()
      return sealed
    } catch (error) {
      for (const { reject } of sealed) reject(error)
      return []
    }
  }

  private async permitted(whole: Waiting[]): Promise<Waiting[]> {
    if (whole.every(({ publication }) => !publication.mayName)) return whole
    return fulfilled(whole, await Promise.allSettled(whole.map(({ publication }) => publication.mayName?.())))
  }

  /** Those that have their names now. */
  private nameAtOnce(whole: readonly Waiting[]): Waiting[] {
    return whole.filter(({ publication: { from, to }, reject }) => {
      try {
        this.swiftness.atOnce(() => renameSync(from, to))
        return true
      } catch (error) {
        reject(error)
        return false
      }
    })
  }

  private async name(whole: readonly Waiting[]): Promise<Waiting[]> {
    const named: Waiting[] = []
    await Promise.all(
      whole.map((waiting) =>
        rename(waiting.publication.from, waiting.publication.to).then(
          () => void named.push(waiting),
          waiting.reject,
        ),
      ),
    )
    return named
  }
}

export type Publish = (publication: Publication) => Promise<void>

export const publisher = (options: PublisherOptions): Publish => {
  const files = new Publisher(options)
  return (publication) => files.publish(publication)
}
