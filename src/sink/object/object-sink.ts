/** An object store as a sink: streamed there without a disk, and visible only when whole. */
import type { Clock } from '../../clock.js'
import { BulkxError } from '../../errors.js'
import { backoffMs, retry } from '../../http/retry.js'
import type { OpenSink } from '../open-sink.js'
import type { Standing } from '../sink.js'
import { writeWhole } from '../write-whole.js'
import { ObjectPart, type ObjectWorkplace } from './object-part.js'
import type { ObjectStore } from './store.js'
import { parseStoreUrl, type StorePlace, storeUrl } from './store-url.js'
import { passes, storeError } from './trouble.js'
import { noNotes, type UploadNotes, uploadNotes } from './upload-notes.js'

type Env = Readonly<Record<string, string | undefined>>

export interface ObjectSinkOptions {
  /** `s3://bucket/prefix` and its like. */
  url: string
  env: Env
  notes?: string
  assertHeld?: () => Promise<void>
  clock: Clock
  random: () => number
}

/** About two minutes of a store's trouble. */
const attempts = 8
/** Names that are looked for one by one; where there are more, the prefix is listed. */
const oneByOneMax = 16

const openStore = async ({ kind, bucket }: StorePlace, env: Env): Promise<ObjectStore> => {
  switch (kind) {
    case 's3':
      return (await import('./s3.js')).openS3(bucket, env)
    case 'gs':
      return (await import('./gcs.js')).openGcs(bucket, env)
    case 'az':
      return (await import('./azure.js')).openAzure(bucket, env)
    default:
      return kind satisfies never
  }
}

class ObjectSink implements OpenSink {
  private readonly place: StorePlace
  private readonly options: Omit<ObjectSinkOptions, 'url'>
  private readonly open: () => Promise<ObjectStore>
  private readonly notes: UploadNotes
  private opening: Promise<ObjectStore> | undefined

  constructor(place: StorePlace, options: Omit<ObjectSinkOptions, 'url'>, open: () => Promise<ObjectStore>) {
    this.place = place
    this.options = options
    this.open = open
    this.notes = options.notes === undefined ? noNotes : uploadNotes(options.notes)
  }

  async part(name: string): Promise<ObjectPart> {
    return this.told(`Cannot write ${name}`, async (store) => {
      const workplace: ObjectWorkplace = {
        store,
        notes: this.notes,
        assertHeld: this.options.assertHeld ?? (async () => {}),
        patiently: (work, signal) => this.patiently(work, signal),
        told: (work) => this.told(`Cannot write ${name}`, work),
      }
      return new ObjectPart(this.key(name), workplace)
    })
  }

  async write(name: string, text: string | Iterable<string>): Promise<void> {
    const part = await this.part(name)
    try {
      await writeWhole(part, text)
    } catch (error) {
      await part.discard()
      throw error
    }
  }

  async *read(name: string): AsyncGenerator<Uint8Array> {
    const doing = `Cannot read ${name}`
    // Where it breaks it is gone on from, as long as each attempt brings something.
    for (let read = 0, before = -1; ; ) {
      const bytes = await this.told(doing, (store) => this.patiently(() => store.get(this.key(name), read)))
      try {
        for await (const chunk of bytes) {
          read += chunk.length
          yield chunk
        }
        return
      } catch (cause) {
        if (!passes(cause) || read === before) throw storeError(doing, this.place, cause)
        before = read
      }
    }
  }

  /** What was sent before cannot be read back: every file is begun anew. */
  async unfinished(): Promise<{ files: number; bytes: number }> {
    return { files: 0, bytes: 0 }
  }

  async sizes(names: readonly string[]): Promise<(number | undefined)[]> {
    return this.told('Cannot look for files', async (store) => {
      if (names.length <= oneByOneMax) {
        return Promise.all(names.map((name) => this.patiently(() => store.size(this.key(name)))))
      }
      const wanted = new Set(names)
      const found = new Map<string, number>()
      for await (const { name, bytes } of this.objects()) if (wanted.has(name)) found.set(name, bytes)
      return names.map((name) => found.get(name))
    })
  }

  async *list(): AsyncGenerator<{ name: string; bytes: number }> {
    try {
      yield* this.objects()
    } catch (cause) {
      throw storeError('Cannot look for files', this.place, cause)
    }
  }

  async assertReady(standing: Standing): Promise<void> {
    const doing = 'Cannot store files'
    if (standing === 'new') await this.told(doing, () => this.assertEmpty())
    await this.told(doing, (store) => this.abortLeft(store))
    await this.told(doing, (store) => this.assertWritable(store))
  }

  async close(): Promise<void> {
    const store = await this.opening?.catch(() => undefined)
    store?.close()
  }

  private key(name: string): string {
    return `${this.place.prefix}${name}`
  }

  private store(): Promise<ObjectStore> {
    this.opening ??= this.open()
    return this.opening
  }

  private patiently<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { clock, random } = this.options
    return retry(work, {
      clock,
      signal,
      attempts,
      delayMs: (error, failures) => (passes(error) ? backoffMs(failures, random) : 'stop'),
    })
  }

  private async told<T>(doing: string, work: (store: ObjectStore) => Promise<T>): Promise<T> {
    try {
      return await work(await this.store())
    } catch (cause) {
      throw storeError(doing, this.place, cause)
    }
  }

  /** Without what consoles put there to show a folder. */
  private async *objects(): AsyncGenerator<{ name: string; bytes: number }> {
    const { prefix } = this.place
    const store = await this.store()
    let next: string | undefined
    do {
      const page = await this.patiently(() => store.list(prefix, next))
      for (const { key, bytes } of page.objects) {
        const name = key.slice(prefix.length)
        if (name !== '' && !name.endsWith('/')) yield { name, bytes }
      }
      next = page.next
    } while (next !== undefined)
  }

  private async assertEmpty(): Promise<void> {
    for await (const { name } of this.objects()) {
      const url = storeUrl(this.place)
      const what = name === 'manifest.json' ? 'a finished export' : `objects, such as ${name}`
      throw new BulkxError('BULKX_FINISHED', `${url} holds ${what} already`, {
        hint: 'choose another prefix with --out; nothing there is written over, and --again moves nothing in a store',
      })
    }
  }

  private async abortLeft(store: ObjectStore): Promise<void> {
    for (const { key, id, remove } of await this.notes.left()) {
      await this.patiently(() => store.abort(key, id))
      await remove()
    }
  }

  /** By what is written last. */
  private async assertWritable(store: ObjectStore): Promise<void> {
    await this.patiently(() => store.probe(this.key('manifest.json')))
  }
}

/** For tests of what every store has in common: `open` makes the store when it is first needed. */
export const objectSink = (
  { url, ...options }: ObjectSinkOptions,
  open?: (place: StorePlace) => Promise<ObjectStore>,
): OpenSink => {
  const place = parseStoreUrl(url)
  return new ObjectSink(place, options, () => (open ?? ((found) => openStore(found, options.env)))(place))
}
