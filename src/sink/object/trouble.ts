/** What goes wrong at a store, as kinds: which of them pass by themselves, and what a person can do about the others. */
import { BulkxError } from '../../errors.js'
import { type StorePlace, storeUrl } from './store-url.js'

export type TroubleKind =
  | 'busy' // asks for fewer requests, or has trouble of its own
  | 'network' // no answer, or half of one
  | 'missing' // no such object
  | 'no-bucket'
  | 'no-credential'
  | 'denied'
  | 'full' // of the account's quota
  | 'settings' // region, endpoint or account, as the cloud's own settings name them
  | 'other'

/** In the store's own words. */
export class StoreTrouble extends Error {
  override readonly name = 'StoreTrouble'
  readonly kind: TroubleKind

  constructor(kind: TroubleKind, message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.kind = kind
  }
}

export const passes = (error: unknown): boolean =>
  error instanceof StoreTrouble && (error.kind === 'busy' || error.kind === 'network')

/** What a cloud's own client rejects with, told as `trouble` makes it out. */
export const toldAs =
  (trouble: (error: unknown) => unknown) =>
  async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      throw trouble(error)
    }
  }

const wordsMax = 500

/** A server's words: bounded, on one line, without a query that may be a signature. */
export const plainWords = (text: string): string =>
  text
    .replaceAll(/(https?:\/\/[^\s?"'<>]+)\?[^\s"'<>]*/g, '$1')
    .replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
    .slice(0, wordsMax)

const systemCodes =
  /^(ECONN\w+|ETIMEDOUT|EPIPE|EAI_AGAIN|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|UND_ERR_\w+|TimeoutError|RequestTimeout\w*|RestError|REQUEST_SEND_ERROR)$/

const namesOf = (error: unknown): string[] => {
  if (!(error instanceof Error)) return []
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return [code, error.name, ...namesOf(error.cause)]
}

/** A connection that was never made, or broke. */
export const isNetworkTrouble = (error: unknown): boolean =>
  namesOf(error).some((name) => systemCodes.test(name))

const byStatus: Readonly<Record<number, TroubleKind>> = {
  401: 'denied',
  403: 'denied',
  404: 'missing',
  408: 'busy',
  425: 'busy',
  429: 'busy',
  507: 'full',
}

/** What an HTTP status means, where nothing says it more exactly. */
export const kindOfStatus = (status: number | undefined): TroubleKind => {
  if (status === undefined) return 'other'
  return byStatus[status] ?? (status >= 500 ? 'busy' : 'other')
}

const credentialHints: Readonly<Record<StorePlace['kind'], string>> = {
  s3: 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the role of this machine',
  gs: 'GOOGLE_APPLICATION_CREDENTIALS, `gcloud auth application-default login`, or the account of this machine',
  az: 'AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY, `az login` or an identity of this machine',
}

const settingHints: Readonly<Record<StorePlace['kind'], string>> = {
  s3: "set AWS_REGION, and AWS_ENDPOINT_URL_S3 for a store that is not Amazon's",
  gs: 'see docs/object-stores.md',
  az: 'set AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_ACCOUNT',
}

const hintFor = (kind: TroubleKind, place: StorePlace): string => {
  // The same command goes on with a job that has begun, and begins one that has not.
  const goOn = 'then run the same command again'
  switch (kind) {
    case 'no-credential':
      return `give this process a credential by the cloud's own means: ${credentialHints[place.kind]}; ${goOn}`
    case 'denied':
      return `the identity needs the permissions that docs/object-stores.md lists, on this very prefix; ${goOn}`
    case 'no-bucket':
      return `create it, or name another one with --out; bulkx creates none`
    case 'full':
      return `make room, ${goOn}; finished files are kept`
    case 'settings':
      return `${settingHints[place.kind]}; ${goOn}`
    case 'busy':
    case 'network':
      return 'it was tried several times: run the same command again later; finished files are kept'
    case 'missing':
    case 'other':
      return `mend it, ${goOn}; finished files are kept`
    default:
      return kind satisfies never
  }
}

/** `doing`: what failed, as in "Cannot write Patient.0001.ndjson". */
export const storeError = (doing: string, place: StorePlace, cause: unknown): BulkxError => {
  if (cause instanceof BulkxError) return cause
  if (!(cause instanceof StoreTrouble)) throw cause
  const { kind, message } = cause
  const where = `${doing} in ${storeUrl(place)}`
  return new BulkxError(
    kind === 'full' ? 'BULKX_DISK_FULL' : 'BULKX_STORAGE',
    `${where}: ${plainWords(message)}`,
    {
      hint: hintFor(kind, place),
      cause,
    },
  )
}
