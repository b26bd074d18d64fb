/** Bars while files come in: a few rows that are drawn from samples, however many files there are. */
import progressBars, { type Options, type Params, type SingleBar } from 'cli-progress'
import type { Clock } from '../../clock.js'
import type { Progress } from '../../fetch/progress.js'
import { duration, size } from '../text.js'

/** Files that have a row of their own. */
const maxRows = 5
const sampleMs = 100
/** The rate is that of the last seconds. */
const rateWindowMs = 5_000
const labelWidth = 30

interface RowText {
  label: string
  /** Without one there is no bar. */
  fraction?: number
  detail: string
}

export interface Counts {
  done: number
  total: number
}

export interface Bars {
  /** A line above the bars. */
  line(text: string): void
  stop(): void
}

const drawRow = (options: Options, _params: Params, payload: Partial<RowText>): string => {
  const { label = '', fraction, detail = '' } = payload
  if (label === '') return ''
  const short = label.length > labelWidth ? `${label.slice(0, labelWidth - 1)}…` : label.padEnd(labelWidth)
  if (fraction === undefined) return `${short}  ${detail}`
  return `${short} ${progressBars.Format.BarFormat(Math.min(1, fraction), options)} ${detail}`
}

/** Bytes a second over the last samples. */
export const rateMeter = () => {
  let samples: { at: number; bytes: number }[] = []
  return (at: number, bytes: number): number => {
    samples = [...samples.filter((sample) => at - sample.at <= rateWindowMs), { at, bytes }]
    const first = samples[0]
    return first === undefined || at <= first.at ? 0 : ((bytes - first.bytes) / (at - first.at)) * 1000
  }
}

const fileRow = (name: string, file: { bytes: number; totalBytes?: number; attempt: number }): RowText => {
  const attempt = file.attempt > 1 ? `, attempt ${file.attempt}` : ''
  const total = file.totalBytes
  return total === undefined || total === 0
    ? { label: name, detail: `${size(file.bytes)}${attempt}` }
    : { label: name, fraction: file.bytes / total, detail: `${size(file.bytes)} of ${size(total)}${attempt}` }
}

const longestPause = (progress: Progress, now: number): number =>
  Math.max(0, ...[...progress.paused.values()].map((until) => until - now))

const totalRow = (progress: Progress, counts: Counts, rate: number, now: number): RowText => {
  const pause = longestPause(progress, now)
  const pace = pause > 1000 ? `the server asks to wait ${duration(pause)}` : `${size(Math.round(rate))}/s`
  return {
    label: 'total',
    fraction: counts.total === 0 ? 0 : counts.done / counts.total,
    detail: `${counts.done} of ${counts.total} files, ${size(progress.bytes)}, ${pace}`,
  }
}

export interface BarsOptions {
  stream: NodeJS.WriteStream
  clock: Clock
  progress: Progress
  /** Asked at each sample. */
  counts: () => Counts
}

export const startBars = ({ stream, clock, progress, counts }: BarsOptions): Bars => {
  const bars = new progressBars.MultiBar({
    stream,
    format: drawRow,
    barsize: 24,
    barCompleteChar: '=',
    barIncompleteChar: '-',
    hideCursor: true,
    // Trims each row to the terminal instead of changing its settings.
    linewrap: true,
    clearOnComplete: true,
    // Signals are handled in one place.
    gracefulExit: false,
    forceRedraw: true,
    fps: 10,
  })
  const rows: SingleBar[] = []
  const meter = rateMeter()
  const show = (index: number, text: Partial<RowText>): void => {
    const row = rows[index]
    if (row) row.update(0, text)
    else rows.push(bars.create(1, 0, text))
  }
  const sample = (): void => {
    const now = clock.now()
    show(0, totalRow(progress, counts(), meter(now, progress.bytes), now))
    const active = [...progress.active].slice(0, maxRows)
    active.forEach(([name, file], index) => {
      show(index + 1, fileRow(name, file))
    })
    // Rows stay once they are there: removing one would make the others jump.
    for (let index = active.length + 1; index < rows.length; index += 1) show(index, { label: '' })
  }
  sample()
  const stopSampling = clock.every(sampleMs, sample)
  return {
    line: (text) => bars.log(`${text}\n`),
    stop: () => {
      stopSampling()
      // Lines that are still in its buffer.
      bars.update()
      bars.stop()
    },
  }
}
