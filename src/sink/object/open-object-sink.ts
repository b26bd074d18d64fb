/** An object store as a sink. */
import { BulkxError } from '../../errors.js'
import type { OpenSink } from '../open-sink.js'
import { parseStoreUrl, storeUrl } from './store-url.js'

export interface ObjectSinkOptions {
  url: string
  env: Readonly<Record<string, string | undefined>>
  notes?: string
  assertHeld?: () => Promise<void>
}

/** Throws `BULKX_USAGE` for a URL that names no store, `BULKX_CONFIG` when its package is not installed. */
export const openObjectSink = async ({ url }: ObjectSinkOptions): Promise<OpenSink> => {
  const place = parseStoreUrl(url)
  throw new BulkxError('BULKX_CONFIG', `${storeUrl(place)} cannot be written to yet`, {
    hint: 'name a directory',
  })
}
