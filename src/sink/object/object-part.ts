/**
 * The unfinished content of a name in a store: pieces that are sent while the next is gathered. The upload is completed
 * when the content was judged, and aborted otherwise; what it has cannot be read back, so that nothing of it is kept.
 */
import type { Kept, Part, Validators } from '../sink.js'
import { Pieces, piecesMax } from './pieces.js'
import type { ObjectStore, Upload } from './store.js'
import { StoreTrouble } from './trouble.js'
import type { UploadNotes } from './upload-notes.js'

/** What the parts of one sink share. */
export interface ObjectWorkplace {
  store: ObjectStore
  notes: UploadNotes
  /** Does it, and again where trouble passes. */
  patiently<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>
  /** Rejects when another process has taken the job over. */
  assertHeld: () => Promise<void>
  /** Into a `BulkxError` that names the file. */
  told<T>(work: () => Promise<T>): Promise<T>
}

export class ObjectPart implements Part {
  private readonly key: string
  private readonly workplace: ObjectWorkplace
  private pieces = new Pieces()
  private upload: Upload | undefined
  private forget: (() => Promise<void>) | undefined
  private sent = 0
  /** One piece at a time is on its way. */
  private sending: Promise<void> | undefined
  private failure: { cause: unknown } | undefined
  private bytes = 0
  /** Nothing of this attempt is waited for any more. */
  private over = new AbortController()

  constructor(key: string, workplace: ObjectWorkplace) {
    this.key = key
    this.workplace = workplace
  }

  /** Of this attempt; an earlier one has left nothing. */
  kept(): Kept {
    return { bytes: this.bytes }
  }

  async *read(): AsyncGenerator<Uint8Array> {}

  async restart(_validators?: Validators): Promise<void> {
    await this.clear()
  }

  append(chunk: Uint8Array): Promise<void> | undefined {
    this.bytes += chunk.length
    const room = this.pieces.room(chunk.length)
    if (room === chunk.length && !this.failure) {
      this.pieces.add(chunk)
      return undefined
    }
    return this.workplace.told(() => this.overflow(chunk))
  }

  /** Nothing can be gone on from. */
  async suspend(): Promise<void> {
    await this.clear()
  }

  publish(mayName?: () => Promise<void>): Promise<void> {
    return this.workplace.told(async () => {
      try {
        await this.settled()
        await this.workplace.assertHeld()
        await this.complete(this.pieces.take(), mayName)
      } finally {
        await this.clear()
      }
    })
  }

  async discard(): Promise<void> {
    await this.clear()
  }

  private async complete(last: Buffer, mayName = async () => {}): Promise<void> {
    const { store, patiently } = this.workplace
    const { upload } = this
    await patiently(async () => {
      await mayName()
      await (upload ? upload.complete(last) : store.put(this.key, last))
    })
    this.upload = undefined
    await this.forget?.()
    this.forget = undefined
  }

  private async overflow(chunk: Uint8Array): Promise<void> {
    for (let rest = chunk; rest.length > 0; ) {
      const room = this.pieces.room(rest.length)
      if (room === 0) {
        // A piece that is full goes when the next byte is there: the last one is never empty.
        await this.settled()
        this.send(this.pieces.take())
      } else {
        this.pieces.add(rest.subarray(0, room))
        rest = rest.subarray(room)
      }
    }
    if (this.failure) throw this.failure.cause
  }

  private send(piece: Buffer): void {
    this.sending = this.bring(piece).then(
      () => this.pieces.giveBack(piece),
      (cause: unknown) => {
        this.failure ??= { cause }
      },
    )
  }

  private async bring(piece: Buffer): Promise<void> {
    const { patiently } = this.workplace
    if (this.sent === piecesMax - 1)
      throw new StoreTrouble('other', 'the content is longer than an upload can be: use --gzip, or a disk')
    const upload = this.upload ?? (await this.begin())
    await patiently(() => upload.send(piece), this.over.signal)
    this.sent += 1
  }

  private async begin(): Promise<Upload> {
    const { store, notes, patiently, assertHeld } = this.workplace
    await assertHeld()
    this.upload = await patiently(() => store.begin(this.key), this.over.signal)
    const { id } = this.upload
    if (id !== undefined) this.forget = await notes.add(this.key, id)
    return this.upload
  }

  private async settled(): Promise<void> {
    await this.sending
    this.sending = undefined
    if (this.failure) throw this.failure.cause
  }

  /** Aborts what is under way. Where that fails a note stays, for the next process. */
  private async clear(): Promise<void> {
    this.over.abort()
    await this.sending
    this.over = new AbortController()
    const { upload, forget } = this
    this.sending = undefined
    this.failure = undefined
    this.upload = undefined
    this.forget = undefined
    this.pieces = new Pieces()
    this.sent = 0
    this.bytes = 0
    if (!upload) return
    await upload.abort().then(
      () => forget?.(),
      () => {},
    )
  }
}
