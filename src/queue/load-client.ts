/** The client for Redis: a package that is installed by whoever uses a queue, and loaded then. */
import type * as Client from '@redis/client'
import { BulkxError } from '../errors.js'

/** What is used of a connection. */
export interface RedisClient {
  readonly isOpen: boolean
  readonly isReady: boolean
  sendCommand(words: readonly string[]): Promise<unknown>
  destroy(): void
}

/** Throws `BULKX_CONFIG` when the package is not installed. */
export const loadClient = async (): Promise<Pick<typeof Client, 'createClient' | 'ErrorReply'>> => {
  try {
    return await import('@redis/client')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new BulkxError('BULKX_CONFIG', 'A queue needs the package @redis/client, which is not installed', {
      cause,
      hint: '`npm install @redis/client@6`, with --global where bulkx is installed so',
    })
  }
}
