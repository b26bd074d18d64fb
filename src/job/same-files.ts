/** A page of the manifest that is read again: the same files as before, or another run's, which are never mixed in. */
import { withoutQuery } from '../http/url.js'
import type { ManifestItem, OutputManifest, Section } from '../protocol/types.js'
import type { OutputFile } from './files.js'
import { linesUp } from './pages.js'
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

/** By their places, unless an item has the very URL of another file: then somebody has changed the places. */
const byPlace = (
  files: readonly OutputFile[],
  items: readonly ManifestItem[],
): ManifestItem[] | undefined => {
  const owners = new Map(files.map(({ url, name }) => [url, name]))
  const isIts = ({ name }: OutputFile, { url }: ManifestItem): boolean =>
    url === '' || (owners.get(url) ?? name) === name
  return files.every((file, place) => isIts(file, items[place] ?? file)) ? [...items] : undefined
}

const isSame = <T>(known: T | undefined, now: T | undefined): boolean =>
  known === undefined || now === undefined || known === now

const isSameFile = (file: OutputFile, item: ManifestItem | undefined): boolean =>
  item !== undefined &&
  file.type === item.type &&
  isSame(file.count, item.count) &&
  isSame(file.sha256, item.sha256)

const ordered = (files: OutputFile[], items: ManifestItem[]): ManifestItem[] | undefined => {
  if (files.length !== items.length) return undefined
  const found =
    byKey(files, items, (url) => url) ?? byKey(files, items, withoutQuery) ?? byPlace(files, items)
  return found && files.every((file, place) => isSameFile(file, found[place])) ? found : undefined
}

const sections = ['output', 'deleted', 'outcome'] as const

/**
 * The manifest with its entries where they were when the page was first read, their URLs renewed; a text that says
 * what is wrong when it is not the same one. A page that is not known, or was not final, is taken as it is.
 */
export const sameFiles = (
  state: JobState,
  page: string,
  manifest: OutputManifest,
): OutputManifest | string => {
  const known = state.pages.get(page)
  if (known === undefined) return manifest
  const times = [known.transactionTime, manifest.transactionTime]
  if (!times.includes(undefined) && times[0] !== times[1])
    return `the manifest is of another run now: its transactionTime was ${times[0]}, and is ${times[1]}`
  const others = 'the manifest now lists other files than before'
  if (known.partial) return linesUp(state, page, manifest) ? manifest : others
  const items: Partial<Record<Section, ManifestItem[]>> = {}
  for (const section of sections) {
    const files = known.names[section].flatMap((name) => state.files.get(name) ?? [])
    items[section] = ordered(files, manifest.items[section])
    if (items[section] === undefined) return others
  }
  return { ...manifest, items: { ...manifest.items, ...items } }
}
