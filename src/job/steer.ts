/** Runs that go only part of the way. */
import type { Steer } from './export.js'
import { isAskable } from './looks.js'

/** `kickoff`: send the kick-off, and nothing after it. */
export const kickOffOnly: Steer = (step) => (step.do === 'kick-off' ? step : { do: 'stop' })

/**
 * `resume --once`: one look at the status, and one at each further page of the manifest, if the server's last
 * `Retry-After` has passed, then whatever can be done without waiting. `now`: epoch milliseconds.
 */
export const lookOnce = (now: number): Steer => {
  const looked = new Set<string>()
  return (step, state) => {
    if (step.do === 'kick-off') return { do: 'stop' }
    if (step.do !== 'poll') return step
    const isFirstLook = looked.size === 0
    if (looked.has(step.url) || (isFirstLook && !isAskable(state, now))) return { do: 'stop' }
    looked.add(step.url)
    return { ...step, notBefore: 0 }
  }
}

/** `status`: the same look, and nothing fetched, written or deleted. */
export const onlyLook = (now: number): Steer => {
  const once = lookOnce(now)
  return (step, state) => (step.do === 'poll' ? once(step, state) : { do: 'stop' })
}
