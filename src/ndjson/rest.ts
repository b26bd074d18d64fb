/** The beginning of a line whose end has not come yet: one buffer that grows, however small the chunks are. */

/** A buffer of a longer line is not kept for the next one. */
const keptBytesMax = 64 * 1024

export class Rest {
  private buffer: Buffer = Buffer.alloc(0)
  private used = 0

  get bytes(): number {
    return this.used
  }

  add(bytes: Buffer): void {
    const needed = this.used + bytes.length
    if (needed > this.buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.buffer.length))
      this.buffer.copy(grown, 0, 0, this.used)
      this.buffer = grown
    }
    bytes.copy(this.buffer, this.used)
    this.used = needed
  }

  /** All of it, good until something is added. */
  take(): Buffer {
    const taken = this.buffer.subarray(0, this.used)
    if (this.buffer.length > keptBytesMax) this.buffer = Buffer.alloc(0)
    this.used = 0
    return taken
  }
}
