/** From the place that the user named to its sink: plain data in, so that any process, on any machine, can open it. */
import type { Clock } from '../clock.js'
import { localSink } from './local.js'
import { isStoreUrl } from './object/store-url.js'
import type { Sink } from './sink.js'

export interface SinkOptions {
  /** A directory's absolute path, or `s3://bucket/prefix`, `gs://bucket/prefix`, `az://container/prefix`. */
  target: string
  /**
   * Where endpoint, region and account of a store are named. Its credential is found by the cloud's own library, in the
   * environment, files and machine of this process.
   */
  env: Readonly<Record<string, string | undefined>>
  /** Of a directory. Changes when the machine restarts: unsynced bytes of an earlier system are not gone on from. */
  system: string
  /** Of a directory: one of several processes that write there at once, by name. */
  worker?: string
  /** Of a store. A local directory for notes on unfinished uploads, which the next process aborts. */
  notes?: string
  /** Rejects when another process has taken the job over. */
  assertHeld?: () => Promise<void>
  clock: Clock
  /** 0 to 1, for jitter. */
  random: () => number
}

/** A sink, and what it holds open. */
export interface OpenSink extends Sink {
  /** All names, in no order, and the bytes under each: of a store. */
  list?(): AsyncIterable<{ name: string; bytes: number }>
  close(): Promise<void>
}

/**
 * Opens a place for an export. Throws `BULKX_USAGE` for a URL that names no store or holds a secret. The package for a
 * store is loaded when it is first spoken to, by `assertReady` for one: that rejects with `BULKX_CONFIG` when it is not
 * installed.
 */
export const openSink = async ({ target, system, worker, ...options }: SinkOptions): Promise<OpenSink> => {
  if (isStoreUrl(target)) {
    const { objectSink } = await import('./object/object-sink.js')
    return objectSink({ url: target, ...options })
  }
  const { assertHeld } = options
  return { ...localSink({ directory: target, system, worker, assertHeld }), close: async () => {} }
}

/** Throws `BULKX_USAGE` where something stands in a store already, and what its `assertReady` says. */
export const assertEmptyStore = async (options: SinkOptions): Promise<void> => {
  const sink = await openSink(options)
  try {
    await sink.assertReady?.('new')
  } finally {
    await sink.close()
  }
}
