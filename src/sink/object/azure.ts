/** Azure Blob Storage by its own client. Blocks that were never committed are forgotten by the store after a week. */
import { randomUUID } from 'node:crypto'
import type { TokenCredential } from '@azure/core-auth'
import type * as Sdk from '@azure/storage-blob'
import { load } from './load.js'
import { assertSecureEndpoint } from './secure-endpoint.js'
import { contentType, type ObjectStore, type Page, type Upload } from './store.js'
import { isNetworkTrouble, kindOfStatus, StoreTrouble, type TroubleKind, toldAs } from './trouble.js'

const kinds: Readonly<Record<string, TroubleKind>> = {
  ContainerNotFound: 'no-bucket',
  ContainerBeingDeleted: 'no-bucket',
  AccountIsDisabled: 'denied',
  AuthenticationFailed: 'denied',
  AuthorizationFailure: 'denied',
  AuthorizationPermissionMismatch: 'denied',
  InsufficientAccountPermissions: 'denied',
  BlobNotFound: 'missing',
  ServerBusy: 'busy',
  InternalError: 'busy',
  OperationTimedOut: 'busy',
  InvalidBlockList: 'other',
  CredentialUnavailableError: 'no-credential',
  AggregateAuthenticationError: 'no-credential',
  AuthenticationRequiredError: 'no-credential',
  // Of an account that does not exist, or that the network does not lead to.
  ENOTFOUND: 'network',
}

const field = (error: Error, name: string): unknown => (error as unknown as Record<string, unknown>)[name]

const trouble = (error: unknown): unknown => {
  if (!(error instanceof Error) || error instanceof StoreTrouble) return error
  const details = field(error, 'details') as { errorCode?: unknown } | undefined
  const code = [details?.errorCode, field(error, 'code'), error.name].find((one) => typeof one === 'string')
  const found = field(error, 'statusCode')
  const status = typeof found === 'number' ? found : undefined
  const known = kinds[String(code)] ?? kinds[error.name]
  const kind = known ?? (status === undefined && isNetworkTrouble(error) ? 'network' : kindOfStatus(status))
  // What is none of the above and no answer either is a defect.
  if (kind === 'other' && status === undefined) return error
  const [first = ''] = error.message.split('\n')
  const text =
    kind === 'no-credential'
      ? 'no credential was found'
      : `${String(code)}${first === '' ? '' : `: ${first}`}`
  return new StoreTrouble(kind, text, { cause: error })
}

const told = toldAs(trouble)

/** Ids of one upload have one length; two uploads of one name never share one. */
const blockId = (mark: string, number: number): string =>
  Buffer.from(`${mark}-${String(number).padStart(6, '0')}`).toString('base64')

class AzureUpload implements Upload {
  private readonly blob: Sdk.BlockBlobClient
  private readonly key: string
  private readonly mark = randomUUID()
  private readonly blocks: string[] = []
  /** The last piece is there: another attempt does not send it again. */
  private hasLast = false

  constructor(blob: Sdk.BlockBlobClient, key: string) {
    this.blob = blob
    this.key = key
  }

  async send(piece: Uint8Array): Promise<void> {
    const id = blockId(this.mark, this.blocks.length)
    await told(this.blob.stageBlock(id, piece, piece.length))
    this.blocks.push(id)
  }

  async complete(last: Uint8Array): Promise<void> {
    if (!this.hasLast && last.length > 0) await this.send(last)
    this.hasLast = true
    const blobHTTPHeaders = { blobContentType: contentType(this.key) }
    await told(this.blob.commitBlockList(this.blocks, { blobHTTPHeaders }))
  }

  /** There is no such request: nobody sees blocks that are not committed, and the store drops them. */
  async abort(): Promise<void> {}
}

class AzureStore implements ObjectStore {
  private readonly container: Sdk.ContainerClient

  constructor(container: Sdk.ContainerClient) {
    this.container = container
  }

  async put(key: string, content: Uint8Array): Promise<void> {
    const blobHTTPHeaders = { blobContentType: contentType(key) }
    await told(this.container.getBlockBlobClient(key).upload(content, content.length, { blobHTTPHeaders }))
  }

  async begin(key: string): Promise<Upload> {
    return new AzureUpload(this.container.getBlockBlobClient(key), key)
  }

  /** Nothing is asked by `begin`: a block is, and nobody sees one that is not committed. */
  async probe(key: string): Promise<void> {
    await (await this.begin(key)).send(new Uint8Array(1))
  }

  async abort(): Promise<void> {}

  async get(key: string, from: number): Promise<AsyncIterable<Uint8Array>> {
    const { readableStreamBody } = await told(this.container.getBlockBlobClient(key).download(from))
    return bytesOf(readableStreamBody)
  }

  async size(key: string): Promise<number | undefined> {
    try {
      return (await told(this.container.getBlockBlobClient(key).getProperties())).contentLength ?? 0
    } catch (error) {
      if (error instanceof StoreTrouble && error.kind === 'missing') return undefined
      throw error
    }
  }

  async list(prefix: string, next?: string): Promise<Page> {
    const pages = this.container.listBlobsFlat({ prefix }).byPage({ continuationToken: next })
    const { value } = await told(pages.next())
    const blobs: Sdk.BlobItem[] = value?.segment.blobItems ?? []
    return {
      objects: blobs.map(({ name, properties }) => ({ key: name, bytes: properties.contentLength ?? 0 })),
      next: value?.continuationToken || undefined,
    }
  }

  close(): void {}
}

async function* bytesOf(body: NodeJS.ReadableStream | undefined): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body ?? []) yield chunk as unknown as Uint8Array
  } catch (error) {
    throw trouble(error)
  }
}

type Env = Readonly<Record<string, string | undefined>>

/** What `@azure/identity` is needed for. */
interface Identity {
  DefaultAzureCredential: new () => TokenCredential
}

// Whoever calls tries again, for all stores in one way.
const once: Sdk.StoragePipelineOptions = { retryOptions: { maxTries: 1 } }

const serviceOf = async (sdk: typeof Sdk, env: Env): Promise<Sdk.BlobServiceClient> => {
  const { AZURE_STORAGE_CONNECTION_STRING: text, AZURE_STORAGE_ACCOUNT: account } = env
  if (text) return sdk.BlobServiceClient.fromConnectionString(text, once)
  const named = env.AZURE_STORAGE_SERVICE_ENDPOINT
  if (!account && !named) throw new StoreTrouble('settings', 'no storage account was named')
  const url = named || `https://${account}.blob.core.windows.net`
  if (env.AZURE_STORAGE_KEY && account) {
    const key = new sdk.StorageSharedKeyCredential(account, env.AZURE_STORAGE_KEY)
    return new sdk.BlobServiceClient(url, key, once)
  }
  const sas = env.AZURE_STORAGE_SAS_TOKEN
  if (sas) return new sdk.BlobServiceClient(`${url}?${sas.replace(/^\?/, '')}`, undefined, once)
  const needed = ['@azure/storage-blob', '@azure/identity']
  const identity = await load<Identity>('@azure/identity', 'az:// without a key', needed)
  return new sdk.BlobServiceClient(url, new identity.DefaultAzureCredential(), once)
}

/** Throws `BULKX_CONFIG` when a package is not installed, or the endpoint is not safe. */
export const openAzure = async (container: string, env: Env): Promise<ObjectStore> => {
  const sdk = await load<typeof Sdk>('@azure/storage-blob', 'az://', [
    '@azure/storage-blob',
    '@azure/identity',
  ])
  const service = await serviceOf(sdk, env).catch((error: unknown) => {
    if (error instanceof StoreTrouble || !(error instanceof Error) || !env.AZURE_STORAGE_CONNECTION_STRING)
      throw error
    throw new StoreTrouble('settings', 'AZURE_STORAGE_CONNECTION_STRING cannot be read')
  })
  const { origin } = new URL(service.url)
  assertSecureEndpoint(
    origin,
    env.AZURE_STORAGE_CONNECTION_STRING
      ? 'AZURE_STORAGE_CONNECTION_STRING'
      : 'AZURE_STORAGE_SERVICE_ENDPOINT',
  )
  return new AzureStore(service.getContainerClient(container))
}
