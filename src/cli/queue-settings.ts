/** The queue, from its options and the one variable that may hold a password. */
import { resolve } from 'node:path'
import { checkSecret } from '../auth/given-secrets.js'
import type { QueueConfig } from '../config.js'
import { BulkxError } from '../errors.js'
import { queueFrom } from '../options/config-parts.js'
import { isMock } from '../options/values.js'
import { fileHint, readText } from './identity-files.js'
import type { Io } from './io.js'
import type { Settings } from './settings.js'

const passwordOf = async (settings: Settings, io: Io): Promise<string | undefined> => {
  const given = io.env.BULKX_QUEUE_PASSWORD || undefined
  const file = settings.get('queue-password-file')
  const isNearer = settings.setting('queue-password-file')?.origin === 'flag'
  if (file === undefined || (given !== undefined && !isNearer)) return given
  const path = resolve(io.cwd, file)
  const hint = fileHint('queue-password-file', settings)
  return checkSecret(await readText(path, hint, 'BULKX_CONFIG'), path, 'BULKX_CONFIG')
}

/** Undefined where no workers are wanted. The server of `mock:` is for this process alone. */
export const readQueue = async (
  server: string,
  settings: Settings,
  io: Io,
): Promise<QueueConfig | undefined> => {
  const url = settings.get('queue')
  if (url === undefined) return undefined
  if (isMock(server)) {
    if (settings.setting('queue')?.origin !== 'flag') return undefined
    throw new BulkxError(
      'BULKX_USAGE',
      'Workers cannot reach the mock of --server mock:, which is this process',
      {
        hint: 'start one with `bulkx mock`, and name its URL with --server, here and for each worker',
      },
    )
  }
  return queueFrom(settings, await passwordOf(settings, io))
}
