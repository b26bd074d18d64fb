/** S3, and whatever speaks as it does, by Amazon's own client: it knows where a credential, a region, an endpoint stand. */
import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import type * as Sdk from '@aws-sdk/client-s3'
import { load } from './load.js'
import { assertSecureEndpoint } from './secure-endpoint.js'
import { contentType, type ObjectStore, type Page, type Upload } from './store.js'
import { isNetworkTrouble, kindOfStatus, StoreTrouble, type TroubleKind, toldAs } from './trouble.js'

/** For a connection; milliseconds. */
const connectMs = 15_000
/** Without a byte in either direction; milliseconds. */
const silentMs = 120_000
/** More than there are downloads at once. */
const socketsMax = 200

/** Which upload an object came from: told of by its own metadata. */
const uploadMark = 'bulkx-upload'

const kinds: Readonly<Record<string, TroubleKind>> = {
  NoSuchBucket: 'no-bucket',
  InvalidBucketName: 'no-bucket',
  NoSuchKey: 'missing',
  NotFound: 'missing',
  NoSuchUpload: 'missing',
  AccessDenied: 'denied',
  AllAccessDisabled: 'denied',
  InvalidAccessKeyId: 'denied',
  SignatureDoesNotMatch: 'denied',
  ExpiredToken: 'denied',
  InvalidToken: 'denied',
  CredentialsProviderError: 'no-credential',
  TokenProviderError: 'no-credential',
  SlowDown: 'busy',
  ServiceUnavailable: 'busy',
  InternalError: 'busy',
  RequestTimeout: 'network',
  RequestTimeTooSkewed: 'denied',
  OperationAborted: 'busy',
  QuotaExceeded: 'full',
  XMinioStorageFull: 'full',
  PermanentRedirect: 'settings',
  AuthorizationHeaderMalformed: 'settings',
}

const words: Readonly<Partial<Record<string, string>>> = {
  CredentialsProviderError: 'no credential was found',
  NotFound: 'there is no such object',
}

const statusOf = (error: Error): number | undefined => {
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined
  const status = (metadata as { httpStatusCode?: unknown } | undefined)?.httpStatusCode
  return typeof status === 'number' ? status : undefined
}

const trouble = (error: unknown): unknown => {
  if (!(error instanceof Error) || error instanceof StoreTrouble) return error
  const status = statusOf(error)
  const known =
    kinds[error.name] ?? (/region is missing/i.test(error.message) ? ('settings' as const) : undefined)
  const kind = known ?? (isNetworkTrouble(error) ? 'network' : kindOfStatus(status))
  // What is none of the above and no answer either is a defect.
  if (kind === 'other' && status === undefined) return error
  const text = words[error.name] ?? `${error.name}${error.message === '' ? '' : `: ${error.message}`}`
  return new StoreTrouble(kind, text, { cause: error })
}

const told = toldAs(trouble)

const isMissing = (error: unknown): boolean => error instanceof StoreTrouble && error.kind === 'missing'

type Env = Readonly<Record<string, string | undefined>>

const clientOptions = (env: Env): Sdk.S3ClientConfig => {
  const name = env.AWS_ENDPOINT_URL_S3 ? 'AWS_ENDPOINT_URL_S3' : 'AWS_ENDPOINT_URL'
  const endpoint = env[name]
  if (endpoint) assertSecureEndpoint(endpoint, name)
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION
  return {
    // Whoever calls tries again, for all stores in one way.
    maxAttempts: 1,
    followRegionRedirects: true,
    ...(region ? { region } : endpoint ? { region: 'us-east-1' } : {}),
    ...(endpoint ? { endpoint, forcePathStyle: true } : {}),
    requestHandler: {
      connectionTimeout: connectMs,
      socketTimeout: silentMs,
      httpAgent: { maxSockets: socketsMax },
      httpsAgent: { maxSockets: socketsMax },
    },
  }
}

class S3Upload implements Upload {
  readonly id: string
  private readonly sdk: typeof Sdk
  private readonly client: Sdk.S3Client
  private readonly at: { Bucket: string; Key: string; UploadId: string }
  private readonly mark: string
  private readonly parts: Sdk.CompletedPart[] = []
  /** The last piece is there: another attempt does not send it again. */
  private hasLast = false

  constructor(sdk: typeof Sdk, client: Sdk.S3Client, at: S3Upload['at'], mark: string) {
    this.sdk = sdk
    this.client = client
    this.at = at
    this.mark = mark
    this.id = at.UploadId
  }

  async send(piece: Uint8Array): Promise<void> {
    const PartNumber = this.parts.length + 1
    const command = new this.sdk.UploadPartCommand({ ...this.at, PartNumber, Body: piece })
    const part = await told(this.client.send(command))
    this.parts.push({
      PartNumber,
      ETag: part.ETag,
      ChecksumCRC32: part.ChecksumCRC32,
      ChecksumCRC32C: part.ChecksumCRC32C,
      ChecksumCRC64NVME: part.ChecksumCRC64NVME,
      ChecksumSHA256: part.ChecksumSHA256,
    })
  }

  async complete(last: Uint8Array): Promise<void> {
    if (!this.hasLast && last.length > 0) await this.send(last)
    this.hasLast = true
    const MultipartUpload = { Parts: this.parts }
    const command = new this.sdk.CompleteMultipartUploadCommand({ ...this.at, MultipartUpload })
    try {
      await told(this.client.send(command))
    } catch (error) {
      // Its answer may have been lost: then the upload is gone, and the object is there.
      if (!isMissing(error) || !(await this.isThere())) throw error
    }
  }

  async abort(): Promise<void> {
    await told(this.client.send(new this.sdk.AbortMultipartUploadCommand(this.at)))
  }

  private async isThere(): Promise<boolean> {
    const { Bucket, Key } = this.at
    const found = await told(this.client.send(new this.sdk.HeadObjectCommand({ Bucket, Key })))
    return found.Metadata?.[uploadMark] === this.mark
  }
}

class S3Store implements ObjectStore {
  private readonly sdk: typeof Sdk
  private readonly client: Sdk.S3Client
  private readonly bucket: string

  constructor(sdk: typeof Sdk, client: Sdk.S3Client, bucket: string) {
    this.sdk = sdk
    this.client = client
    this.bucket = bucket
  }

  async put(key: string, content: Uint8Array): Promise<void> {
    const command = new this.sdk.PutObjectCommand({
      Bucket: this.bucket,
      Key: key,
      Body: content,
      ContentLength: content.length,
      ContentType: contentType(key),
    })
    await told(this.client.send(command))
  }

  async begin(key: string): Promise<Upload> {
    const at = { Bucket: this.bucket, Key: key }
    const mark = randomUUID()
    const command = new this.sdk.CreateMultipartUploadCommand({
      ...at,
      ContentType: contentType(key),
      Metadata: { [uploadMark]: mark },
    })
    const { UploadId } = await told(this.client.send(command))
    if (UploadId === undefined) throw new StoreTrouble('other', 'the store began an upload without an id')
    return new S3Upload(this.sdk, this.client, { ...at, UploadId }, mark)
  }

  async probe(key: string): Promise<void> {
    const upload = await this.begin(key)
    await upload.abort()
  }

  async abort(key: string, id: string): Promise<void> {
    const command = new this.sdk.AbortMultipartUploadCommand({ Bucket: this.bucket, Key: key, UploadId: id })
    await told(this.client.send(command)).catch((error: unknown) => {
      if (!isMissing(error)) throw error
    })
  }

  async get(key: string, from: number): Promise<AsyncIterable<Uint8Array>> {
    const Range = from === 0 ? undefined : `bytes=${from}-`
    const { Body } = await told(
      this.client.send(new this.sdk.GetObjectCommand({ Bucket: this.bucket, Key: key, Range })),
    )
    return bytesOf(Body as Readable | undefined)
  }

  async size(key: string): Promise<number | undefined> {
    const command = new this.sdk.HeadObjectCommand({ Bucket: this.bucket, Key: key })
    try {
      return (await told(this.client.send(command))).ContentLength ?? 0
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  async list(prefix: string, next?: string): Promise<Page> {
    const command = new this.sdk.ListObjectsV2Command({
      Bucket: this.bucket,
      Prefix: prefix,
      ContinuationToken: next,
    })
    const page = await told(this.client.send(command))
    return {
      objects: (page.Contents ?? []).map(({ Key = '', Size = 0 }) => ({ key: Key, bytes: Size })),
      next: page.IsTruncated ? page.NextContinuationToken : undefined,
    }
  }

  close(): void {
    this.client.destroy()
  }
}

async function* bytesOf(body: Readable | undefined): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body ?? []) yield chunk as Uint8Array
  } catch (error) {
    throw trouble(error)
  }
}

/** Throws `BULKX_CONFIG` when the package is not installed, or the endpoint is not safe. */
export const openS3 = async (bucket: string, env: Env): Promise<ObjectStore> => {
  const sdk = await load<typeof Sdk>('@aws-sdk/client-s3', 's3://')
  return new S3Store(sdk, new sdk.S3Client(clientOptions(env)), bucket)
}
