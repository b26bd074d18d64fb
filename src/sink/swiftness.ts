/**
 * Whether a disk answers at once. Memory and page caches take microseconds, several times less than a way through the
 * thread pool; file systems of networks take milliseconds, in which nothing else would go on.
 */

/** Pieces of work that are judged together. */
const judgedTogether = 32
/** What takes longer is waited for elsewhere; milliseconds. */
const slowMs = 1

/** One turn of the event loop: what has come in meanwhile is taken. */
export const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

export class Swiftness {
  private swift = true
  private done = 0
  private slow = 0

  /** Work that waits for no device may be done synchronously. Once that is over it stays so. */
  get isSwift(): boolean {
    return this.swift
  }

  /** Work for one file. Most of it must be slow for a verdict: on a busy machine any single one may be. */
  atOnce<T>(work: () => T): T {
    const startedAt = performance.now()
    const result = work()
    this.done += 1
    if (performance.now() - startedAt > slowMs) this.slow += 1
    if (this.done === judgedTogether) {
      if (this.slow * 2 > judgedTogether) this.swift = false
      this.done = 0
      this.slow = 0
    }
    return result
  }
}
