/** What to do about an export, or a part of a data set, that is not as it was stored. */
import { basename } from 'node:path'
import { resumeCommand, shellWord } from '../job/next-command.js'
import type { Remedies } from './record.js'

const backup = 'restore it from a backup'

/** Nothing fetches files of a finished export again: its job is deleted on the server. */
const ofFinished = (): Remedies => {
  const again = `${backup}, or export again: the same \`bulkx export\` with --again moves what is here aside`
  return { file: again, sameSize: again, manifest: again, journal: again, log: again }
}

/** Nothing can be moved aside there. */
const ofFinishedInStore = (): Remedies => {
  const again = `${backup} or an older version of the object, or export again with --out and another prefix`
  return { file: again, sameSize: again, manifest: again, journal: again, log: again }
}

/** Files that are missing or of another size are noticed when the others are complete. */
const ofUnfinished = (directory: string, dataset: string | undefined): Remedies => {
  const resume = resumeCommand(directory)
  const fetched = `${resume} fetches it again, while the server has it`
  return {
    file: fetched,
    sameSize: `remove the file; ${fetched}`,
    manifest: `${resume} writes it`,
    journal: `${backup}, or ${
      dataset === undefined
        ? 'start anew with --again'
        : `give its round up: \`bulkx sync … -o ${shellWord(dataset)} --again\``
    }`,
    log: `${resume} makes it anew`,
  }
}

/** A data set has another way: everything anew. */
const ofDataset = (dataset: string): Remedies => {
  const full = `${backup}, or \`bulkx sync --again --full -o ${shellWord(dataset)}\`, with your target and server, fetches everything anew`
  return { file: full, sameSize: full, manifest: full, journal: full, log: full }
}

/** `exports/007.1`: given up, and no part of any snapshot. */
const ofSetAside = (): Remedies => {
  const away = 'it was set aside, and no snapshot is made of it: remove it when nobody needs it'
  return { file: away, sameSize: away, manifest: away, journal: away, log: away }
}

const isSetAside = (directory: string): boolean => /^\d{3,}\.\d+$/.test(basename(directory))

export interface Situation {
  finished: boolean
  /** Without one no command can go on from what is there. */
  hasJournal: boolean
}

export const remediesFor = (
  { shownAs, dataset, store }: { shownAs: string; dataset?: string; store?: object },
  { finished, hasJournal }: Situation,
): Remedies => {
  if (dataset !== undefined && isSetAside(shownAs)) return ofSetAside()
  if (!finished) return ofUnfinished(shownAs, dataset)
  if (store) return ofFinishedInStore()
  const log = hasJournal ? `${resumeCommand(shownAs)} makes it anew` : backup
  return { ...(dataset === undefined ? ofFinished() : ofDataset(dataset)), log }
}
