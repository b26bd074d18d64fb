/** The last look before an export is called whole: each entry of each page is a file of its own that is here. */
import { BulkxError } from '../errors.js'
import type { JobState } from './state.js'

/** A name on a final page that is no whole file, or that stands for two entries without anybody having said so. */
const entryProblem = (state: JobState): string | undefined => {
  const seen = new Set<string>()
  for (const { partial, names } of state.pages.values()) {
    if (partial) continue
    for (const name of [...names.output, ...names.deleted, ...names.outcome]) {
      if (state.files.get(name)?.status !== 'completed') return `a file that the manifest lists is not here`
      if (seen.has(name) && !state.listedTwice.has(name))
        return `${name} stands for two files of the manifest`
      seen.add(name)
    }
  }
  return undefined
}

const fileProblem = ({ files, guessed }: JobState): string | undefined => {
  const contents = new Map<string, string>()
  for (const { name, section, type, listed, stored } of files.values()) {
    if (!listed) return `the final manifest does not list ${name}`
    if (guessed.size === 0 || !stored || stored.bytes === 0) continue
    const content = `${section} ${type} ${stored.sha256}`
    const same = contents.get(content)
    if (same !== undefined && (guessed.has(name) || guessed.has(same)))
      return `${same} and ${name} have the same content, and the server listed its files under quite new URLs meanwhile`
    contents.set(content, name)
  }
  return undefined
}

/**
 * The error `BULKX_FILES_FAILED` when all is fetched, and a file that the server lists may be missing all the same: what
 * no reading of its manifests can mend, and the only copy must not be deleted for. Undefined when each is here.
 */
export const unproved = (state: JobState): BulkxError | undefined => {
  const problem = entryProblem(state) ?? fileProblem(state)
  return problem === undefined
    ? undefined
    : new BulkxError('BULKX_FILES_FAILED', `It is not certain that all files are here: ${problem}`, {
        hint: 'start a new export with --again, or into another directory with --out; nothing was deleted on the server',
      })
}
