/** Where a job is, as a table for people and as fields for programs. */
import { withoutQuery } from '../http/url.js'
import { type JobState, phaseOf } from '../job/state.js'
import { targetName } from './show.js'
import { count, duration, grouped, harmless, instant } from './text.js'

const iso = (at: number | undefined): string | undefined =>
  at === undefined || at <= 0 || at > 8.64e15 ? undefined : new Date(at).toISOString()

const unfinished = (state: JobState): boolean =>
  state.nextManifest !== undefined && !state.end && !state.findings

/** When we may look again. */
const nextLookAt = (state: JobState): number | undefined =>
  unfinished(state) ? Math.max(state.notBefore, state.askableAt) : undefined

const fileCounts = (state: JobState) => {
  const files = [...state.files.values()]
  const by = (status: string): number => files.filter((file) => file.status === status).length
  return { listed: files.length, completed: by('completed'), failed: by('failed') }
}

/** On the server, as far as that is known. */
const isDeleted = ({ deleteStatus = 0, end }: JobState): boolean =>
  end !== undefined || (deleteStatus >= 200 && deleteStatus < 300) || [404, 410].includes(deleteStatus)

/** Further fields of the `result` of `status`. */
export const jobFields = (state: JobState): Readonly<Record<string, unknown>> => ({
  server: withoutQuery(state.server),
  target: state.kickOff && targetName(state.kickOff.target),
  startedAt: iso(state.startedAt),
  progress: state.progress === undefined || state.end ? undefined : harmless(state.progress),
  unchangedSince: unfinished(state) ? iso(state.unchangedSince) : undefined,
  nextPollAt: iso(nextLookAt(state)),
  expiresAt: isDeleted(state) ? undefined : iso(state.expiresAt),
  listed: state.files.size,
})

const filesText = (state: JobState): string | undefined => {
  const { listed, completed, failed } = fileCounts(state)
  if (listed === 0) return undefined
  return `${grouped(completed)} of ${count(listed, 'file')} on disk${failed > 0 ? `, ${grouped(failed)} failed` : ''}`
}

const nextLookText = (state: JobState, now: number): string | undefined => {
  const at = nextLookAt(state)
  if (at === undefined) return undefined
  if (at <= now) return 'now'
  const reason = state.askableAt > now ? ', as the server asks' : ''
  return `${instant(at)}, in ${duration(at - now)}${reason}`
}

const ago = (at: number, now: number): string => `${instant(at)}, ${duration(now - at)} ago`

/** From here on it is worth saying that nothing has changed, milliseconds. */
const unchangedWorthMs = 3_600_000

const progressText = (state: JobState, now: number): string | undefined => {
  const { progress, unchangedSince, end } = state
  if (end) return undefined
  const unchangedMs = unfinished(state) && unchangedSince !== undefined ? now - unchangedSince : 0
  const unchanged = unchangedMs >= unchangedWorthMs ? `unchanged for ${duration(unchangedMs)}` : undefined
  const said = progress === undefined ? undefined : harmless(progress)
  return [said, unchanged].filter((part) => part !== undefined).join(', ') || undefined
}

/** When the server drops the files; how soon that is, as long as they are wanted. */
const expiryText = (state: JobState, now: number): string | undefined => {
  const { expiresAt } = state
  if (isDeleted(state)) return undefined
  if (expiresAt === undefined || state.findings)
    return expiresAt === undefined ? undefined : instant(expiresAt)
  return expiresAt > now ? `${instant(expiresAt)}, in ${duration(expiresAt - now)}` : ago(expiresAt, now)
}

/** One line for each thing that is known. */
export const jobLines = (
  state: JobState,
  { directory, message, now }: { directory: string; message?: string; now: number },
): string[] => {
  const rows: [string, string | undefined][] = [
    ['phase', phaseOf(state)],
    ['message', message],
    ['server', withoutQuery(state.server)],
    ['target', state.kickOff ? targetName(state.kickOff.target) : undefined],
    ['directory', directory],
    ['status URL', state.pollingLocation && withoutQuery(state.pollingLocation)],
    ['started', state.startedAt > 0 ? ago(state.startedAt, now) : undefined],
    ['progress', progressText(state, now)],
    ['next look', nextLookText(state, now)],
    ['files', filesText(state)],
    ['transaction time', state.transactionTime && harmless(state.transactionTime)],
    ['expires', expiryText(state, now)],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.flatMap(([name, value]) => (value ? [`${name.padEnd(width)}  ${value}`] : []))
}
