/** How much time has passed at least: a machine that slept stops one clock, and whoever sets the time moves the other. */
import type { Clock } from '../clock.js'

/** Milliseconds from some moment on. Never goes back, and never forgets what passed while the machine was asleep. */
export const passedTime = (
  clock: Pick<Clock, 'now'>,
  monotonic = () => performance.now(),
): (() => number) => {
  let sum = 0
  let wall = clock.now()
  let steady = monotonic()
  return () => {
    const [wallBefore, steadyBefore] = [wall, steady]
    wall = clock.now()
    steady = monotonic()
    sum += Math.max(wall - wallBefore, steady - steadyBefore, 0)
    return sum
  }
}
