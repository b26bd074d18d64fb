/** What is said while the server works: its words, how long it takes, when we look again. */
import type { JobEvent } from '../../job/facts.js'
import type { JobState } from '../../job/state.js'
import { cells } from '../cells.js'
import { duration, harmless } from '../text.js'
import type { Look } from './look.js'
import { usableCells } from './rows.js'

export interface Wait {
  /** The same, longer and shorter. */
  words: readonly [string, ...string[]]
  /** Epoch milliseconds. */
  since?: number
  next?: { at: number; what: 'look' | 'try' }
}

/** A wait that is over before it is read is not counted down. */
const countedMs = 3_000

const next = (event: { at: number; notBefore: number }, what: 'look' | 'try'): Wait['next'] =>
  event.notBefore - event.at >= countedMs ? { at: event.notBefore, what } : undefined

/** What is waited for after this event; undefined where it changes nothing, `null` where nothing is. */
export const waitAfter = (event: JobEvent, state: JobState): Wait | null | undefined => {
  switch (event.type) {
    case 'kick-off-requested':
      return { words: ['kicking off'], since: event.at }
    case 'kick-off-unsent':
    case 'kick-off-refused': {
      if (event.againAfterMs === undefined) return null
      const at = event.at + event.againAfterMs
      return {
        words: ['no kick-off yet'],
        since: state.startedAt,
        next: next({ ...event, notBefore: at }, 'try'),
      }
    }
    case 'kick-off-accepted':
      return { words: ['in progress'], since: event.at }
    case 'status-in-progress': {
      const said = event.progress === undefined ? '' : harmless(event.progress)
      return {
        words: said === '' ? ['in progress'] : [`in progress: ${said}`, said],
        since: state.acceptedAt,
        next: next(event, 'look'),
      }
    }
    case 'status-transient': {
      const reason = harmless(event.reason)
      const words = [`the server cannot answer now: ${reason}`, reason] as const
      return { words, since: state.acceptedAt, next: next(event, 'try') }
    }
    case 'status-doubted':
      return { words: [harmless(event.reason)], since: state.acceptedAt, next: next(event, 'look') }
    case 'manifest-received':
      return event.partial ? undefined : null
    case 'manifest-written':
      return { words: ['cleaning up on the server'], since: event.at }
    case 'delete-answered':
      return null
    default:
      return undefined
  }
}

const nextText = ({ at, what }: NonNullable<Wait['next']>, now: number): string => {
  const left = Math.ceil((at - now) / 1000)
  const doing = what === 'look' ? 'looking' : 'trying'
  return left > 0 ? `next ${what} in ${duration(left * 1000)}` : `${doing} now`
}

/** Below it words of a server say nothing. */
const wordsMin = 16

/** One row for the wait. What is behind the words goes first where there is no room, then they are cut. */
export const waitRow = ({ words, since, next }: Wait, now: number, columns: number, look: Look): string => {
  const width = usableCells(columns)
  const elapsed = since === undefined ? [] : [duration(Math.max(0, Math.floor((now - since) / 1000) * 1000))]
  const ahead = next === undefined ? [] : [nextText(next, now)]
  const behind = (parts: readonly string[]): string =>
    parts.map((part) => `${look.separator}${part}`).join('')
  const tails = [behind([...elapsed, ...ahead]), behind(ahead), '']
  const shortest = Math.min(wordsMin, ...words.map(cells))
  const tail = tails.find((text) => cells(text) + shortest <= width) ?? ''
  const room = width - cells(tail)
  const fitting = words.find((text) => cells(text) <= room) ?? words.at(-1) ?? words[0]
  return `${look.spinner()} ${look.clip(fitting, room)}${tail}`
}
