/** Where files go: the promises that every place to store an export keeps. */

/** What proves, later, that the server still has the same bytes. */
export interface Validators {
  /** Strong. */
  etag?: string
  lastModified?: string
  /** Whole length of the representation, in bytes. */
  length?: number
}

export interface Kept {
  bytes: number
  validators?: Validators
}

/** The unfinished content of one name. Invisible to everybody until it is published. */
export interface Part {
  /** What an earlier attempt, perhaps of an earlier process, has left and can be gone on from. */
  kept(): Kept
  /** The kept bytes, from the first one. */
  read(): AsyncIterable<Uint8Array>
  /** Drops what is there and notes what the coming bytes can be proved by. */
  restart(validators?: Validators): Promise<void>
  /** Adds bytes; a promise is returned when the caller must wait before it gives more. */
  append(chunk: Uint8Array): Promise<void> | undefined
  /** Everything appended so far is written; the part stays for a later attempt. */
  suspend(): Promise<void>
  /**
   * All of it durable, then visible under its name, replacing an older file of that name. `mayName`: asked right before
   * that, and whenever it is tried again; where it rejects, the name stays as it was.
   */
  publish(mayName?: () => Promise<void>): Promise<void>
  /** Leaves nothing. */
  discard(): Promise<void>
}

/** Whether an export is about to begin in a place, or has begun there before. */
export type Standing = 'new' | 'begun'

/**
 * A place for an export. A name exists only when every byte of it is durable; an older file survives a failed
 * write; `list` never shows a part; writers of different names do not disturb one another. Methods reject with
 * `BULKX_STORAGE` or `BULKX_DISK_FULL`.
 */
export interface Sink {
  part(name: string): Promise<Part>
  /** Stores a text, or the pieces of one, whole or not at all. */
  write(name: string, text: string | Iterable<string>): Promise<void>
  /** The bytes under a name; the iteration rejects when there is no such name. */
  read(name: string): AsyncIterable<Uint8Array>
  /** How much earlier attempts have left, of how many names, that can be gone on from. */
  unfinished(): Promise<{ files: number; bytes: number }>
  /** Bytes stored under each name; undefined where there is no such name. */
  sizes(names: readonly string[]): Promise<(number | undefined)[]>
  /**
   * Of a place that is far away, before a server is asked for anything: rejects when it cannot be written to, or when a
   * new export would be mixed with what stands there; removes what a killed process has left of uploads.
   */
  assertReady?(standing: Standing): Promise<void>
}
