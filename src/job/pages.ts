/** The pages of a manifest, and the files they list: taken in once, and asked for again for fresh URLs. */
import { readInstant } from '../protocol/instant.js'
import { withoutPatients } from '../protocol/kick-off.js'
import { issuesMax } from '../protocol/operation-outcome.js'
import { type Instant, type Issue, type OutputManifest, type Section, sections } from '../protocol/types.js'
import type { Fact, JobEvent } from './facts.js'
import { type OutputFile, setStatus } from './files.js'
import { type Entry, finalEntries, partialEntries } from './first-listing.js'
import { indexUrl, replaceUrl } from './known-files.js'
import { sameFiles } from './same-files.js'
import type { JobState } from './state.js'

export interface ManifestPage {
  requiresAccessToken?: boolean
  transactionTime?: Instant
  /** When the files of the page end, epoch milliseconds by the server's clock. */
  expiresAt?: number
  /** When it was last asked for, epoch milliseconds, with whatever result. */
  askedAt: number
  /** More entries may follow under the same URL: the job goes on. */
  partial: boolean
  /** The page behind it, as far as it is known. */
  next?: string
  /** Our file names, by position in the section. */
  names: Record<Section, string[]>
}

type Received = Extract<JobEvent, { type: 'manifest-received' }>

type Names = Record<Section, string[]>

const mapped = <T>(entries: readonly Entry[], of: (entry: Entry) => T): Record<Section, T[]> => {
  const lists: Record<Section, T[]> = { output: [], deleted: [], outcome: [] }
  for (const entry of entries) lists[entry.section].push(of(entry))
  return lists
}

/** The names of known files, by position; undefined when there are none. */
const namesIn = (entries: readonly Entry[]): Names | undefined =>
  entries.some(({ name }) => name !== undefined) ? mapped(entries, ({ name }) => name ?? '') : undefined

/**
 * What a partial page lists, or leads to, that is not known yet, as the fact that says so; undefined when that is
 * nothing: a page that grows at each look is not written down anew each time. What cannot be told from a file that is
 * known waits for the final manifest.
 */
export const newsOf = (
  state: JobState,
  page: string,
  manifest: OutputManifest,
): Omit<Received, 'at'> | undefined => {
  const before = state.pages.get(page)
  if (before?.partial === false) return undefined
  const isNews = ({ name, item, undecided }: Entry): boolean =>
    undecided !== true && (name === undefined || (item.url !== '' && state.files.get(name)?.url === ''))
  const news = partialEntries(state, page, manifest).filter(isNews)
  if (news.length === 0 && before?.next === manifest.next) return undefined
  const known = {
    output: before?.names.output.length ?? 0,
    deleted: before?.names.deleted.length ?? 0,
    outcome: before?.names.outcome.length ?? 0,
  }
  const items = mapped(news, ({ item }) => item)
  const received = {
    type: 'manifest-received' as const,
    page,
    manifest: { ...manifest, items },
    partial: true,
  }
  return { ...received, known, names: namesIn(news) }
}

type Final = Omit<Extract<Fact, { type: 'manifest-received' }>, 'partial' | 'known'>

/** A final page as the fact that it is; a text that says what is wrong when it lists other files than before. */
export const finalPage = (state: JobState, page: string, manifest: OutputManifest): Final | string => {
  const known = state.pages.get(page)
  if (known?.partial === false) {
    const same = sameFiles(state, page, manifest)
    return typeof same === 'string' ? same : { type: 'manifest-received', page, ...same }
  }
  const entries = finalEntries(state, page, manifest)
  if (typeof entries === 'string') return entries
  const items = mapped(entries, ({ item }) => item)
  const names = known ? mapped(entries, ({ name }) => name ?? '') : namesIn(entries)
  return { type: 'manifest-received', page, manifest: { ...manifest, items }, names }
}

/** How many entries a page lists by now, those included that were known before. */
export const listedBy = ({ manifest: { items }, known }: Received): Record<Section, number> => ({
  output: (known?.output ?? 0) + items.output.length,
  deleted: (known?.deleted ?? 0) + items.deleted.length,
  outcome: (known?.outcome ?? 0) + items.outcome.length,
})

const addFile = (
  state: JobState,
  { page, partial }: Received,
  section: Section,
  item: OutputManifest['items'][Section][number],
): string => {
  const isFinal = partial !== true
  const known = item.url === '' ? undefined : state.files.get(state.namesByUrl.get(item.url) ?? '')
  if (known) {
    state.listedTwice.add(known.name)
    known.listed ||= isFinal
    return known.name
  }
  const name = state.nameFile(section, item.type)
  const position = state.files.size
  // Field by field, those to come included: a copied object takes twice the time and half again the memory.
  const file: OutputFile = {
    type: item.type,
    url: item.url,
    count: item.count,
    sha256: item.sha256,
    sizeBytes: item.sizeBytes,
    severities: item.severities,
    continuesInFile: item.continuesInFile,
    name,
    section,
    position,
    page,
    listed: isFinal,
    status: 'pending',
    stored: undefined,
    failure: undefined,
  } satisfies Record<keyof OutputFile, unknown> & Pick<OutputFile, 'status'>
  setStatus(state.unfinished, file, item.url === '' ? 'failed' : 'pending')
  if (item.url === '') {
    file.failure = { code: 'refused', message: 'the manifest entry has no usable URL', refresh: true }
  } else {
    indexUrl(state, item.url, name)
  }
  state.files.set(name, file)
  return name
}

/** What is whole stays what it is, under the URL that brought it; the fresh one is known to be its. */
const renewFile = (state: JobState, file: OutputFile, url: string): void => {
  if (url === '') return
  if (file.status === 'completed') {
    indexUrl(state, url, file.name)
    return
  }
  replaceUrl(state, file, url)
  file.url = url
  setStatus(state.unfinished, file, 'pending')
}

const isSameIssue = (a: Issue, b: Issue): boolean => a.severity === b.severity && a.text === b.text

/** By position, as a page is folded that is not known, or that is read again in the order it had. */
const takeByPlace = (state: JobState, event: Received, names: Names): void => {
  const isWhole = (name: string): boolean => state.files.get(name)?.status === 'completed'
  // Where nothing is whole, all is fetched anew: each file once, whichever it is.
  const isGuess = event.guessed === true && sections.some((section) => names[section].some(isWhole))
  for (const section of sections) {
    // No gaps, whatever a journal says.
    const before = Math.min(event.known?.[section] ?? 0, names[section].length)
    event.manifest.items[section].forEach((item, index) => {
      const position = before + index
      const name = names[section][position]
      const file = state.files.get(name ?? '')
      if (name === undefined) names[section][position] = addFile(state, event, section, item)
      else if (file) {
        renewFile(state, file, item.url)
        file.listed ||= event.partial !== true
      }
      if (isGuess && file && file.status !== 'completed') state.guessed.add(file.name)
    })
  }
}

/** A file that was listed while the job ran, or whose URL is known now. */
const relist = (state: JobState, file: OutputFile, url: string, { page, partial }: Received): void => {
  const isAlike = partial !== true && file.url !== '' && state.namesByUrl.get(url) !== file.name
  if (isAlike) state.alike.add(file.name)
  renewFile(state, file, url)
  file.page = page
  file.listed = partial !== true
}

/** By the names that the fact gives to what it lists: they are the page's from now on, beside those of a partial one. */
const takeByName = (state: JobState, event: Received, said: Names, names: Names): void => {
  const { manifest } = event
  const seen = new Set<string>()
  for (const section of sections) {
    if (!event.partial) names[section] = []
    const listed = new Set(names[section])
    manifest.items[section].forEach((item, index) => {
      const file = state.files.get(said[section][index] ?? '')
      const name = file ? file.name : addFile(state, event, section, item)
      if (file && (seen.has(name) || file.listed)) state.listedTwice.add(name)
      else if (file) relist(state, file, item.url, event)
      seen.add(name)
      if (!event.partial || !listed.has(name)) names[section].push(name)
    })
  }
}

/** Folds a page into the state: new entries become files, known ones get their fresh URLs. */
export const takeManifest = (state: JobState, event: Received): void => {
  const { page, manifest } = event
  const partial = event.partial === true
  const known = state.pages.get(page)
  const names = known?.names ?? { output: [], deleted: [], outcome: [] }
  if (event.names) takeByName(state, event, event.names, names)
  else takeByPlace(state, event, names)
  if (known && !known.partial) state.refreshed.add(page)
  state.pages.set(page, {
    requiresAccessToken: manifest.requiresAccessToken,
    transactionTime: manifest.transactionTime,
    expiresAt: manifest.expiresAt,
    askedAt: event.at,
    partial,
    next: manifest.next,
    names,
  })
  if (known && !known.partial) return
  const kept = earlier(state.transactionTime, manifest.transactionTime)
  if (kept !== state.transactionTime) state.transactionTimeSaidAt = manifest.answeredAt ?? event.at
  state.transactionTime = kept
  state.request ??= manifest.request === undefined ? undefined : withoutPatients(manifest.request)
  state.listsDeletions ||= manifest.listsDeletions === true
  state.expiresAt = manifest.expiresAt ?? state.expiresAt
  state.failedBatches = Math.max(state.failedBatches, manifest.failedBatches ?? 0)
  // A partial manifest repeats what it has said before.
  for (const issue of manifest.issues)
    if (
      state.manifestIssues.length < issuesMax &&
      !state.manifestIssues.some((known) => isSameIssue(known, issue))
    )
      state.manifestIssues.push(issue)
  // `__proto__` would be more than a key.
  for (const [key, kept] of Object.entries(manifest.rest))
    if (key !== '__proto__') state.manifestRest[key] = kept
  state.nextManifest = partial ? state.nextManifest : manifest.next
}

const timeOf = (text: Instant): number => readInstant(text) ?? Date.parse(text)

// Pages that disagree are merged under the earlier time: the next `_since` then misses nothing.
const earlier = (a: Instant | undefined, b: Instant | undefined): Instant | undefined => {
  if (a === undefined || b === undefined) return a ?? b
  return timeOf(b) < timeOf(a) ? b : a
}
