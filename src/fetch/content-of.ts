/** The content of a reply, pushed on: plain bytes as they come, coded ones by way of what takes their coding off. */
import type { Clock } from '../clock.js'
import { decoded, isIdentity, type Noticed } from '../http/coding.js'
import type { HttpReply } from '../http/exchange.js'
import { incoming, type Take, together } from './incoming.js'

export interface ContentOptions {
  clock: Clock
  /** The bytes are those of a range: what they begin with says nothing. */
  isRange: boolean
  notice(what: Noticed): void
  /** Takes the chunks as they were sent. */
  onSent: Take
}

/** Bytes that wait for whoever takes their coding off, before the next ones do. */
const aheadBytes = 128 * 1024

/** Chunks that are pushed here, and pulled there. */
class Handover implements AsyncIterable<Buffer> {
  private chunks: Buffer[] = []
  private bytes = 0
  private ending: { error?: unknown } | undefined
  private onChunk = (): void => {}
  private onRoom: (() => void) | undefined

  give(chunk: Buffer): Promise<void> | undefined {
    if (this.ending) return undefined
    this.chunks.push(chunk)
    this.bytes += chunk.length
    this.onChunk()
    if (this.bytes < aheadBytes) return undefined
    return new Promise((resolve) => {
      this.onRoom = resolve
    })
  }

  /** No more come, from whichever side that is known. */
  end(error?: unknown): void {
    this.ending ??= { error }
    this.onChunk()
    this.onRoom?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for (;;) {
      const [chunk] = this.chunks
      if (chunk) {
        this.chunks.shift()
        this.bytes -= chunk.length
        if (this.bytes < aheadBytes) this.onRoom?.()
        yield chunk
      } else if (this.ending) {
        if (this.ending.error !== undefined) throw this.ending.error
        return
      } else {
        await new Promise<void>((resolve) => {
          this.onChunk = resolve
        })
      }
    }
  }
}

/** Undefined until there are bytes enough to tell. */
const beginsAsGzip = ([first, second]: Buffer): boolean | undefined => {
  if (first === undefined) return undefined
  if (first !== 0x1f) return false
  return second === undefined ? undefined : second === 0x8b
}

class Content {
  private readonly reply: HttpReply
  private readonly options: ContentOptions
  private readonly take: Take
  private first: Buffer = Buffer.alloc(0)
  private way: Take | undefined
  private readonly wire = new Handover()
  private unpacking: Promise<void> | undefined

  constructor(reply: HttpReply, options: ContentOptions, take: Take) {
    this.reply = reply
    this.options = options
    this.take = take
  }

  async receive(): Promise<void> {
    try {
      await incoming(this.reply.body, this.options.clock, (chunk) => this.sent(chunk))
      if (!this.way) await this.begin()
      this.wire.end()
    } catch (error) {
      this.wire.end(error)
      // What takes the coding off says better what was wrong.
      await this.unpacking
      throw error
    }
    await this.unpacking
  }

  private sent(chunk: Buffer): Promise<void> | undefined {
    return together(this.options.onSent(chunk), this.content(chunk))
  }

  private content(chunk: Buffer): Promise<void> | undefined {
    if (this.way) return this.way(chunk)
    this.first = this.first.length === 0 ? chunk : Buffer.concat([this.first, chunk])
    return this.isPlainBy(this.first) === undefined ? undefined : this.begin()
  }

  private isPlainBy(first: Buffer): boolean | undefined {
    if (this.options.isRange) return true
    if (!isIdentity(this.reply.headers)) return false
    const isGzip = beginsAsGzip(first)
    return isGzip === undefined ? undefined : !isGzip
  }

  /** With the bytes that were needed to tell what they are. */
  private begin(): Promise<void> | undefined {
    const { first } = this
    this.first = Buffer.alloc(0)
    // Half of a beginning is for what takes codings off to refuse.
    const isPlain = this.isPlainBy(first) ?? first.length === 0
    this.way = isPlain ? this.take : this.unpacked()
    return first.length > 0 ? this.way(first) : undefined
  }

  private unpacked(): Take {
    const unpack = async (): Promise<void> => {
      try {
        for await (const chunk of decoded(this.reply, this.options.notice, this.wire)) await this.take(chunk)
      } finally {
        this.wire.end()
      }
    }
    this.unpacking = unpack()
    // It is waited for in any case, later.
    this.unpacking.catch(() => {})
    return (chunk) => this.wire.give(chunk)
  }
}

/**
 * Gives each chunk of the decoded content to `take`, and resolves when the whole of it has been taken. Rejects with
 * `NetworkError` and `TooSlow` for the transfer, `DecodeError` for the coding, and what `take` throws.
 */
export const contentOf = (reply: HttpReply, options: ContentOptions, take: Take): Promise<void> =>
  new Content(reply, options, take).receive()
