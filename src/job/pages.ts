/** The pages of a manifest, and the files they list: taken in once, and asked for again for fresh URLs. */
import { readInstant } from '../protocol/instant.js'
import { withoutPatients } from '../protocol/kick-off.js'
import { issuesMax } from '../protocol/operation-outcome.js'
import type { Instant, Issue, OutputManifest, Section } from '../protocol/types.js'
import type { JobEvent } from './facts.js'
import { type OutputFile, setStatus } from './files.js'
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

const sections = ['output', 'deleted', 'outcome'] as const

/**
 * A page that is asked again must be the one it was: a server may renew URLs, not alter a manifest. Another
 * `transactionTime` is another run, and two runs are never mixed.
 */
export const linesUp = (state: JobState, page: string, manifest: OutputManifest): boolean => {
  const known = state.pages.get(page)
  if (!known) return true
  const times = [known.transactionTime, manifest.transactionTime]
  if (!times.includes(undefined) && times[0] !== times[1]) return false
  return sections.every((section) => {
    const names = known.names[section]
    const items = manifest.items[section]
    if (known.partial ? items.length < names.length : items.length !== names.length) return false
    return names.every((name, position) => state.files.get(name)?.type === items[position]?.type)
  })
}

type Received = Extract<JobEvent, { type: 'manifest-received' }>

/**
 * What a partial page lists, or leads to, that is not known yet, as the fact that says so; undefined when that is
 * nothing: a page that grows at each look is not written down anew each time.
 */
export const newsOf = (
  state: JobState,
  page: string,
  manifest: OutputManifest,
): Omit<Received, 'at'> | undefined => {
  const before = state.pages.get(page)
  const names = before?.names
  const known = { output: 0, deleted: 0, outcome: 0 }
  const items: OutputManifest['items'] = { output: [], deleted: [], outcome: [] }
  for (const section of sections) {
    known[section] = names?.[section].length ?? 0
    items[section] = manifest.items[section].slice(known[section])
  }
  const listsMore = sections.some((section) => items[section].length > 0)
  if (!listsMore && before?.next === manifest.next) return undefined
  return { type: 'manifest-received', page, manifest: { ...manifest, items }, partial: true, known }
}

/** How many entries a page lists by now, those included that were known before. */
export const listedBy = ({ manifest: { items }, known }: Received): Record<Section, number> => ({
  output: (known?.output ?? 0) + items.output.length,
  deleted: (known?.deleted ?? 0) + items.deleted.length,
  outcome: (known?.outcome ?? 0) + items.outcome.length,
})

const addFile = (
  state: JobState,
  page: string,
  section: Section,
  item: OutputManifest['items'][Section][number],
): string => {
  const listed = item.url === '' ? undefined : state.namesByUrl.get(item.url)
  if (listed !== undefined) {
    state.listedTwice.add(listed)
    return listed
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
    status: 'pending',
    stored: undefined,
    failure: undefined,
  } satisfies Record<keyof OutputFile, unknown> & Pick<OutputFile, 'status'>
  setStatus(state.unfinished, file, item.url === '' ? 'failed' : 'pending')
  if (item.url === '') {
    file.failure = { code: 'refused', message: 'the manifest entry has no usable URL', refresh: true }
  } else {
    state.namesByUrl.set(item.url, name)
  }
  state.files.set(name, file)
  return name
}

const renewFile = (state: JobState, name: string, url: string): void => {
  const file = state.files.get(name)
  if (!file || file.status === 'completed') return
  file.url = url
  if (url !== '') setStatus(state.unfinished, file, 'pending')
}

const isSameIssue = (a: Issue, b: Issue): boolean => a.severity === b.severity && a.text === b.text

/** Folds a page into the state: new entries become files, known ones get their fresh URLs. */
export const takeManifest = (state: JobState, event: Received): void => {
  const { page, manifest } = event
  const partial = event.partial === true
  const known = state.pages.get(page)
  const names = known?.names ?? { output: [], deleted: [], outcome: [] }
  for (const section of sections) {
    // No gaps, whatever a journal says.
    const before = Math.min(event.known?.[section] ?? 0, names[section].length)
    manifest.items[section].forEach((item, index) => {
      const position = before + index
      const name = names[section][position]
      if (name === undefined) names[section][position] = addFile(state, page, section, item)
      else renewFile(state, name, item.url)
    })
  }
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
  state.transactionTime = earlier(state.transactionTime, manifest.transactionTime)
  state.request ??= manifest.request === undefined ? undefined : withoutPatients(manifest.request)
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
