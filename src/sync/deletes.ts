/** What a server says it has deleted: transaction Bundles whose entries are `DELETE Type/id`. */
import { isObject, scalarText } from '../json.js'
import { eachLine, parsed } from './line-reader.js'

/** Of a URL that names a resource: what stands before, the type, the id. Neither a history nor a search. */
const resourceUrl = /^(.*?)\/?([A-Z][A-Za-z]{0,63})\/([^\s/?#"\\]{1,1024})\/?$/

/** Characters of a URL that is shown. */
const shownMax = 200

export interface Deletes {
  delete(type: string, id: string): void
  /** Named no single resource of this server, or was no such Bundle; `url` as the server wrote it, cut. */
  ignored(url: string): void
}

/** Relative, or right below a FHIR base of the server. */
const isOfServer = (before: string, bases: readonly string[]): boolean =>
  before === '' || (/^https?:/i.test(before) && bases.includes(before))

/** An id with characters that a URL cannot hold is written with percent signs, by most servers. */
const unescaped = (id: string): string | undefined => {
  if (!id.includes('%')) return undefined
  try {
    const plain = decodeURIComponent(id)
    return plain === id || plain.includes('/') ? undefined : plain
  } catch {
    return undefined
  }
}

const readEntry = (entry: unknown, bases: readonly string[], take: Deletes): void => {
  const request = isObject(entry) ? entry.request : undefined
  const url = isObject(request) ? scalarText(request.url) : ''
  const isDelete = isObject(request) && scalarText(request.method).toUpperCase() === 'DELETE'
  const [, before = '', type = '', id = ''] = (isDelete && resourceUrl.exec(url)) || []
  if (type === '' || id === '_history' || !isOfServer(before, bases)) {
    take.ignored(url.slice(0, shownMax))
    return
  }
  take.delete(type, id)
  const plain = unescaped(id)
  if (plain !== undefined) take.delete(type, plain)
}

const readBundle = (line: unknown, bases: readonly string[], take: Deletes): void => {
  // An empty Bundle says nothing, and is right.
  if (!isObject(line) || line.resourceType !== 'Bundle') take.ignored('')
  else if (Array.isArray(line.entry)) for (const entry of line.entry) readEntry(entry, bases, take)
}

/** The deletes of one file. `bases`: what the server's FHIR base URL is called; `settle` is awaited after every block. */
export const readDeletes = async (
  blocks: AsyncIterable<Buffer>,
  bases: readonly string[],
  take: Deletes & { settle(): Promise<void> },
): Promise<void> => {
  for await (const block of blocks) {
    eachLine(block, (from, to) => readBundle(parsed(block, from, to), bases, take))
    await take.settle()
  }
}
