/** Bars while files come in: a few rows that are drawn from samples, however many files there are. */
import type { Clock } from '../../clock.js'
import type { ActiveFile, Progress } from '../../fetch/progress.js'
import type { Terminal } from '../io.js'
import { count, duration, grouped, size } from '../text.js'
import { createFoot, type TerminalSize } from './foot.js'
import type { Look } from './look.js'
import { leftText, rateMeter, stillness, timeLeft } from './pace.js'
import { createLayout, type Row } from './rows.js'

/** Files that have a row of their own, at most. */
const maxFiles = 8
export const frameMs = 100

/** What is done, as far as it is counted by others than the gauges. */
export interface Counts {
  done: number
  total: number
  /** Of what is done. */
  resources?: number
  bytes?: number
  /** Where files count as much as there is in them, and not alike. */
  weights?: { done: number; total: number; of: (name: string) => number }
}

const shortName = (name: string): string => name.replace(/\.ndjson(?:\.gz)?$/, '')

/** Where it is too long the number stays. */
const fileLabel =
  (name: string, look: Look) =>
  (limit: number): string => {
    const short = shortName(name)
    const number = /\.\d+$/.exec(short)?.[0] ?? ''
    return short.length <= limit
      ? short
      : `${look.clip(short.slice(0, short.length - number.length), limit - number.length)}${number}`
  }

/** Nothing came for so long. */
const stalledMs = 5_000

const stalledText = (ms: number): string => `stalled for ${duration(Math.floor(ms / 1000) * 1000)}`

const fileRow = (
  name: string,
  { bytes, totalBytes: total, attempt }: ActiveFile,
  stillMs: number,
  look: Look,
): Row => {
  const again = [
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    ...(stillMs >= stalledMs ? [stalledText(stillMs)] : []),
  ]
  return total === undefined || total === 0
    ? { label: fileLabel(name, look), details: [size(bytes), ...again] }
    : {
        label: fileLabel(name, look),
        fraction: bytes / total,
        details: [`${size(bytes)} of ${size(total)}`, ...again],
      }
}

/** How much of everything is done, the files on their way included; 0 to 1. */
const partOf = ({ active }: Progress, { done, total, weights }: Counts): number => {
  const all = weights?.total ?? total
  if (all === 0) return 0
  let sum = weights?.done ?? done
  for (const [name, { bytes, totalBytes }] of active)
    if (totalBytes) sum += Math.min(1, bytes / totalBytes) * (weights?.of(name) ?? 1)
  return Math.min(1, sum / all)
}

const bytesOf = ({ bytes, active }: Progress, counts: Counts): number => {
  if (counts.bytes === undefined) return bytes
  let sum = counts.bytes
  for (const file of active.values()) sum += file.bytes
  return sum
}

const longestPause = ({ paused }: Progress, now: number): number =>
  Math.max(0, ...[...paused.values()].map((until) => until - now))

/** Names that keep their places: what is finished gives its own to the next. */
const createPlaces = () => {
  let places: string[] = []
  return (active: Progress['active'], room: number): string[] => {
    const shown = new Set(places)
    const waiting = [...active.keys()].filter((name) => !shown.has(name))
    places = places
      .map((name) => (active.has(name) ? name : waiting.shift()))
      .filter((name) => name !== undefined)
    places = [...places, ...waiting].slice(0, room)
    return places
  }
}

/** For how long nothing came of each of these files. */
const createStalls = () => {
  let files = new Map<string, ReturnType<typeof stillness>>()
  return (names: readonly string[], { active }: Progress, now: number): number[] => {
    files = new Map(names.map((name) => [name, files.get(name) ?? stillness()]))
    return names.map((name) => files.get(name)?.(now, active.get(name)?.bytes ?? 0) ?? 0)
  }
}

export interface BarsOptions {
  clock: Clock
  progress: Progress
  /** Asked at each frame. */
  counts: () => Counts
  look: Look
}

/** The rows of bars as they are now: one for all, and one for each of the files that fit below it. */
export const createBars = ({ clock, progress, counts, look }: BarsOptions) => {
  const layout = createLayout(look)
  const rate = rateMeter()
  const left = timeLeft()
  const places = createPlaces()
  const still = stillness()
  const stalls = createStalls()
  // Where no file is on its way, nothing stalls.
  const stillFor = (now: number): number =>
    still(now, progress.active.size === 0 ? Number.NaN : progress.bytes)
  const totalRow = (now: number): Row => {
    const counted = counts()
    const part = partOf(progress, counted)
    const pause = longestPause(progress, now)
    const speed = rate(now, progress.bytes)
    const msLeft = left(now, part)
    const stillMs = stillFor(now)
    const long = `${grouped(counted.done)} of ${count(counted.total, 'file')}`
    return {
      mark: look.spinner(),
      label: (limit) => (long.length <= limit ? long : `${grouped(counted.done)}/${grouped(counted.total)}`),
      fraction: part,
      details: [
        ...(counted.resources ? [count(counted.resources, 'resource')] : []),
        size(bytesOf(progress, counted)),
        ...(pause > 1000
          ? [`the server asks to wait ${duration(Math.ceil(pause / 1000) * 1000)}`]
          : stillMs >= stalledMs
            ? [stalledText(stillMs)]
            : [
                `${size(Math.round(speed))}/s`,
                ...(msLeft === undefined || speed <= 0 ? [] : [leftText(msLeft)]),
              ]),
      ],
    }
  }
  const isMoving = (now: number): boolean => stillFor(now) < stalledMs && longestPause(progress, now) <= 1000
  return ({ columns, rows }: TerminalSize): string[] => {
    const room = Math.max(0, Math.min(maxFiles, rows - 3))
    const names = places(progress.active, room)
    const now = clock.now()
    // Where nothing comes at all, the row above says so.
    const stillMs = stalls(names, progress, now).map((ms) => (isMoving(now) ? ms : 0))
    const files = names.flatMap((name, place) => {
      const file = progress.active.get(name)
      return file ? [fileRow(name, file, stillMs[place] ?? 0, look)] : []
    })
    const more = progress.active.size - names.length
    const rest: Row[] =
      more > 0 && room > 0 ? [{ label: () => `and ${count(more, 'more file')}`, details: [] }] : []
    return layout([totalRow(now), ...files, ...rest], columns)
  }
}

export interface Bars {
  stop(): void
}

/** Bars and nothing else, until they are stopped. */
export const startBars = (terminal: Terminal, options: BarsOptions): Bars => {
  const foot = createFoot(terminal, createBars(options))
  foot.draw()
  const stopDrawing = options.clock.every(frameMs, foot.draw)
  return {
    stop: () => {
      stopDrawing()
      foot.close()
    },
  }
}
