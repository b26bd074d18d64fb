/** A terminal that moves: a spinner while the server works, bars while files come in, lines for what matters. */
import ora, { type Ora } from 'ora'
import type { Progress } from '../../fetch/progress.js'
import type { JobEvent } from '../../job/facts.js'
import { completedOf } from '../../job/files.js'
import type { JobState } from '../../job/state.js'
import { plainPaint } from '../explain.js'
import type { Io } from '../io.js'
import { duration, harmless } from '../text.js'
import { type Bars, startBars } from './bars.js'
import { createTalk, type Reporter, sayWarning, startText, type Talk } from './index.js'
import { type Line, linesFor } from './lines.js'
import { failureTalk, hintTalk, say, statusTalk } from './plain.js'
import { sayEnd } from './summary.js'

const tickMs = 500

/** What the spinner tells. */
interface Wait {
  words: string
  since?: number
  nextLookAt?: number
}

const waitText = ({ words, since, nextLookAt }: Wait, now: number): string => {
  const parts = [words]
  if (since !== undefined) parts.push(duration(Math.floor((now - since) / 1000) * 1000))
  const left = nextLookAt === undefined ? 0 : nextLookAt - now
  if (left >= 5_000) parts.push(`next look in ${duration(Math.round(left / 1000) * 1000)}`)
  return parts.join(' · ')
}

const clip = (text: string, columns: number): string =>
  text.length > columns ? `${text.slice(0, columns - 1)}…` : text

const waitFor = (event: JobEvent, state: JobState): Wait | undefined => {
  switch (event.type) {
    case 'kick-off-requested':
      return { words: 'kicking off', since: event.at }
    case 'kick-off-accepted':
      return { words: 'in progress', since: event.at }
    case 'status-in-progress': {
      const words = event.progress === undefined ? 'in progress' : `in progress: ${harmless(event.progress)}`
      return { words, since: state.acceptedAt, nextLookAt: event.notBefore }
    }
    case 'status-transient':
    case 'status-doubted':
      return { words: harmless(event.reason), since: state.acceptedAt, nextLookAt: event.notBefore }
    case 'manifest-written':
      return { words: 'cleaning up on the server' }
    default:
      return undefined
  }
}

/** Either a spinner or bars, or nothing, at the foot of the terminal. */
const createFoot = (io: Pick<Io, 'stderr' | 'clock'>, color: boolean) => {
  const stream = io.stderr.terminal
  let spinner: Ora | undefined
  let bars: Bars | undefined
  let wait: Wait = { words: '' }
  let stopTicking: (() => void) | undefined
  const tick = (): void => {
    if (spinner) spinner.text = clip(waitText(wait, io.clock.now()), (io.stderr.columns ?? 80) - 3)
  }
  const clear = (): void => {
    stopTicking?.()
    spinner?.stop()
    bars?.stop()
    stopTicking = spinner = bars = undefined
  }
  return {
    clear,
    /** Lines go above whatever is there. */
    write: (text: string): void => {
      if (bars) bars.line(text.replace(/\n$/, ''))
      else io.stderr.write(text)
    },
    spin: (next: Wait): void => {
      wait = next
      if (!spinner) {
        clear()
        spinner = ora({
          stream,
          isEnabled: true,
          // Keys belong to the shell; and nothing here reads stdin.
          discardStdin: false,
          color: color ? 'cyan' : false,
        }).start()
        stopTicking = io.clock.every(tickMs, tick)
      }
      tick()
    },
    download: (progress: Progress, counts: () => { done: number; total: number }): void => {
      if (bars || !stream) return
      clear()
      bars = startBars({ stream, clock: io.clock, progress, counts })
    },
  }
}

/** What the bars count, as of the last event. */
const createCounts = () => {
  let state: JobState | undefined
  return {
    counts: () => ({ done: state ? completedOf(state) : 0, total: state?.files.size ?? 0 }),
    pending: () => state?.unfinished.pending.size ?? 0,
    take: (next: JobState): void => {
      state = next
    },
  }
}

export const fancyReporter = (talk: Talk, io: Pick<Io, 'stderr' | 'clock'>): Reporter => {
  const foot = createFoot(io, talk.paint !== plainPaint)
  const above = createTalk({ stderr: { ...io.stderr, write: foot.write } }, talk.paint)
  const status = statusTalk(above, () => directory)
  const sayHint = hintTalk(above)
  const failures = failureTalk(above)
  const files = createCounts()
  let progress: Progress | undefined
  let directory = ''
  const sayLines = (event: JobEvent, state: JobState): void => {
    if (event.type === 'status-in-progress') status.inProgress(event, state, { silent: true })
    else if (event.type === 'status-transient') status.transient(event)
    // Bars show the files that go well.
    else if (event.type === 'file-completed' ? event.badLines > 0 || event.again : !failures.isTold(event))
      for (const line of linesFor(event, state)) say(above, line satisfies Line)
    sayHint(event)
  }
  return {
    begin: (start) => {
      directory = start.directory
      talk.line(talk.paint.strong(startText(start)))
    },
    watch: (gauges) => {
      progress = gauges
    },
    event: (event, state) => {
      files.take(state)
      sayLines(event, state)
      const wait = waitFor(event, state)
      if (files.pending() > 0 && progress) foot.download(progress, files.counts)
      else if (wait) foot.spin(wait)
    },
    note: (text) => above.line(text),
    warn: (warning) => sayWarning(above, warning),
    end: (conclusion, state) => {
      foot.clear()
      failures.rest()
      sayEnd(conclusion, state, directory, talk)
    },
    close: () => {
      foot.clear()
      failures.rest()
    },
  }
}
