/** Going on inside a file by `Range`, only where that is provably right (DPC's ranges are wrong in four ways). */
import { isIdentity } from '../http/coding.js'
import { type HttpReply, header } from '../http/exchange.js'
import { readHttpDate } from '../http/retry-after.js'
import { readContentRange } from '../protocol/output-file.js'
import type { Kept, Validators } from '../sink/sink.js'

const strongEtag = (value: string | undefined): string | undefined =>
  value !== undefined && /^"[\x21\x23-\x7e]+"$/.test(value) ? value : undefined

/** What a whole reply can be recognised by later; undefined when nothing would prove anything. */
export const validatorsOf = (reply: HttpReply): Validators | undefined => {
  const length = header(reply.headers, 'content-length')
  if (reply.status !== 200 || !isIdentity(reply.headers) || !/^\d{1,15}$/.test(length ?? '')) return undefined
  const etag = strongEtag(header(reply.headers, 'etag'))
  const modified = header(reply.headers, 'last-modified')
  const lastModified = readHttpDate(modified) === undefined ? undefined : modified
  return etag === undefined && lastModified === undefined
    ? undefined
    : { etag, lastModified, length: Number(length) }
}

/** Bytes that can be gone on from: some, not all, and recognisable. */
export const isResumable = ({ bytes, validators }: Kept): boolean =>
  validators?.length !== undefined && bytes > 0 && bytes < validators.length

/** The reply holds exactly the bytes that are missing, of exactly the same content. */
export const isContinuation = (reply: HttpReply, { bytes, validators }: Kept): boolean => {
  if (reply.status !== 206 || !validators || !isIdentity(reply.headers)) return false
  const range = readContentRange(header(reply.headers, 'content-range'))
  if (!range || range.firstByte !== bytes || range.totalBytes !== validators.length) return false
  if (range.lastByte !== range.totalBytes - 1) return false
  const length = header(reply.headers, 'content-length')
  if (length !== undefined && Number(length) !== range.totalBytes - bytes) return false
  const etag = strongEtag(header(reply.headers, 'etag'))
  if (validators.etag !== undefined || etag !== undefined) return etag === validators.etag
  return header(reply.headers, 'last-modified') === validators.lastModified
}
