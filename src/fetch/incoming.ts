/** The bytes of a file as they come over the wire, before any decoding: pushed on as fast as they are taken. */
import type { Clock } from '../clock.js'
import type { Body } from '../http/exchange.js'
import { NetworkError, networkError } from '../http/network-error.js'

/** A transfer that is slower than this, bytes a second, for as long as `slowForMs`, is a broken one. */
const slowestRate = 1024
const slowForMs = 10 * 60_000
/** A longer wait counts as no more: the machine may have been asleep. */
const longestWaitMs = 5 * 60_000

/** The file comes, but would take for ever. */
export class TooSlow extends Error {
  override readonly name = 'TooSlow'
}

/** Takes a chunk; a promise is returned when no more can be taken before it has resolved. */
export type Take = (chunk: Buffer) => Promise<void> | undefined

/** What is waited for, all at once; nothing where there is nobody to wait for. */
export const together = (...waits: (Promise<void> | undefined)[]): Promise<void> | undefined =>
  waits.every((wait) => wait === undefined) ? undefined : Promise.all(waits).then(() => {})

/**
 * How fast the bytes come. Only waiting for the network counts: what `--max-rate` and the disk take is no fault of the
 * server's.
 */
class Pace {
  private readonly clock: Clock
  private askedAt: number
  private waitedMs = 0
  private bytes = 0

  constructor(clock: Clock) {
    this.clock = clock
    this.askedAt = clock.now()
  }

  /** From now on the network is waited for. */
  asks(): void {
    this.askedAt = this.clock.now()
  }

  /** Throws `TooSlow`. */
  came(bytes: number): void {
    this.waitedMs += Math.min(Math.max(this.clock.now() - this.askedAt, 0), longestWaitMs)
    this.bytes += bytes
    if (this.waitedMs < slowForMs) return
    if (this.bytes * 1000 < slowestRate * this.waitedMs) {
      const minutes = Math.round(this.waitedMs / 60_000)
      throw new TooSlow(`for ${minutes} minutes less than ${slowestRate} bytes a second came`)
    }
    this.waitedMs = 0
    this.bytes = 0
  }
}

const cutOff = (): NetworkError =>
  new NetworkError('broken', 'the connection was closed before the answer was whole', { sent: true })

/** One body on its way to `take`. */
class Incoming {
  private readonly body: Body
  private readonly take: Take
  private readonly pace: Pace
  private readonly done: (error?: unknown) => void
  private isWaiting = false
  private hasEnded = false
  private isOver = false

  constructor(body: Body, clock: Clock, take: Take, done: (error?: unknown) => void) {
    this.body = body
    this.take = take
    this.pace = new Pace(clock)
    this.done = done
  }

  start(): void {
    const { body } = this
    body.on('error', (error) => this.fail(error))
    body.on('end', () => this.end())
    body.on('close', () => {
      if (!this.hasEnded) this.fail(cutOff())
    })
    if (body.errored) this.fail(body.errored)
    else if (body.destroyed) this.fail(cutOff())
    else body.on('data', this.onData)
  }

  // Not a method: it is taken off again.
  private readonly onData = (chunk: Buffer): void => {
    let wait: Promise<void> | undefined
    try {
      this.pace.came(chunk.length)
      wait = this.take(chunk)
    } catch (error) {
      this.fail(error)
      return
    }
    if (wait) this.pause(wait)
    else this.pace.asks()
  }

  private pause(wait: Promise<void>): void {
    this.isWaiting = true
    this.body.pause()
    wait.then(
      () => {
        this.isWaiting = false
        this.pace.asks()
        if (this.hasEnded) this.end()
        else if (!this.isOver) this.body.resume()
      },
      (error) => this.fail(error),
    )
  }

  private end(): void {
    this.hasEnded = true
    if (this.isWaiting || this.isOver) return
    this.isOver = true
    this.done()
  }

  private fail(error: unknown): void {
    if (this.isOver) return
    this.isOver = true
    this.body.off('data', this.onData)
    this.body.destroy()
    this.done(networkError(error) ?? error)
  }
}

/**
 * Gives each chunk of the body to `take`, and resolves when the last one has been taken. Rejects with network errors,
 * `TooSlow`, and what `take` throws; the body, and its connection, is then destroyed.
 */
export const incoming = (body: Body, clock: Clock, take: Take): Promise<void> =>
  new Promise((resolve, reject) => {
    new Incoming(body, clock, take, (error) => (error === undefined ? resolve() : reject(error))).start()
  })
