/** The scopes of the access token, where the server granted fewer than were asked for, and what that means. */
import { plainText } from '../protocol/operation-outcome.js'
import type { Job } from './export.js'
import type { Fact, Finding, JobEvent } from './facts.js'
import { hasTime } from './question.js'
import type { JobState } from './state.js'

/** Granted scopes that a message repeats, characters. */
const grantedMax = 200

/** What is said of the token that a kick-off was sent with; nothing where it lacks nothing, or nobody knows. */
export const grantFacts = ({ narrowGrant }: Job): Fact[] => {
  const grant = narrowGrant?.()
  return grant === undefined ? [] : [{ type: 'scopes-granted', ...grant }]
}

export const takeGrant = (
  state: JobState,
  { asked, granted, types }: Extract<JobEvent, { type: 'scopes-granted' }>,
): void => {
  state.grant = { asked, granted, types }
}

/** Granted scopes as a message has them. */
export const grantedText = (granted: string): string => plainText(granted, grantedMax)

/**
 * For a type that was asked for and not delivered: undefined where it may have been granted. What is missed in the span
 * of a `_since` no later export asks for: there it is an error, so that the clock does not move by itself.
 */
export const notGranted = (type: string, { grant, kickOff, sinceLast }: JobState): Finding | undefined => {
  if (!grant?.types.includes(type)) return undefined
  const isSpan = sinceLast || (kickOff !== undefined && hasTime(kickOff, 'since'))
  const message = `no ${type} was delivered, and its scope was not granted, only ${grantedText(grant.granted)}: have the server grant it, or name with --scope what this client may have`
  return { severity: isSpan ? 'error' : 'warning', code: 'type-not-granted', message }
}
