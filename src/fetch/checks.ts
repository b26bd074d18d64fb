/** Which contents are looked at here, and which in threads: those where that is worth the start of one. */
import { type Check, type Checked, type CheckOptions, type Checks, checkHere } from './check.js'
import type { CheckThreads } from './check-threads.js'

/** A smaller file is looked at while it would be handed over, bytes. */
export const largeBytes = 1024 * 1024
/**
 * A run with less than this is over before a thread has paid for its start: some 30 ms of CPU time, as much as looking
 * at 30 MB takes, and 25 MiB of memory.
 */
export const worthBytes = 32 * 1024 * 1024

/** Bytes that this run has had to look at, or has been promised. */
interface Sum {
  bytes: number
}

const pushAll = (check: Check, chunks: readonly Uint8Array[]): Promise<void> | undefined => {
  for (const [position, chunk] of chunks.entries()) {
    const wait = check.push(chunk)
    if (wait) return wait.then(() => pushAll(check, chunks.slice(position + 1)))
  }
  return undefined
}

/** The first bytes wait until it is known whether many more come. */
class Undecided implements Check {
  private readonly sum: Sum
  private readonly choose: (isLarge: boolean) => Check
  private chosen: Check | undefined
  private first: Uint8Array[] = []
  private bytes = 0

  constructor(sum: Sum, choose: (isLarge: boolean) => Check) {
    this.sum = sum
    this.choose = choose
  }

  push(chunk: Uint8Array): Promise<void> | undefined {
    this.sum.bytes += chunk.length
    if (this.chosen) return this.chosen.push(chunk)
    this.first.push(chunk)
    this.bytes += chunk.length
    return this.bytes < largeBytes ? undefined : this.decide(true)
  }

  async end(): Promise<Checked> {
    await this.decide(false)
    return (this.chosen ?? this.choose(false)).end()
  }

  drop(): void {
    this.first = []
    this.chosen?.drop()
  }

  private decide(isLarge: boolean): Promise<void> | undefined {
    this.chosen ??= this.choose(isLarge)
    const { chosen, first } = this
    this.first = []
    return pushAll(chosen, first)
  }
}

/** `threads`: undefined where there is no other core. */
export const checks = (threads: CheckThreads | undefined): Checks => {
  const sum: Sum = { bytes: 0 }
  const choose = (options: CheckOptions, isLarge: boolean): Check =>
    (isLarge && sum.bytes >= worthBytes ? threads?.open(options) : undefined) ?? checkHere(options)
  return {
    open: (options, length) => {
      if (length === undefined) return new Undecided(sum, (isLarge) => choose(options, isLarge))
      sum.bytes += length
      return choose(options, length >= largeBytes)
    },
    close: async () => threads?.close(),
  }
}
