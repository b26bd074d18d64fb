/** For logs: while a large file comes in and nothing else happens, a line now and then. */
import type { Clock } from '../../clock.js'
import type { Progress } from '../../fetch/progress.js'
import { count, duration, size } from '../text.js'
import type { Talk } from './index.js'
import { stillness } from './pace.js'

const lookEveryMs = 5_000
/** Nothing was heard for so long, and for this part of the time that it takes already: the lines become rarer. */
const saidAfterMs = 60_000
const saidOfAge = 1 / 2
/** Nothing came for so long. */
const stalledMs = 10_000

const onTheWay = ({ active }: Progress): string => {
  const [first] = active
  if (active.size !== 1 || first === undefined) return `${count(active.size, 'file')} on the way`
  const [name, { bytes, totalBytes }] = first
  return `${size(bytes)}${totalBytes === undefined ? '' : ` of ${size(totalBytes)}`} of ${name}`
}

export const stillTalk = (talk: Talk, clock: Clock) => {
  let stop: (() => void) | undefined
  let [beganAt, heardAt] = [clock.now(), clock.now()]
  const still = stillness()
  const look = (progress: Progress): void => {
    const now = clock.now()
    const nothingFor = still(now, progress.bytes)
    if (progress.active.size === 0) {
      beganAt = heardAt = now
      return
    }
    if (now - heardAt < Math.max(saidAfterMs, (now - beganAt) * saidOfAge)) return
    heardAt = now
    const stalled = nothingFor >= stalledMs ? `, and nothing came for ${duration(nothingFor)}` : ''
    talk.line(`downloading: ${onTheWay(progress)}, ${size(progress.bytes)} in this run${stalled}`)
  }
  return {
    watch: (progress: Progress): void => {
      stop?.()
      stop = clock.every(lookEveryMs, () => look(progress))
    },
    /** Something happened, and was said or was not worth it. */
    heard: (): void => {
      heardAt = clock.now()
    },
    stop: (): void => stop?.(),
  }
}
