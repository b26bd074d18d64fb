/** How fast it goes, and how long it takes yet: from samples of the last seconds. */
import { duration } from '../text.js'

/** The rate is that of the last seconds, the time left goes by the last half minute. */
const rateWindowMs = 5_000
const paceWindowMs = 30_000
/** Before that a pace is a guess. */
const paceAfterMs = 3_000

interface Sample {
  at: number
  value: number
}

/** The change in a window of time, per millisecond; undefined until it has lasted so long. */
const slope = (windowMs: number, afterMs: number) => {
  let samples: Sample[] = []
  return (at: number, value: number): number | undefined => {
    samples = [...samples.filter((sample) => at - sample.at <= windowMs), { at, value }]
    const first = samples[0]
    return first === undefined || at <= first.at || at - first.at < afterMs
      ? undefined
      : (value - first.value) / (at - first.at)
  }
}

/** Bytes a second over the last samples. */
export const rateMeter = () => {
  const change = slope(rateWindowMs, 0)
  return (at: number, bytes: number): number => (change(at, bytes) ?? 0) * 1000
}

/** For how many milliseconds the value has not changed. */
export const stillness = () => {
  let last: Sample | undefined
  return (at: number, value: number): number => {
    if (last?.value !== value) last = { at, value }
    return at - last.at
  }
}

/** Milliseconds that are left when so much, 0 to 1, is done; undefined while nobody can say. */
export const timeLeft = () => {
  const change = slope(paceWindowMs, paceAfterMs)
  return (at: number, part: number): number | undefined => {
    const pace = change(at, part)
    return pace === undefined || pace <= 0 || part >= 1 ? undefined : (1 - part) / pace
  }
}

const second = 1000
const minute = 60 * second

/** Not more exact than anybody knows it. */
export const leftText = (ms: number): string => {
  const step = ms < 10 * second ? second : ms < minute ? 5 * second : ms < 10 * minute ? 10 * second : minute
  return `${duration(Math.ceil(ms / step) * step)} left`
}
