/** `s3://bucket/prefix` and its like, as the user names them: a place, and never a secret. */
import { BulkxError } from '../../errors.js'

export type StoreKind = 's3' | 'gs' | 'az'

export interface StorePlace {
  kind: StoreKind
  /** The bucket; the container, of Azure. */
  bucket: string
  /** What stands before each name: empty, or ending in a slash. */
  prefix: string
}

const anyScheme = /^([a-z][a-z0-9+.-]+):\/\//i
const kinds: Readonly<Record<string, StoreKind>> = { s3: 's3', gs: 'gs', az: 'az' }

/** Whether a place is meant that is no directory. */
export const isStoreUrl = (text: string): boolean => anyScheme.test(text)

const malformed = (message: string, hint: string): BulkxError =>
  new BulkxError('BULKX_USAGE', message, { hint })
const shape = 'write s3://bucket/prefix, gs://bucket/prefix or az://container/prefix'
/** The strictest of the three: lower case letters, digits, dots, hyphens and underscores. */
const bucketName = /^[a-z0-9][a-z0-9._-]{1,221}$/
const prefixMax = 512

/** What a prefix may not hold: what consoles, shells and other tools read as something else. */
const isPlainSegment = (segment: string): boolean =>
  segment !== '' && segment !== '.' && segment !== '..' && !/[\p{Cc}\\?#*"<>|{}^`%[\]~]/u.test(segment)

/**
 * Reads the URL of a store. Throws `BULKX_USAGE` for one that names no bucket, a store that is not known, or anything
 * that may be a secret: user info, a query, a fragment.
 */
export const parseStoreUrl = (text: string): StorePlace => {
  const [, scheme = ''] = anyScheme.exec(text) ?? []
  const kind = kinds[scheme.toLowerCase()]
  if (kind === undefined) throw malformed(`No store is known by ${scheme}://`, shape)
  const [bucket = '', ...segments] = text
    .slice(scheme.length + '://'.length)
    .replace(/\/+$/, '')
    .split('/')
  if (/[@?#]/.test(text)) {
    throw malformed(
      `The URL of a store holds more than bucket and prefix: ${kind}://${/[@?#]/.test(bucket) ? '…' : bucket}`,
      "credentials come from the cloud's own places, such as its environment variables; see docs/object-stores.md",
    )
  }
  if (!bucketName.test(bucket))
    throw malformed(`The URL of a store names no bucket: ${kind}://${bucket}`, shape)
  const prefix = segments.map((segment) => `${segment}/`).join('')
  if (!segments.every(isPlainSegment) || prefix.length > prefixMax) {
    throw malformed(
      `The prefix of ${kind}://${bucket} cannot be used`,
      `use plain names between single slashes, at most ${prefixMax} characters in all`,
    )
  }
  return { kind, bucket, prefix }
}

/** As messages, results and the job list name it. */
export const storeUrl = ({ kind, bucket, prefix }: StorePlace): string =>
  `${kind}://${bucket}/${prefix}`.replace(/\/$/, '')
