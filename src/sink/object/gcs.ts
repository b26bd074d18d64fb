/**
 * Google Cloud Storage by its JSON API. Google's own library finds the credential; of uploads we need what its storage
 * client hides: a session that is ended only when the content was judged.
 */
import type * as Auth from 'google-auth-library'
import { isObject, type Json } from '../../json.js'
import { load } from './load.js'
import { assertSecureEndpoint } from './secure-endpoint.js'
import { contentType, type ObjectStore, type Page, type Upload } from './store.js'
import { isNetworkTrouble, kindOfStatus, plainWords, StoreTrouble, type TroubleKind } from './trouble.js'

const scope = 'https://www.googleapis.com/auth/devstorage.read_write'
const realEndpoint = 'https://storage.googleapis.com'

const wordsOf = (text: string): string => {
  try {
    const value: unknown = JSON.parse(text)
    const error = isObject(value) && isObject(value.error) ? value.error : {}
    return typeof error.message === 'string' ? error.message : text
  } catch {
    return text
  }
}

const refused = async (response: Response): Promise<StoreTrouble> => {
  const text = wordsOf(await response.text().catch(() => ''))
  let kind: TroubleKind = kindOfStatus(response.status)
  if (kind === 'missing' && /bucket/i.test(text)) kind = 'no-bucket'
  return new StoreTrouble(kind, `HTTP ${response.status}${text === '' ? '' : `: ${plainWords(text)}`}`)
}

/** An answer that was announced, and may still break. */
const jsonOf = async (response: Response): Promise<Json> => {
  try {
    const value: unknown = await response.json()
    return isObject(value) ? value : {}
  } catch (cause) {
    throw new StoreTrouble('network', 'its answer is broken', { cause })
  }
}

type Headers = Record<string, string>
type Identify = (url: string) => Promise<Headers>

/** One way to the API: its requests carry who we are. */
class Api {
  readonly endpoint: string
  private readonly identify: Identify

  constructor(endpoint: string, identify: Identify) {
    this.endpoint = endpoint
    this.identify = identify
  }

  /** `accepts`: statuses that are answers, beside those of success. */
  async ask(
    url: string,
    request: { method?: string; headers?: Headers; body?: Uint8Array | string },
    accepts: readonly number[] = [],
  ): Promise<Response> {
    const headers = { ...(await this.identify(url)), ...request.headers }
    const response = await this.sent(url, { ...request, headers })
    if (response.ok || accepts.includes(response.status)) return response
    throw await refused(response)
  }

  private async sent(url: string, request: RequestInit): Promise<Response> {
    try {
      return await fetch(url, { ...request, redirect: 'manual' })
    } catch (cause) {
      // `fetch` knows one kind of failure, and says why in its cause.
      const why = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause)
      throw new StoreTrouble('network', why, { cause })
    }
  }
}

/** Bytes that the session has, by its `Range`. */
const persisted = (response: Response): number => {
  const [, last] = /^bytes=0-(\d+)$/.exec(response.headers.get('range') ?? '') ?? []
  return last === undefined ? 0 : Number(last) + 1
}

class GcsUpload implements Upload {
  private readonly api: Api
  private readonly session: string
  private sent = 0
  /** What the last request came to is not known: the session is asked before more is sent. */
  private unsure = false

  constructor(api: Api, session: string) {
    this.api = api
    this.session = session
  }

  async send(piece: Uint8Array): Promise<void> {
    await this.bring(piece, '*')
  }

  async complete(last: Uint8Array): Promise<void> {
    await this.bring(last, String(this.sent + last.length))
  }

  /** 499 is what the API answers when it has done so. */
  async abort(): Promise<void> {
    await this.api.ask(this.session, { method: 'DELETE' }, [404, 410, 499])
  }

  private async bring(piece: Uint8Array, total: string): Promise<void> {
    const end = this.sent + piece.length
    for (let have = this.unsure ? await this.have(total) : this.sent; have !== 'all'; ) {
      if (have < this.sent || have > end) throw new StoreTrouble('other', 'the upload session lost bytes')
      if (have === end && total === '*') break
      const rest = piece.subarray(have - this.sent)
      const range = rest.length === 0 ? '*' : `${have}-${end - 1}`
      this.unsure = true
      const before = have
      have = this.answered(await this.put(rest, `bytes ${range}/${total}`))
      this.unsure = false
      if (have === before) throw new StoreTrouble('busy', 'the upload session takes no more bytes')
    }
    this.sent = end
    this.unsure = false
  }

  private async have(total: string): Promise<number | 'all'> {
    return this.answered(await this.put(new Uint8Array(0), `bytes */${total}`))
  }

  private put(body: Uint8Array, range: string): Promise<Response> {
    return this.api.ask(this.session, { method: 'PUT', body, headers: { 'content-range': range } }, [308])
  }

  private answered(response: Response): number | 'all' {
    void response.body?.cancel()
    return response.status === 308 ? persisted(response) : 'all'
  }
}

class GcsStore implements ObjectStore {
  private readonly api: Api
  private readonly bucket: string

  constructor(api: Api, bucket: string) {
    this.api = api
    this.bucket = bucket
  }

  async put(key: string, content: Uint8Array): Promise<void> {
    const url = `${this.uploads()}?uploadType=media&name=${encodeURIComponent(key)}`
    const headers = { 'content-type': contentType(key) }
    const response = await this.api.ask(url, { method: 'POST', body: content, headers })
    void response.body?.cancel()
  }

  async begin(key: string): Promise<Upload> {
    const url = `${this.uploads()}?uploadType=resumable&name=${encodeURIComponent(key)}`
    const headers = { 'x-upload-content-type': contentType(key), 'content-length': '0' }
    const response = await this.api.ask(url, { method: 'POST', headers })
    void response.body?.cancel()
    const session = response.headers.get('location')
    // The next requests go there with who we are: to nobody else.
    if (session === null || new URL(session).origin !== new URL(this.api.endpoint).origin)
      throw new StoreTrouble('other', 'the store began an upload without a session of its own')
    return new GcsUpload(this.api, session)
  }

  async probe(key: string): Promise<void> {
    const upload = await this.begin(key)
    await upload.abort()
  }

  /** A session costs nothing, and ends by itself after a week. */
  async abort(): Promise<void> {}

  async get(key: string, from: number): Promise<AsyncIterable<Uint8Array>> {
    const headers = { 'accept-encoding': 'gzip', ...(from === 0 ? {} : { range: `bytes=${from}-` }) }
    const { body } = await this.api.ask(`${this.object(key)}?alt=media`, { headers })
    return bytesOf(body)
  }

  async size(key: string): Promise<number | undefined> {
    const response = await this.api.ask(`${this.object(key)}?fields=size`, {}, [404])
    if (response.status === 404) {
      const trouble = await refused(response)
      if (trouble.kind === 'no-bucket') throw trouble
      return undefined
    }
    return Number((await jsonOf(response)).size ?? 0)
  }

  async list(prefix: string, next?: string): Promise<Page> {
    const token = next === undefined ? '' : `&pageToken=${encodeURIComponent(next)}`
    const query = `prefix=${encodeURIComponent(prefix)}&fields=nextPageToken,items(name,size)${token}`
    const response = await this.api.ask(`${this.objects()}?${query}`, {})
    const page = await jsonOf(response)
    const items: unknown[] = Array.isArray(page.items) ? page.items : []
    return {
      objects: items.filter(isObject).map(({ name, size }) => ({ key: String(name), bytes: Number(size) })),
      next: typeof page.nextPageToken === 'string' ? page.nextPageToken : undefined,
    }
  }

  close(): void {}

  private objects(): string {
    return `${this.api.endpoint}/storage/v1/b/${this.bucket}/o`
  }

  private uploads(): string {
    return `${this.api.endpoint}/upload/storage/v1/b/${this.bucket}/o`
  }

  private object(key: string): string {
    return `${this.objects()}/${encodeURIComponent(key)}`
  }
}

async function* bytesOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body ?? []) yield chunk
  } catch (cause) {
    throw new StoreTrouble('network', 'the connection broke', { cause })
  }
}

const credentialTrouble = (cause: unknown): StoreTrouble => {
  const message = cause instanceof Error ? cause.message : String(cause)
  if (isNetworkTrouble(cause)) return new StoreTrouble('network', message, { cause })
  return new StoreTrouble('no-credential', plainWords(message), { cause })
}

type Env = Readonly<Record<string, string | undefined>>

/** Throws `BULKX_CONFIG` when the package is not installed, or the endpoint is not safe. */
export const openGcs = async (bucket: string, env: Env): Promise<ObjectStore> => {
  const emulator = env.STORAGE_EMULATOR_HOST?.replace(/\/+$/, '')
  if (emulator) {
    assertSecureEndpoint(emulator, 'STORAGE_EMULATOR_HOST')
    return new GcsStore(new Api(emulator, async () => ({})), bucket)
  }
  const sdk = await load<typeof Auth>('google-auth-library', 'gs://')
  const auth = new sdk.GoogleAuth({ scopes: [scope] })
  const identify: Identify = async (url) => {
    try {
      // An object, or `Headers`, by the version of the library.
      return Object.fromEntries(new Headers(await auth.getRequestHeaders(url)))
    } catch (cause) {
      throw credentialTrouble(cause)
    }
  }
  return new GcsStore(new Api(realEndpoint, identify), bucket)
}
