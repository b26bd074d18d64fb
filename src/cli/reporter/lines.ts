/** What happened, in a line each: shared by the plain and the fancy reporter. */
import { withoutQuery } from '../../http/url.js'
import type { Fact, JobEvent } from '../../job/facts.js'
import { completedOf } from '../../job/files.js'
import { cancelCommand } from '../../job/next-command.js'
import type { JobState } from '../../job/state.js'
import { isUndeletable } from '../../protocol/delete.js'
import { count, duration, grouped, harmless, size } from '../text.js'
import type { Warning } from './index.js'
import { manifestLines } from './manifest-lines.js'

export interface Line {
  level: 'line' | 'warning'
  text: string
}

const line = (text: string): Line => ({ level: 'line', text })
const warning = (text: string): Line => ({ level: 'warning', text })

type Of<T extends Fact['type']> = Extract<JobEvent, { type: T }>

/** From here on the time of the next look is worth saying. */
export const longWaitMs = 10_000

const nextLook = (event: { at: number; notBefore: number }): string => {
  const wait = event.notBefore - event.at
  return wait >= longWaitMs ? `; next look in ${duration(wait)}` : ''
}

/** What the server says of its progress, and when we look again. */
export const progressLine = (event: Of<'status-in-progress'>, state: JobState): Line => {
  const words = event.progress === undefined ? '' : `: ${harmless(event.progress)}`
  const age = event.at - state.acceptedAt
  return line(`in progress after ${duration(age)}${words}${nextLook(event)}`)
}

/** Said when `--retry-after-max` shortens what the server asks for. */
export const cutLine = (event: Of<'status-in-progress' | 'status-transient'>): Line | undefined =>
  event.cut && event.retryAfterMs !== undefined
    ? warning(
        `the server asks to wait ${duration(event.retryAfterMs)}; ` +
          `\`--retry-after-max\` makes it ${duration(event.notBefore - event.at)}`,
      )
    : undefined

/** Said once when the server has said the same for hours. */
export const stallWarning = (
  event: Of<'status-in-progress'>,
  directory: string,
): Omit<Warning, 'kind'> | undefined => {
  if (event.unchangedMs === undefined) return undefined
  const said = event.progress === undefined ? 'nothing of its progress' : 'the same of its progress'
  const words = event.progress === undefined ? '' : `: ${harmless(event.progress)}`
  return {
    message: `the server has said ${said} for ${duration(event.unchangedMs)}${words}`,
    hint:
      `it is asked until --deadline; if its operator says that the job is stuck, ` +
      `${cancelCommand(directory)} ends it`,
  }
}

/** Nothing of it where this look was the last one of the run. */
const nextText = ({ at, notBefore }: { at: number; notBefore: number }, words: (wait: string) => string) =>
  notBefore > at ? `; ${words(duration(notBefore - at))}` : ''

export const transientLine = (event: Of<'status-transient'>): Line =>
  warning(
    `the server cannot answer now: ${harmless(event.reason)}${event.last ? '' : nextText(event, (wait) => `next try in ${wait}`)}`,
  )

/** A failure of a kick-off that another attempt follows; the last one is the error that the run ends with. */
const againLines = ({ againAfterMs }: Of<'kick-off-unsent' | 'kick-off-refused'>, words: string): Line[] =>
  againAfterMs === undefined ? [] : [warning(`${words}; next try in ${duration(againAfterMs)}`)]

/** The kick-off is announced before a token is asked for: where none is had, it never went out. */
const unsentLines = (event: Of<'kick-off-unsent'>): Line[] =>
  event.againAfterMs === undefined
    ? [line('nothing was kicked off')]
    : againLines(event, `the kick-off did not reach the server: ${harmless(event.reason)}`)

const acceptedLines = (event: Of<'kick-off-accepted'>): Line[] => [
  line(`${event.attached ? 'attached to' : 'accepted: status at'} ${withoutQuery(event.pollingLocation)}`),
  ...(event.raised
    ? [warning('the server names its status at plain http; it is asked over https instead')]
    : []),
  ...(event.issues ?? []).map(({ severity, text }) =>
    (severity === 'information' ? line : warning)(`the server says (${severity}): ${harmless(text)}`),
  ),
]

const ordinal = (number: number): string => {
  const ending = /1\d$/.test(String(number)) ? undefined : ['st', 'nd', 'rd'][(number % 10) - 1]
  return `${grouped(number)}${ending ?? 'th'}`
}

/** A file that took more than one attempt, and what was wrong with the one before the last. */
const againText = ({ attempts, again }: Of<'file-completed'>): string =>
  again === undefined
    ? ''
    : `, at the ${ordinal(attempts)} attempt (before: ${harmless(again.why)}${again.same ? ', and the same bytes came again' : ''})`

const completedLine = (event: Of<'file-completed'>): Line => {
  const { name, gzip, resources, bytes } = event
  const text = `${name}${gzip ? '.gz' : ''}: ${count(resources, 'resource')}, ${size(bytes)}${againText(event)}`
  return event.badLines > 0
    ? warning(
        `${text}, ${count(event.badLines, 'bad line')}` +
          (event.firstBadLine ? `, the first is line ${event.firstBadLine.line}` : ''),
      )
    : line(text)
}

const deletedLine = (event: Of<'delete-answered'>, state: JobState): Line => {
  if (event.status >= 200 && event.status < 300) return line('cleaned up: the job is deleted on the server')
  if (event.status === 404 || event.status === 410) return line('cleaned up: the job is gone on the server')
  const words = harmless(event.message ?? `HTTP ${event.status}`)
  if (isUndeletable(event.status)) return line(`the server did not delete the job: ${words}`)
  const where = state.pollingLocation === undefined ? '' : ` at ${withoutQuery(state.pollingLocation)}`
  return warning(`the server did not delete the job${where}: ${words}; \`bulkx cancel\` tries it again`)
}

const resumedLine = ({ kept }: Of<'job-resumed'>, state: JobState): Line => {
  const parts = kept === undefined ? '' : `, and ${size(kept.bytes)} of ${count(kept.files, 'other')}`
  const here = `${grouped(completedOf(state))} of ${count(state.files.size, 'file')} here`
  return line(state.files.size === 0 ? 'resumed' : `resumed: ${here}${parts}`)
}

/** What there is to look at is said at the end; nobody should leave before that. */
const writtenLine = ({ findings }: Of<'manifest-written'>): Line => {
  const grave = findings.filter(({ severity }) => severity !== 'information').length
  return line(
    grave === 0
      ? 'every file is whole; manifest.json is written'
      : `every file that the server lists is here; manifest.json is written, with ${count(grave, 'thing')} to look at, see below`,
  )
}

/** The lines of one event. Ends that `main` explains, and status answers, which are throttled, have none here. */
export const linesFor = (event: JobEvent, state: JobState): Line[] => {
  switch (event.type) {
    case 'job-resumed':
      return [resumedLine(event, state)]
    case 'kick-off-requested':
      return [line(`kick-off: ${event.method} ${withoutQuery(event.url)}`)]
    case 'kick-off-unsent':
      return unsentLines(event)
    case 'kick-off-refused':
      return againLines(event, `the server takes no kick-off now: ${harmless(event.message)}`)
    case 'kick-off-accepted':
      return acceptedLines(event)
    case 'status-doubted':
      return [
        warning(
          `${harmless(event.reason)}${nextText(event, (wait) => `looking again in ${wait} before it is believed`)}`,
        ),
      ]
    case 'manifest-received':
      return manifestLines(event, state)
    case 'manifest-unavailable':
      return [warning(`${withoutQuery(event.page)} cannot be had: ${harmless(event.reason)}`)]
    case 'file-completed':
      return [completedLine(event)]
    case 'file-lost':
      return [warning(`${event.name} is not on disk as it was stored; it is fetched again`)]
    case 'file-failed':
      return [warning(`${event.name} failed: ${harmless(event.message)}`)]
    case 'manifest-written':
      return [writtenLine(event)]
    case 'findings-accepted':
      return [line(`findings accepted with \`--fail-on ${event.failOn}\``)]
    case 'delete-answered':
      return [deletedLine(event, state)]
    case 'job-cancelled':
      return [line(`cancelled on the server: HTTP ${event.status}`)]
    case 'job-created':
    // Said as a warning when the token came.
    case 'scopes-granted':
    case 'status-in-progress':
    case 'status-transient':
    case 'kick-off-unlocated':
    case 'export-failed':
    case 'export-gone':
      return []
    default:
      return event satisfies never
  }
}
