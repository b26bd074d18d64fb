/** What is said of a manifest: how many files it lists, of what time, and how long they are kept. */
import type { JobEvent } from '../../job/facts.js'
import { listedBy } from '../../job/pages.js'
import type { JobState } from '../../job/state.js'
import { count, duration, harmless, instant } from '../text.js'
import type { Line } from './lines.js'

type Received = Extract<JobEvent, { type: 'manifest-received' }>

/** From here on the end of the files is worth saying, and worth a warning; milliseconds. */
const nearMs = 12 * 60 * 60_000
const shortMs = 15 * 60_000
/** What a file takes at least, with the server's own time for it. */
const fileMs = 1_000

/** How long until the files go, as the manifest says; undefined when that is far or not known. */
const timeLeft = ({ at, manifest: { expiresAt } }: Received): number | undefined =>
  expiresAt !== undefined && expiresAt - at < nearMs ? expiresAt - at : undefined

const endWarning = (event: Received, files: number): Line[] => {
  const left = timeLeft(event)
  if (left === undefined || left >= Math.max(shortMs, files * fileMs)) return []
  const end = instant(event.manifest.expiresAt ?? event.at)
  const text =
    left <= 0
      ? `the server says that its files ended at ${end}, ${duration(-left)} ago; they are asked for all the same`
      : `the server keeps its files only until ${end}, in ${duration(left)}: what is not here by then is lost, and needs a new export`
  return [{ level: 'warning', text }]
}

const renewedLine = (event: Received, state: JobState): Line => {
  const wanted = [...state.unfinished.pending].filter(({ page }) => page === event.page).length
  return { level: 'line', text: `fresh URLs for ${count(wanted, 'file')}` }
}

const listedLine = (event: Received, files: number): Line => {
  const { deleted, outcome } = listedBy(event)
  const others = [
    ...(deleted > 0 ? [`${deleted} of deleted resources`] : []),
    ...(outcome > 0 ? [`${outcome} of the server's messages`] : []),
  ]
  const details = others.length > 0 ? ` (${others.join(', ')})` : ''
  const time = event.manifest.transactionTime
  const at = time === undefined ? '' : `, transaction time ${harmless(time)}`
  const left = timeLeft(event)
  const end =
    left !== undefined && left > 0
      ? `, kept until ${instant(event.manifest.expiresAt ?? event.at)}, for ${duration(left)}`
      : ''
  const text = `${event.partial ? 'so far' : 'manifest'}: ${count(files, 'file')}${details}${at}${end}`
  return { level: 'line', text }
}

/** Whether a manifest of a job that goes on lists anything that was not known. */
const isNew = ({ manifest: { items } }: Received): boolean =>
  Object.values(items).some((entries) => entries.length > 0)

/** The end of the files is said once, with the first page. */
export const manifestLines = (event: Received, state: JobState): Line[] => {
  if (state.refreshed.has(event.page)) return [renewedLine(event, state)]
  if (event.partial) return isNew(event) ? [listedLine(event, state.files.size)] : []
  const files = Object.values(listedBy(event)).reduce((sum, number) => sum + number, 0)
  const isFirst = state.pages.size === 1 || event.page === state.pollingLocation
  return [listedLine(event, files), ...(isFirst ? endWarning(event, files) : [])]
}
