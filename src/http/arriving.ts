/**
 * One answer as undici's parser gives it, and its body without a stream around it: a `Readable` costs more than asking
 * for a small file does.
 */
import type { Body, HttpHeaders } from './exchange.js'

/** Bytes that are taken in before anybody wants them; then the server waits. */
const aheadBytes = 64 * 1024

type Listener = (value: never) => void

class ArrivingBody implements Body {
  destroyed = false
  errored: Error | null = null
  private readonly resumeParser: () => void
  private readonly abort: (error: Error) => void
  private readonly over: () => void
  private listeners: { event: string; listener: Listener }[] = []
  private waiting: Buffer[] = []
  private waitingBytes = 0
  private isFlowing = false
  /** The parser has stopped. */
  private isHeld = false
  /** All bytes have come. */
  private isWhole = false
  /** No more bytes come; told when those before it have been given away. */
  private trouble: Error | undefined
  private isDraining = false
  private wake = (): void => {}

  /** `over` is called when all has been given away, or nothing more is wanted. */
  constructor(resumeParser: () => void, abort: (error: Error) => void, over: () => void) {
    this.resumeParser = resumeParser
    this.abort = abort
    this.over = over
  }

  on(event: string, listener: Listener): this {
    this.listeners.push({ event, listener })
    if (event === 'data') this.resume()
    return this
  }

  off(event: string, listener: Listener): this {
    this.listeners = this.listeners.filter((one) => one.event !== event || one.listener !== listener)
    return this
  }

  pause(): void {
    this.isFlowing = false
  }

  resume(): void {
    this.isFlowing = true
    this.drainSoon()
  }

  /** Ends the connection, too, unless all has come. */
  destroy(error?: Error): void {
    if (this.destroyed) return
    if (this.isWhole && this.waiting.length === 0 && error === undefined) {
      this.finish('close')
      return
    }
    const reason = error ?? this.trouble ?? new Error('the rest of the answer is not wanted')
    this.close(reason)
    if (!this.isWhole) this.abort(reason)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        const chunk = this.shift()
        if (chunk) {
          this.goOn()
          yield chunk
        } else if (this.trouble) throw this.trouble
        else if (this.errored) throw this.errored
        else if (this.isWhole || this.destroyed) return
        else await this.news()
      }
    } finally {
      this.destroy()
    }
  }

  /** False when the parser is to stop. */
  push(chunk: Buffer): boolean {
    if (this.destroyed) return false
    // A parser that is resumed with nothing to read would stop again, and could not finish.
    if (chunk.length === 0) return true
    if (this.isFlowing && this.waiting.length === 0) {
      this.emit('data', chunk)
      return true
    }
    this.waiting.push(chunk)
    this.waitingBytes += chunk.length
    this.wake()
    this.isHeld = this.waitingBytes >= aheadBytes
    return !this.isHeld
  }

  end(): void {
    this.isWhole = true
    this.isHeld = false
    this.wake()
    if (this.isFlowing) this.drainSoon()
    if (this.waiting.length === 0) this.over()
  }

  fail(error: Error): void {
    if (this.destroyed) return
    this.trouble = error
    this.isHeld = false
    if (this.waiting.length === 0) this.close(error)
  }

  private close(error: Error): void {
    this.destroyed = true
    this.errored = error
    this.waiting = []
    this.over()
    this.wake()
    queueMicrotask(() => {
      this.emit('error', error)
      this.emit('close')
    })
  }

  private emit(event: string, value?: unknown): void {
    for (const one of this.listeners) if (one.event === event) one.listener(value as never)
  }

  private shift(): Buffer | undefined {
    const chunk = this.waiting.shift()
    if (chunk) this.waitingBytes -= chunk.length
    return chunk
  }

  /** At once more chunks come, so that those before them have been given away. */
  private goOn(): void {
    if (!this.isHeld || this.waitingBytes >= aheadBytes) return
    this.isHeld = false
    this.resumeParser()
  }

  private news(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve
    })
  }

  /** Never out of the parser: it cannot be resumed from there. */
  private drainSoon(): void {
    if (this.isDraining) return
    this.isDraining = true
    queueMicrotask(() => {
      this.isDraining = false
      this.drain()
    })
  }

  private drain(): void {
    while (this.isFlowing && this.waiting.length > 0) this.emit('data', this.shift())
    this.goOn()
    if (!this.isFlowing || this.destroyed) return
    if (this.trouble) this.close(this.trouble)
    if (this.isWhole) this.finish('end', 'close')
  }

  private finish(...last: ('end' | 'close')[]): void {
    this.destroyed = true
    this.over()
    for (const event of last) this.emit(event)
  }
}

/** What undici hands over. */
export interface Arrival {
  status: number
  headers: HttpHeaders
  body: Body
}

/** Names in lower case; without a prototype, for a server may call a header `__proto__`. */
const headersOf = (raw: readonly Uint8Array[]): HttpHeaders => {
  const headers: HttpHeaders = Object.create(null)
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = latin1(raw[at]).toLowerCase()
    const value = latin1(raw[at + 1])
    const before = headers[name]
    headers[name] = before === undefined ? value : [before, value].flat()
  }
  return headers
}

const latin1 = (bytes: Uint8Array = new Uint8Array()): string => (bytes as Buffer).toString('latin1')

/**
 * Handles one request for undici: `resolve` when the headers are there, `reject` when none come. The signal ends the
 * body as well.
 */
export class Arriving {
  private readonly signal: AbortSignal | undefined
  private readonly resolve: (arrival: Arrival) => void
  private readonly reject: (error: unknown) => void
  private body: ArrivingBody | undefined
  private abort: ((error?: Error) => void) | undefined

  constructor(
    signal: AbortSignal | undefined,
    resolve: (arrival: Arrival) => void,
    reject: (error: unknown) => void,
  ) {
    this.signal = signal
    this.resolve = resolve
    this.reject = reject
    signal?.addEventListener('abort', this.onAbort)
  }

  onConnect(abort: (error?: Error) => void): void {
    this.abort = abort
    if (this.signal?.aborted) abort(this.signal.reason)
  }

  onHeaders(status: number, raw: readonly Uint8Array[], resume: () => void): boolean {
    // 103 and the like: the answer is still to come.
    if (status < 200) return true
    this.body = new ArrivingBody(resume, (error) => this.abort?.(error), this.over)
    this.resolve({ status, headers: headersOf(raw), body: this.body })
    return true
  }

  onData(chunk: Buffer): boolean {
    return this.body?.push(chunk) ?? false
  }

  onComplete(): void {
    this.body?.end()
  }

  onError(error: Error): void {
    if (this.body) {
      this.body.fail(error)
      return
    }
    this.over()
    this.reject(error)
  }

  private readonly onAbort = (): void => {
    const { reason } = this.signal ?? {}
    if (this.body) {
      this.body.destroy(reason)
      return
    }
    this.abort?.(reason)
    // Also where nothing is connected yet: then that is seen as soon as it is.
    this.reject(reason)
  }

  private readonly over = (): void => this.signal?.removeEventListener('abort', this.onAbort)
}
