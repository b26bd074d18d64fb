/** A stream of chunks that can be looked into, and given back what was taken too much of it. */

export class Chunks {
  private readonly source: AsyncGenerator<Buffer>
  /** What comes before the rest of the source. */
  private ahead: Buffer = Buffer.alloc(0)

  constructor(source: AsyncGenerator<Buffer>) {
    this.source = source
  }

  /** The next chunk, never an empty one; undefined at the end. */
  async next(): Promise<Buffer | undefined> {
    if (this.ahead.length > 0) {
      const chunk = this.ahead
      this.ahead = Buffer.alloc(0)
      return chunk
    }
    for (let next = await this.source.next(); !next.done; next = await this.source.next())
      if (next.value.length > 0) return next.value
    return undefined
  }

  /** Before anything that is still to come. */
  giveBack(chunk: Buffer): void {
    this.ahead = this.ahead.length === 0 ? chunk : Buffer.concat([chunk, this.ahead])
  }

  /** The first bytes, fewer only where there are no more; they stay. */
  async peek(length: number): Promise<Buffer> {
    while (this.ahead.length < length) {
      const next = await this.source.next()
      if (next.done) break
      this.ahead = this.ahead.length === 0 ? next.value : Buffer.concat([this.ahead, next.value])
    }
    return this.ahead.subarray(0, length)
  }

  /** True when there were any. */
  async skipZeros(): Promise<boolean> {
    let skipped = false
    for (let chunk = await this.next(); chunk !== undefined; chunk = await this.next()) {
      const start = chunk.findIndex((byte) => byte !== 0)
      skipped ||= start !== 0
      if (start === -1) continue
      this.giveBack(chunk.subarray(start))
      break
    }
    return skipped
  }

  async *all(): AsyncGenerator<Buffer> {
    for (let chunk = await this.next(); chunk !== undefined; chunk = await this.next()) yield chunk
  }

  /** Nothing more is wanted. Does not wait for a source that is still to answer. */
  close(): void {
    this.source.return(undefined).catch(() => {})
  }
}
