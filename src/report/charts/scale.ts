/**
 * Axes: figures to percent of a chart's width or height. What is hard about axes is round numbers and round times,
 * and d3-array and d3-time know these; all else is one multiplication.
 */
import { nice, ticks } from 'd3-array'
import { utcTicks } from 'd3-time'

export interface Tick {
  /** Percent of the axis. */
  at: number
  label: string
}

export interface Scale {
  /** Percent of the axis. */
  at(value: number): number
  ticks: readonly Tick[]
}

/** From zero, as every length and height must be, to a round number at or above `most`. */
export const fromZero = (most: number, label: (value: number) => string, about = 4): Scale => {
  const top = most > 0 ? nice(0, most, about)[1] : 1
  const at = (value: number): number => (100 * value) / top
  return { at, ticks: ticks(0, top, about).map((value) => ({ at: at(value), label: label(value) })) }
}

const dayMs = 86_400_000

const two = (number: number): string => String(number).padStart(2, '0')
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** In UTC: the part of a time that changes from one tick to the next. */
const timeLabel = (time: Date, stepMs: number): string => {
  const day = `${time.getUTCDate()} ${months[time.getUTCMonth()]}`
  if (stepMs >= 300 * dayMs) return String(time.getUTCFullYear())
  if (stepMs >= 28 * dayMs) return `${months[time.getUTCMonth()]} ${time.getUTCFullYear()}`
  const clock = `${two(time.getUTCHours())}:${two(time.getUTCMinutes())}`
  if (stepMs >= dayMs || Number(time) % dayMs === 0) return day
  if (stepMs >= 60_000) return clock
  const seconds = `${clock}:${two(time.getUTCSeconds())}`
  const parts = String(time.getUTCMilliseconds()).padStart(3, '0')
  return stepMs >= 1000 ? seconds : `${seconds}.${stepMs >= 100 ? parts.slice(0, 1) : parts}`
}

/** Epoch milliseconds, in UTC. */
export const overTime = (from: number, to: number, about = 4): Scale => {
  const length = Math.max(1, to - from)
  const at = (value: number): number => (100 * (value - from)) / length
  const times = utcTicks(new Date(from), new Date(from + length), about)
  const stepMs = Number(times[1] ?? from + length) - Number(times[0] ?? from)
  return { at, ticks: times.map((time) => ({ at: at(Number(time)), label: timeLabel(time, stepMs) })) }
}
