/** What happened, as a list that a person can read: one row a fact that matters, those that come by the thousand once. */
import { count, duration, size } from '../cli/text.js'
import { withoutQuery } from '../http/url.js'
import type { JobEvent } from '../job/facts.js'
import { listedBy } from '../job/pages.js'
import type { JobState } from '../job/state.js'
import { First } from './tallies.js'
import { foreignWords } from './words.js'

export interface Moment {
  /** Epoch milliseconds. */
  at: number
  what: string
  detail?: string
}

/** Of one kind. */
const toldMax = 8

const words = (parts: readonly (string | undefined)[]): string | undefined =>
  parts.filter((part) => part !== undefined && part !== '').join('; ') || undefined

const again = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : `tried again after ${duration(ms)}`

const listedText = (event: Extract<JobEvent, { type: 'manifest-received' }>): string => {
  const { output, deleted, outcome } = listedBy(event)
  const more = [
    deleted > 0 ? `${count(deleted, 'file')} of deletions` : undefined,
    outcome > 0 ? `${count(outcome, 'file')} of messages` : undefined,
  ]
  return [count(output, 'data file'), ...more.filter((part) => part !== undefined)].join(', ')
}

const keptText = (kept: { files: number; bytes: number } | undefined): string | undefined =>
  kept && `goes on from ${size(kept.bytes)} of ${count(kept.files, 'file')} that had come before`

const answers: Readonly<Record<number, string>> = {
  404: 'the job was gone already',
  410: 'the job was gone already',
}

const deletedText = (status: number): string =>
  status >= 200 && status < 300 ? 'accepted' : (answers[status] ?? `the server answered ${status}`)

/** Of these only the last one was it. */
const lastStored = 'Last file stored'

type Told = Omit<Moment, 'at'> | undefined

const momentOf = (event: JobEvent, state: JobState): Told => {
  switch (event.type) {
    case 'job-created':
      return { what: 'Job created' }
    case 'job-resumed':
      return { what: 'Resumed', detail: keptText(event.kept) }
    case 'kick-off-requested':
      return { what: 'Kick-off sent', detail: `${event.method} ${withoutQuery(event.url)}` }
    case 'scopes-granted':
      return { what: 'Fewer scopes granted than asked for', detail: event.granted }
    case 'kick-off-unsent':
      return { what: 'Kick-off not sent', detail: words([event.reason, again(event.againAfterMs)]) }
    case 'kick-off-refused':
      return { what: 'Kick-off refused', detail: words([event.message, again(event.againAfterMs)]) }
    case 'kick-off-unlocated':
      return { what: 'Kick-off accepted, its address is not known', detail: `HTTP ${event.status}` }
    case 'kick-off-accepted':
      return event.attached
        ? { what: 'Attached to a job that was kicked off elsewhere' }
        : { what: 'Kick-off accepted', detail: event.synchronous ? 'answered at once' : undefined }
    case 'manifest-received':
      return {
        what: event.partial ? 'Partial manifest received' : 'Manifest received',
        detail: `${listedText(event)} new`,
      }
    case 'manifest-unavailable':
      return { what: 'Manifest not available', detail: event.reason }
    case 'file-failed':
      return { what: 'File failed', detail: `${event.name}: ${event.message}` }
    case 'file-lost':
      return { what: 'File lost', detail: `${event.name} was on disk, and is not as it was: fetched again` }
    case 'export-failed':
      return { what: 'Export failed on the server', detail: event.message }
    case 'export-gone':
      return { what: 'Job gone from the server', detail: event.message }
    case 'manifest-written':
      return { what: 'manifest.json written', detail: count(event.findings.length, 'finding') }
    case 'findings-accepted':
      return { what: 'Findings accepted', detail: `--fail-on ${event.failOn}` }
    case 'delete-answered':
      return { what: 'DELETE sent to the server', detail: deletedText(event.status) }
    case 'job-cancelled':
      return { what: 'Cancelled', detail: `DELETE: ${deletedText(event.status)}` }
    case 'file-completed':
      return state.unfinished.pending.size === 0 && state.nextManifest === undefined
        ? { what: lastStored }
        : undefined
    case 'status-in-progress':
    case 'status-transient':
    case 'status-doubted':
      return undefined
    default:
      // A journal of a later version may hold facts that this one does not know.
      event satisfies never
      return undefined
  }
}

/** Collects them. */
export class Moments {
  private readonly byKind = new Map<string, First<Moment>>()
  private readonly lasts = new Map<string, Moment>()

  take(event: JobEvent, state: JobState): void {
    const told = momentOf(event, state)
    if (told) this.add({ at: event.at, ...told })
  }

  add({ at, what, detail }: Moment): void {
    const known = what === lastStored ? undefined : this.byKind.get(what)
    const kind = known ?? new First<Moment>(toldMax)
    this.byKind.set(what, kind)
    const moment = { at, what, detail: detail === undefined ? undefined : foreignWords(detail) }
    kind.add(moment)
    if (kind.more > 0) this.lasts.set(what, moment)
  }

  /** In the order of time; of each kind the first ones, and the last one with the number of those between. */
  get rows(): Moment[] {
    const rows = [...this.byKind].flatMap(([what, { things, more }]) => {
      const last = this.lasts.get(what)
      if (!last) return things
      const between = more > 1 ? `${more - 1} more of these before it` : undefined
      return [...things, { ...last, detail: words([last.detail, between]) }]
    })
    return rows.sort((a, b) => a.at - b.at)
  }
}
