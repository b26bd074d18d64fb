/** A page that was not final so far: which of its entries are files that a manifest of the running job has listed. */
import { fileKey, isStoreSigned } from '../protocol/file-key.js'
import { type ManifestItem, type OutputManifest, type Section, sections } from '../protocol/types.js'
import { isDescribedBy, namesLike } from './known-files.js'
import type { JobState } from './state.js'

export interface Entry {
  section: Section
  item: ManifestItem
  /** Ours, of the file that it is; absent: a new one. `undecided`: several files could be meant, or it has changed. */
  name?: string
  undecided?: true
}

class Listing {
  readonly entries: Entry[]
  /** The URL by which an entry of this manifest is a file, by the file's name. */
  private readonly claimed = new Map<string, string>()
  private readonly state: JobState
  private readonly page: string

  constructor(state: JobState, page: string, manifest: OutputManifest) {
    this.state = state
    this.page = page
    this.entries = sections.flatMap((section) =>
      manifest.items[section].map((item): Entry => ({ section, item })),
    )
    this.takeExact()
    this.takeKeys()
    this.takeBare()
  }

  has(name: string): boolean {
    return this.claimed.has(name)
  }

  private claim(entry: Entry, name: string): void {
    const file = this.state.files.get(name)
    const isFirst = !this.claimed.has(name) && file?.listed !== true && !this.state.listedTwice.has(name)
    entry.name = name
    if (isFirst && file && !isDescribedBy(file, entry.section, entry.item)) entry.undecided = true
    this.claimed.set(name, entry.item.url)
  }

  private takeExact(): void {
    for (const entry of this.entries) {
      const name = this.state.namesByUrl.get(entry.item.url)
      if (name !== undefined) this.claim(entry, name)
    }
  }

  private takeKeys(): void {
    const unknown = this.entries.filter(({ name, item }) => name === undefined && item.url !== '')
    const byKey = new Map<string, Entry[]>()
    for (const entry of unknown) {
      const key = fileKey(entry.item.url)
      const others = byKey.get(key)
      if (others) others.push(entry)
      else byKey.set(key, [entry])
    }
    for (const entries of byKey.values()) this.takeKey(entries)
  }

  /** Entries that one key is of, none of which has the very URL of a known file. */
  private takeKey(entries: readonly Entry[]): void {
    const [first] = entries
    if (!first) return
    const names = namesLike(this.state, first.item.url)
    const free = names.filter((name) => !this.has(name) && this.state.files.get(name)?.listed !== true)
    const isOne = new Set(entries.map(({ item }) => item.url)).size === 1
    const isObject = entries.every(({ item }) => isStoreSigned(item.url)) && names.length < 2
    const [name] = names
    if (name === undefined) {
      // One object, signed more than once: its URL is listed twice.
      if (isObject) for (const entry of entries) entry.item = { ...entry.item, url: first.item.url }
      return
    }
    if (isObject || (names.length === 1 && free.length === 1 && isOne)) {
      for (const entry of entries) this.claim(entry, name)
      return
    }
    // Signatures that tell files apart: where all that have this key are listed for certain, these are others.
    if (free.length > 0 || names.some((name) => this.state.alike.has(name)))
      for (const entry of entries) entry.undecided = true
  }

  /** An entry whose URL could not be used has it now, or still not. */
  private takeBare(): void {
    for (const section of sections) {
      const bare = (this.state.pages.get(this.page)?.names[section] ?? []).filter(
        (name) => this.state.files.get(name)?.url === '' && !this.has(name),
      )
      if (bare.length === 0) continue
      const left = this.entries.filter((entry) => entry.section === section && entry.name === undefined)
      for (const entry of left.sort((a, b) => a.item.url.length - b.item.url.length)) {
        const at = bare.findIndex((name) => this.state.files.get(name)?.type === entry.item.type)
        if (at !== -1 && !entry.undecided) this.claim(entry, bare.splice(at, 1)[0] ?? '')
      }
    }
  }
}

/** The entries of a page of a job that goes on. */
export const partialEntries = (state: JobState, page: string, manifest: OutputManifest): Entry[] =>
  new Listing(state, page, manifest).entries

/** The files that were listed while the job ran, and that no final page lists. */
const unlisted = (state: JobState, listing: Listing): number => {
  let number = 0
  for (const file of state.files.values()) if (!file.listed && !listing.has(file.name)) number += 1
  return number
}

/**
 * The entries of a final page; a text that says what is wrong when one cannot be told from a file that was listed
 * while the job ran, or when the last page is here and such a file is not listed again.
 */
export const finalEntries = (state: JobState, page: string, manifest: OutputManifest): Entry[] | string => {
  const listing = new Listing(state, page, manifest)
  const others = 'the final manifest lists other files than it did while the job ran'
  if (listing.entries.some(({ undecided }) => undecided)) return others
  const left = manifest.next === undefined ? unlisted(state, listing) : 0
  return left === 0 ? listing.entries : `${others}: ${left} of them ${left === 1 ? 'is' : 'are'} not in it`
}
