/** When what happened: the facts of a journal, gathered while they are read, in memory that does not grow with them. */
import type { JobEvent } from '../job/facts.js'
import type { JobState } from '../job/state.js'
import { type Moment, Moments } from './moments.js'
import { OverTime, type Span, Spans, Tally, Thinned } from './tallies.js'
import { foreignWords } from './words.js'

export interface ProgressPoint {
  at: number
  /** As the server says it. */
  text: string
  /** Where it says one, 0 to 100. */
  percent?: number
}

export interface Chronicle {
  from: number
  to: number
  /** The server at work: from the accepted kick-off to the manifest, or to what is known last. */
  preparing?: Span
  /** Files were under way. */
  downloads: Span[]
  /** The server asked not to be asked, by Retry-After. */
  pauses: Span[]
  pausedMs: number
  /** No process was at work here. */
  interruptions: Span[]
  interruptedMs: number
  resumes: number
  /** Answers of the status. */
  looks: number
  lookTimes: number[]
  progress: ProgressPoint[]
  /** What went wrong and passed, by its words. */
  troubles: [string, number][]
  /** Bytes of files, over the time in which they came. */
  arrival?: { from: number; binMs: number; bytes: number[] }
  moments: Moment[]
}

/** Gaps between polls that belong to one pause, milliseconds. */
const looksMax = 240
const progressMax = 240
const troublesMax = 20
const arrivalBins = 60
const arrivalBinMs = 1_000

const percentIn = (text: string): number | undefined => {
  const [, number] = /(\d{1,3}(?:\.\d+)?)\s*%/.exec(text) ?? []
  return number === undefined || Number(number) > 100 ? undefined : Number(number)
}

/** Takes the events of a journal in their order, each after it was folded into the state. */
export class Chronicler {
  private from?: number
  private to = 0
  private accepted?: number
  private prepared?: number
  private readonly moments = new Moments()
  private readonly downloads = new Spans()
  private readonly pauses = new Spans()
  private readonly interruptions = new Spans()
  private pause?: Span
  private resumes = 0
  private looks = 0
  private readonly lookTimes = new Thinned<number>(looksMax)
  private readonly progress = new Thinned<ProgressPoint>(progressMax)
  private lastProgress?: ProgressPoint
  private readonly troubles = new Tally(troublesMax)
  private arrival?: OverTime

  take(event: JobEvent, state: JobState): void {
    const before = this.to
    this.from ??= event.at
    this.to = Math.max(this.to, event.at)
    this.endPause(event.at)
    this.moments.take(event, state)
    this.trouble(event)
    if (event.type === 'job-resumed') {
      this.resumes += 1
      this.interruptions.add({ from: before, to: event.at })
    }
    if (event.type === 'kick-off-accepted') this.accepted = event.at
    if (event.type === 'manifest-received' && !event.partial && event.manifest.next === undefined)
      this.prepared ??= event.at
    if (event.type === 'file-completed') this.file(event)
    if (event.type === 'status-in-progress') this.look(event)
    if (event.type === 'status-transient') this.wait(event)
  }

  /** All that was gathered; undefined when there was nothing. */
  get chronicle(): Chronicle | undefined {
    const { from, to, accepted, arrival } = this
    if (from === undefined) return undefined
    const preparing = accepted === undefined ? undefined : { from: accepted, to: this.prepared ?? to }
    const pauses = this.pause ? [...this.pauses.spans, { ...this.pause, to }] : this.pauses.spans
    return {
      from,
      to,
      preparing,
      downloads: this.downloads.spans,
      pauses: pauses.filter((span) => span.to > span.from),
      pausedMs: this.pauses.totalMs,
      interruptions: this.interruptions.spans,
      interruptedMs: this.interruptions.totalMs,
      resumes: this.resumes,
      looks: this.looks,
      lookTimes: this.lookTimes.things,
      progress: this.progressPoints,
      troubles: this.troubles.ranked,
      arrival: arrival && { from: arrival.from, binMs: arrival.binMs, bytes: arrival.bins },
      moments: this.moments.rows,
    }
  }

  private get progressPoints(): ProgressPoint[] {
    const { things } = this.progress
    const last = this.lastProgress
    return last && things.at(-1) !== last ? [...things, last] : things
  }

  private look(event: Extract<JobEvent, { type: 'status-in-progress' }>): void {
    this.looks += 1
    this.lookTimes.add(event.at)
    this.wait(event)
    if (event.progress === undefined) return
    const text = foreignWords(event.progress)
    if (text === this.lastProgress?.text) return
    this.lastProgress = { at: event.at, text, percent: percentIn(text) }
    this.progress.add(this.lastProgress)
  }

  private wait({ at, notBefore, retryAfterMs }: { at: number; notBefore: number; retryAfterMs?: number }) {
    if (retryAfterMs !== undefined) this.pause = { from: at, to: Math.max(at, notBefore) }
  }

  /** It lasted until it was over, or until something happened. */
  private endPause(at: number): void {
    if (!this.pause) return
    this.pauses.add({ from: this.pause.from, to: Math.min(this.pause.to, at) })
    this.pause = undefined
  }

  private trouble(event: JobEvent): void {
    if (event.type === 'status-transient' || event.type === 'status-doubted')
      this.troubles.add(`Status: ${foreignWords(event.reason)}`)
    if (event.type === 'manifest-unavailable') this.troubles.add(`Manifest: ${foreignWords(event.reason)}`)
    if (event.type === 'kick-off-unsent') this.troubles.add(`Kick-off: ${foreignWords(event.reason)}`)
    if (event.type === 'kick-off-refused') this.troubles.add(`Kick-off: ${foreignWords(event.message)}`)
    if (event.type === 'file-failed') this.troubles.add(`File: ${foreignWords(event.message)}`)
    if (event.type === 'file-lost') this.troubles.add('File: it was whole, and was not there any more')
    if (event.type === 'file-completed' && event.again)
      this.troubles.add(`File fetched again: ${foreignWords(event.again.why)}`)
  }

  private file({ at, durationMs, bytes }: Extract<JobEvent, { type: 'file-completed' }>): void {
    const span = { from: at - durationMs, to: at }
    this.downloads.add(span)
    this.arrival ??= new OverTime(span.from, arrivalBinMs, arrivalBins)
    this.arrival.add(span, bytes)
  }
}
