/** From the place that the user named to its sink: plain data in, so that any process, on any machine, can open it. */
import { localSink } from './local.js'
import { isStoreUrl } from './object/store-url.js'
import type { Sink } from './sink.js'

export interface SinkOptions {
  /** A directory's absolute path, or `s3://bucket/prefix`, `gs://bucket/prefix`, `az://container/prefix`. */
  target: string
  /** The environment in which the cloud's own conventions find the credential, the region and the endpoint. */
  env: Readonly<Record<string, string | undefined>>
  /** Of a directory. Changes when the machine restarts: unsynced bytes of an earlier system are not gone on from. */
  system: string
  /** Of a store. A local directory for notes on unfinished uploads, which the next process aborts. */
  notes?: string
  /** Rejects when another process has taken the job over. */
  assertHeld?: () => Promise<void>
}

/** A sink, and what it holds open. */
export interface OpenSink extends Sink {
  close(): Promise<void>
}

/**
 * Opens a place for an export. The package for a store is loaded here, and only for it. Throws `BULKX_CONFIG` when that
 * package is not installed, `BULKX_USAGE` for a URL that names no store or holds a secret.
 */
export const openSink = async ({
  target,
  env,
  system,
  notes,
  assertHeld,
}: SinkOptions): Promise<OpenSink> => {
  if (!isStoreUrl(target)) {
    return { ...localSink({ directory: target, system, assertHeld }), close: async () => {} }
  }
  const { openObjectSink } = await import('./object/open-object-sink.js')
  return openObjectSink({ url: target, env, notes, assertHeld })
}
