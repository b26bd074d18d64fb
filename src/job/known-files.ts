/** Which known file an entry of a manifest is: by its very URL, or by what stays of the URL when it is signed anew. */
import { fileKey } from '../protocol/file-key.js'
import type { ManifestItem, Section } from '../protocol/types.js'
import type { OutputFile } from './files.js'
import type { JobState } from './state.js'

type Known = Pick<JobState, 'namesByUrl' | 'namesByKey'>

/** The files of an export by the URLs that the server has listed for them. */
export const indexUrl = ({ namesByUrl, namesByKey }: Known, url: string, name: string): void => {
  if (url === '') return
  namesByUrl.set(url, name)
  const key = fileKey(url)
  // A URL that is its own key is found as it is.
  if (key === url) return
  const names = namesByKey.get(key) ?? []
  if (!names.includes(name)) namesByKey.set(key, [...names, name])
}

/** A fresh URL beside the one before, which is forgotten where its key stands for it: signed ones are long, and many. */
export const replaceUrl = (known: Known, { url: before, name }: OutputFile, url: string): void => {
  if (before !== url && fileKey(before) !== before && known.namesByUrl.get(before) === name)
    known.namesByUrl.delete(before)
  indexUrl(known, url, name)
}

/** All files with the key of this URL: more than one when the server tells them apart by the signature alone. */
export const namesLike = ({ namesByUrl, namesByKey }: Known, url: string): readonly string[] => {
  const key = fileKey(url)
  const names = namesByKey.get(key) ?? []
  const bare = namesByUrl.get(key)
  return bare === undefined || names.includes(bare) ? names : [...names, bare]
}

/** The one file that a URL stands for, exactly or by its key. */
export const nameLike = (known: Known, url: string): string | undefined => {
  const exact = known.namesByUrl.get(url)
  if (exact !== undefined) return exact
  const names = namesLike(known, url)
  return names.length === 1 ? names[0] : undefined
}

const agree = <T>(known: T | undefined, now: T | undefined): boolean =>
  known === undefined || now === undefined || known === now

/** Whether an entry says of a file what was said of it before. */
export const isDescribedBy = (file: OutputFile, section: Section, item: ManifestItem): boolean =>
  file.section === section &&
  file.type === item.type &&
  agree(file.count, item.count) &&
  agree(file.sha256, item.sha256)
