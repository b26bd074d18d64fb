/** A page of the manifest that is read again: the same files as before, or another run's, which are never mixed in. */
import { withoutQuery } from '../http/url.js'
import { fileKey } from '../protocol/file-key.js'
import { type ManifestItem, type OutputManifest, type Section, sections } from '../protocol/types.js'
import type { OutputFile } from './files.js'
import { isDescribedBy, nameLike } from './known-files.js'
import type { JobState } from './state.js'

/** The items in the order of their files, where each has a key of its own that the others know; else undefined. */
const byKey = (
  files: readonly OutputFile[],
  items: readonly ManifestItem[],
  key: (url: string) => string,
): ManifestItem[] | undefined => {
  const found = new Map(items.map((item) => [key(item.url), item]))
  const names = new Map<string, string>()
  for (const { url, name } of files) {
    if ((names.get(key(url)) ?? name) !== name) return undefined
    names.set(key(url), name)
  }
  const ordered = files.flatMap(({ url }) => found.get(key(url)) ?? [])
  return found.size === names.size && ordered.length === files.length ? ordered : undefined
}

/**
 * By their places: all of them, where no URL says anything of a file; otherwise those of files that are not whole,
 * beside others that stand where they stood. A whole file would not be asked for under a URL that is new.
 */
const byPlace = (
  state: JobState,
  files: readonly OutputFile[],
  items: readonly ManifestItem[],
): ManifestItem[] | undefined => {
  let told = 0
  let whole = 0
  for (const [place, file] of files.entries()) {
    const url = items[place]?.url ?? ''
    const owner = url === '' ? undefined : nameLike(state, url)
    if (owner !== undefined && owner !== file.name) return undefined
    if (owner !== undefined) told += 1
    else if (url !== '' && file.status === 'completed') whole += 1
  }
  return told > 0 && whole > 0 ? undefined : [...items]
}

interface Ordered {
  items: ManifestItem[]
  guessed?: true
}

const ordered = (
  state: JobState,
  section: Section,
  files: readonly OutputFile[],
  items: readonly ManifestItem[],
): Ordered | undefined => {
  if (files.length !== items.length) return undefined
  const keyed = byKey(files, items, (url) => state.namesByUrl.get(url) ?? url) ?? byKey(files, items, fileKey)
  const found = keyed ?? byKey(files, items, withoutQuery) ?? byPlace(state, files, items)
  const isSame = (file: OutputFile, place: number): boolean => {
    const item = found?.[place]
    if (item === undefined || (nameLike(state, item.url) ?? file.name) !== file.name) return false
    return state.listedTwice.has(file.name) || isDescribedBy(file, section, item)
  }
  return found && files.every(isSame) ? { items: found, guessed: keyed ? undefined : true } : undefined
}

/**
 * A final page with its entries where they were when it was first read, their URLs renewed, `guessed` where their
 * paths or places alone told which they are; a text that says what is wrong when it is not the same one.
 */
export const sameFiles = (
  state: JobState,
  page: string,
  manifest: OutputManifest,
): { manifest: OutputManifest; guessed?: true } | string => {
  const known = state.pages.get(page)
  if (known === undefined) return { manifest }
  const times = [known.transactionTime, manifest.transactionTime]
  if (!times.includes(undefined) && times[0] !== times[1])
    return `the manifest is of another run now: its transactionTime was ${times[0]}, and is ${times[1]}`
  const items: OutputManifest['items'] = { output: [], deleted: [], outcome: [] }
  let guessed: true | undefined
  for (const section of sections) {
    const files = known.names[section].flatMap((name) => state.files.get(name) ?? [])
    const same = ordered(state, section, files, manifest.items[section])
    if (same === undefined) return 'the manifest now lists other files than before'
    items[section] = same.items
    guessed ??= same.guessed
  }
  return { manifest: { ...manifest, items }, guessed }
}
