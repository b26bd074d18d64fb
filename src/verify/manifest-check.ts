/** `manifest.json` against the journal, which is the truth: an edited one, or another export's, shows here. */
import { manifestEntry, manifestName } from '../job/manifest-file.js'
import type { JobState } from '../job/state.js'
import { isObject, type Json } from '../json.js'
import { isInside } from './inside.js'
import { differences, differenceText, type Remedies, type Report } from './record.js'
import type { ManifestEntry, StoredManifest } from './stored-manifest.js'

interface Checking {
  remedies: Remedies
  report: Report
}

const ofEntry = ['type', 'count', 'section', 'bytes', 'storedBytes', 'sha256', 'lines', 'badLines', 'source']

const flat = (value: Json, section: string): Json => ({
  ...value,
  section,
  ...(isObject(value.bulkx) ? value.bulkx : {}),
})

const top = (state: JobState) => ({
  transactionTime: state.transactionTime,
  exportId: state.exportId,
  findings: state.findings,
})

const checkTop = (state: JobState, { value }: StoredManifest, { remedies, report }: Checking): void => {
  const own = isObject(value.bulkx) ? value.bulkx : {}
  const found = differences(top(state), { transactionTime: value.transactionTime, ...own }, [
    'transactionTime',
    'exportId',
    'findings',
  ])
  if (!found) return
  const message = `it is not what was written: ${differenceText(found)}`
  report.problem({
    code: 'manifest-differs',
    file: manifestName,
    message,
    ...found,
    remedy: remedies.manifest,
  })
}

/** Entries that lead out of the directory, whoever wrote them: they are told of, and never followed. */
export const isEntryInside = (entry: ManifestEntry, { remedies, report }: Checking): boolean => {
  if (isInside(entry.name)) return true
  const message = `it lists ${JSON.stringify(entry.name.slice(0, 200))}, which leads out of the directory, and was not followed`
  report.problem({ code: 'outside', file: manifestName, message, remedy: remedies.manifest })
  return false
}

/** What the manifest of a finished export says otherwise than its journal. */
export const checkManifest = (state: JobState, manifest: StoredManifest, checking: Checking): void => {
  const { remedies, report } = checking
  const differs = (message: string, more: object = {}): void =>
    report.problem({
      code: 'manifest-differs',
      file: manifestName,
      message,
      remedy: remedies.manifest,
      ...more,
    })
  checkTop(state, manifest, checking)
  const entries = new Map<string, ManifestEntry>()
  for (const entry of manifest.entries) {
    if (entries.has(entry.name)) differs(`it lists ${entry.name.slice(0, 200)} twice`)
    entries.set(entry.name, entry)
  }
  if (manifest.strangers > 0) differs(`${manifest.strangers} of its entries are none`)
  for (const file of state.files.values()) {
    const written = manifestEntry(file, state)
    const entry = entries.get(written.url)
    entries.delete(written.url)
    if (!entry) {
      differs(`it does not list ${written.url}`)
      continue
    }
    const found = differences(flat(written, file.section), flat(entry.value, entry.section), ofEntry)
    if (found)
      differs(`what it says of ${written.url} is not what was written: ${differenceText(found)}`, found)
  }
  for (const entry of entries.values())
    if (isEntryInside(entry, checking)) differs(`it lists ${entry.name}, which the export does not have`)
}
