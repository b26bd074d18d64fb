/**
 * Whether a disk answers at once. Memory and page caches take microseconds, several times less than a way through the
 * thread pool; file systems of networks take milliseconds, in which nothing else would go on.
 */

/** Files that are judged together. */
const filesJudged = 32
/** A disk that takes longer for a small file, on average and without its sync, is waited for elsewhere; milliseconds. */
const slowMs = 1

export class Swiftness {
  private swift = true
  private files = 0
  private tookMs = 0

  /** Calls that do not wait for a device may be made synchronously. Once it is over it stays so. */
  get isSwift(): boolean {
    return this.swift
  }

  /** Counts what the calls for so many files took. */
  judge(files: number, startedAt: number, endedAt = performance.now()): void {
    this.files += files
    this.tookMs += endedAt - startedAt
    if (this.files < filesJudged) return
    if (this.tookMs > this.files * slowMs) this.swift = false
    this.files = 0
    this.tookMs = 0
  }
}
