/** The pages of a manifest, and the files they list: taken in once, and asked for again for fresh URLs. */
import { withoutPatients } from '../protocol/kick-off.js'
import type { Instant, Issue, OutputManifest, Section } from '../protocol/types.js'
import type { OutputFile } from './files.js'
import type { JobState } from './state.js'

export interface ManifestPage {
  requiresAccessToken?: boolean
  transactionTime?: Instant
  /** More entries may follow under the same URL: the job goes on. */
  partial: boolean
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

/** A partial page that lists what is not known yet: the same one again, at each look, is not worth a fact. */
export const hasMore = (state: JobState, page: string, manifest: OutputManifest): boolean => {
  const known = state.pages.get(page)
  return sections.some((section) => manifest.items[section].length > (known?.names[section].length ?? 0))
}

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
  const file: OutputFile = { ...item, name, section, page, status: 'pending' }
  if (item.url === '') {
    file.status = 'failed'
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
  if (url !== '') file.status = 'pending'
}

const isSameIssue = (a: Issue, b: Issue): boolean => a.severity === b.severity && a.text === b.text

/** Folds a page into the state: new entries become files, known ones get their fresh URLs. */
export const takeManifest = (
  state: JobState,
  page: string,
  manifest: OutputManifest,
  partial: boolean,
): void => {
  const known = state.pages.get(page)
  const names = known?.names ?? { output: [], deleted: [], outcome: [] }
  for (const section of sections) {
    manifest.items[section].forEach((item, position) => {
      const name = names[section][position]
      if (name === undefined) names[section][position] = addFile(state, page, section, item)
      else renewFile(state, name, item.url)
    })
  }
  if (known && !known.partial) state.refreshed.add(page)
  state.pages.set(page, {
    requiresAccessToken: manifest.requiresAccessToken,
    transactionTime: manifest.transactionTime,
    partial,
    names,
  })
  if (known && !known.partial) return
  state.transactionTime = earlier(state.transactionTime, manifest.transactionTime)
  state.request ??= manifest.request === undefined ? undefined : withoutPatients(manifest.request)
  state.expiresAt = manifest.expiresAt ?? state.expiresAt
  state.failedBatches = Math.max(state.failedBatches, manifest.failedBatches ?? 0)
  // A partial manifest repeats what it has said before.
  for (const issue of manifest.issues)
    if (!state.manifestIssues.some((known) => isSameIssue(known, issue))) state.manifestIssues.push(issue)
  Object.assign(state.manifestRest, manifest.rest)
  state.nextManifest = partial ? state.nextManifest : manifest.next
}

// Pages that disagree are merged under the earlier time: the next `_since` then misses nothing.
const earlier = (a: Instant | undefined, b: Instant | undefined): Instant | undefined => {
  if (a === undefined || b === undefined) return a ?? b
  return Date.parse(b) < Date.parse(a) ? b : a
}
