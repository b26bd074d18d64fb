/** A connection to Redis that comes back by itself: whoever waits for an answer waits, and is told why. */
import type { Clock } from '../clock.js'
import { BulkxError } from '../errors.js'
import { loadClient, type RedisClient } from './load-client.js'

export interface RedisOptions {
  /** `redis://host:6379` or `rediss://…`, without a password. */
  url: string
  password?: string
  clock: Clock
  /** Ends all waiting; commands reject with its reason. */
  signal?: AbortSignal
  /** The connection is lost, or back: once each. */
  onNote?: (text: string) => void
}

/** Whether the command was carried out is not known. */
export class RedisGone extends Error {
  override readonly name = 'RedisGone'
}

export interface Redis {
  /** Connections made so far: more than before means that one was lost in between. */
  readonly connections: number
  /** False while the connection is lost. */
  readonly isThere: boolean
  /** Sent once. Rejects with `RedisGone` when no answer comes. */
  once(...words: string[]): Promise<unknown>
  /** Sent until it is answered: for what may be done twice. */
  call(...words: string[]): Promise<unknown>
  /** Another connection to the same Redis, for commands that wait there. */
  another(): Promise<Redis>
  close(): void
}

/** How long a first connection may take, as before a job exists; milliseconds. */
const firstMs = 10_000
/** Between two attempts, at most. */
const retryMaxMs = 2_000
/** Nothing is silent for so long: gauges go to and fro each second. */
const silenceMs = 20_000

/** It is there, and not at work yet, or not able to write now. */
const passing = /^(LOADING|READONLY|BUSY|TRYAGAIN|MASTERDOWN|CLUSTERDOWN|OOM|MISCONF|UNBLOCKED)\b/
const refusal = /^(NOAUTH|WRONGPASS|NOPERM|ERR (invalid password|AUTH))\b/

const reasonOf = (error: unknown): string => {
  const { message = '', code } = error instanceof Error ? (error as NodeJS.ErrnoException) : {}
  return message || code || String(error)
}

const refused = (place: string, error: unknown): BulkxError =>
  new BulkxError('BULKX_UNAUTHORIZED', `Redis at ${place} refuses this client: ${reasonOf(error)}`, {
    hint: 'give its password by BULKX_QUEUE_PASSWORD or --queue-password-file, and a user name in the URL',
  })

const misused = (place: string, cause: unknown): BulkxError =>
  new BulkxError('BULKX_CONFIG', `Redis at ${place} holds what bulkx did not put there: ${reasonOf(cause)}`, {
    cause,
    hint: 'see who else writes keys that begin with bulkx:, or give the queue a Redis of its own',
  })

/** Host and port, for people. */
export const placeOf = (url: string): string => new URL(url).host || 'localhost'

class Connection implements Redis {
  connections = 0
  private readonly options: RedisOptions
  private readonly place: string
  private client: RedisClient | undefined
  private isLost = false
  private fatal: BulkxError | undefined
  private closed = false
  private isAnswer: (error: unknown) => boolean = () => false

  constructor(options: RedisOptions) {
    this.options = options
    this.place = placeOf(options.url)
  }

  /** Rejects with `BULKX_CONFIG` without the package, `BULKX_UNREACHABLE` or `BULKX_UNAUTHORIZED` without Redis. */
  async open(): Promise<this> {
    const { url, password, clock } = this.options
    const { createClient, ErrorReply } = await loadClient()
    this.isAnswer = (error) => error instanceof ErrorReply
    const until = clock.now() + firstMs
    const client = createClient({
      url,
      password,
      RESP: 2,
      disableOfflineQueue: true,
      socket: {
        connectTimeout: 5_000,
        socketTimeout: silenceMs,
        reconnectStrategy: (retries: number) => {
          if (this.fatal ?? this.closed) return new Error('closed')
          if (this.connections === 0 && clock.now() > until) return new Error('no connection')
          return Math.min(retryMaxMs, 50 * 2 ** Math.min(retries, 10))
        },
      },
    })
    client.on('error', (error: unknown) => this.lost(error))
    client.on('ready', () => this.back())
    this.client = client
    try {
      await client.connect()
    } catch (error) {
      throw this.fatal ?? this.unreachable(error)
    }
    return this
  }

  get isThere(): boolean {
    return this.client?.isReady === true
  }

  async once(...words: string[]): Promise<unknown> {
    this.options.signal?.throwIfAborted()
    if (this.fatal) throw this.fatal
    try {
      return await this.client?.sendCommand(words)
    } catch (error) {
      throw this.judged(error)
    }
  }

  async call(...words: string[]): Promise<unknown> {
    for (let pauseMs = 50; ; pauseMs = Math.min(retryMaxMs, pauseMs * 2)) {
      try {
        return await this.once(...words)
      } catch (error) {
        if (!(error instanceof RedisGone) || this.closed) throw error
        await this.options.clock.sleep(pauseMs, this.options.signal)
      }
    }
  }

  another(): Promise<Redis> {
    return new Connection({ ...this.options, onNote: undefined }).open()
  }

  close(): void {
    this.closed = true
    if (this.client?.isOpen) this.client.destroy()
  }

  /** What Redis itself answers is an error; anything else means that it did not answer. */
  private judged(error: unknown): unknown {
    const message = reasonOf(error)
    if (refusal.test(message)) return refused(this.place, error)
    if (!this.isAnswer(error) || passing.test(message)) return new RedisGone(message, { cause: error })
    return /^WRONGTYPE\b/.test(message) ? misused(this.place, error) : error
  }

  private unreachable(error: unknown): BulkxError {
    return new BulkxError('BULKX_UNREACHABLE', `There is no Redis at ${this.place}: ${reasonOf(error)}`, {
      cause: error,
      hint: 'check --queue, and that redis-server runs there; nothing was started',
    })
  }

  private lost(error: unknown): void {
    if (refusal.test(reasonOf(error))) this.fatal = refused(this.place, error)
    if (this.isLost || this.closed || this.connections === 0) return
    this.isLost = true
    this.options.onNote?.(`Redis at ${this.place} is gone: ${reasonOf(error)}; waiting until it is back`)
  }

  private back(): void {
    this.connections += 1
    if (!this.isLost) return
    this.isLost = false
    this.options.onNote?.(`Redis at ${this.place} is back`)
  }
}

export const connectRedis = (options: RedisOptions): Promise<Redis> => new Connection(options).open()
