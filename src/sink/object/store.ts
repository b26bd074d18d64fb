/** What all object stores have in common, in the words of none of them. Keys are whole: the prefix stands in them. */

/** A content on its way. Nobody sees anything of it before `complete` has resolved. */
export interface Upload {
  /** By what a later process can abort it; undefined where the store forgets it by itself. */
  readonly id?: string
  /** The next piece: all have the length that `pieceBytes` names, and come one after the other. */
  send(piece: Uint8Array): Promise<void>
  /** The last piece, shorter or empty; then the content stands under its key, in place of an older one. */
  complete(last: Uint8Array): Promise<void>
  /** Nothing is left of it, as far as the store allows to say so. */
  abort(): Promise<void>
}

export interface StoredObject {
  key: string
  bytes: number
}

export interface Page {
  objects: StoredObject[]
  next?: string
}

/**
 * A store. Methods reject with `StoreTrouble`. Each may be called again after it was rejected for a reason that passes,
 * even if the store had done what was asked.
 */
export interface ObjectStore {
  /** A whole content at once. */
  put(key: string, content: Uint8Array): Promise<void>
  begin(key: string): Promise<Upload>
  /** Rejects where `begin` and what comes after it would; leaves nothing that anybody sees. */
  probe(key: string): Promise<void>
  /** Aborts what an earlier process has begun; there may be nothing left of it. */
  abort(key: string, id: string): Promise<void>
  /** From a byte on. Rejects with `missing` where there is no such key. */
  get(key: string, from: number): Promise<AsyncIterable<Uint8Array>>
  /** Bytes; undefined where there is no such key. */
  size(key: string): Promise<number | undefined>
  /** Those that begin so; `next`: where the page after this one begins. */
  list(prefix: string, next?: string): Promise<Page>
  close(): void
}

/** For those who list a container by its type: what a name says that we give. */
export const contentType = (key: string): string => {
  if (key.endsWith('.json')) return 'application/json'
  return key.endsWith('.gz') ? 'application/gzip' : 'application/fhir+ndjson'
}
