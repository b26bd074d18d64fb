/** One plain line for each thing that happened: for logs, pipes, and people who like it quiet. */
import type { Clock } from '../../clock.js'
import type { JobEvent } from '../../job/facts.js'
import { completedOf } from '../../job/files.js'
import type { JobState } from '../../job/state.js'
import { count, grouped, harmless, size } from '../text.js'
import { type Reporter, sayWarning, startText, type Talk } from './index.js'
import {
  cutLine,
  type Line,
  linesFor,
  longWaitMs,
  progressLine,
  stallWarning,
  transientLine,
} from './lines.js'
import { stillTalk } from './still.js'
import { sayEnd } from './summary.js'

/**
 * New words of the server are said at most this often, old ones this seldom, and both the more seldom the older the job
 * is: a log of days is not longer than one that can be read.
 */
const changedEveryMs = 5_000
const unchangedEveryMs = 10 * 60_000
const changedOfAge = 1 / 20
const unchangedOfAge = 1 / 2

/**
 * Lets a status line through when it is news, or the last one is long ago: the same words after ten minutes, then when
 * the job is twice as old. New words before a long wait are news while the job is young. `ageMs`: of the job.
 */
export const throttle = (): ((words: string, at: number, waitMs: number, ageMs: number) => boolean) => {
  let last: { words: string; at: number } | undefined
  return (words, at, waitMs, ageMs) => {
    const since = last === undefined ? Number.POSITIVE_INFINITY : at - last.at
    const changedMs = Math.max(waitMs >= longWaitMs ? 0 : changedEveryMs, ageMs * changedOfAge)
    const unchangedMs = Math.max(unchangedEveryMs, ageMs * unchangedOfAge)
    if (since < (last?.words === words ? unchangedMs : changedMs)) return false
    last = { words, at }
    return true
  }
}

export const say = (talk: Talk, { level, text }: Line): void => talk[level](text)

/**
 * The part of both reporters that status answers need: what to say of them, and how often. `directory`: the job's, as
 * a person would type it.
 */
export const statusTalk = (talk: Talk, directory: () => string) => {
  const isNews = throttle()
  let cutSaid = false
  let failing = false
  const sayCut = (event: Extract<JobEvent, { type: 'status-in-progress' | 'status-transient' }>): void => {
    const cut = cutLine(event)
    if (cut && !cutSaid) say(talk, cut)
    cutSaid = cut !== undefined
  }
  const isWorthSaying = (
    words: string,
    event: { at: number; notBefore: number },
    { acceptedAt }: JobState,
  ): boolean => isNews(words, event.at, event.notBefore - event.at, event.at - acceptedAt)
  return {
    inProgress: (
      event: Extract<JobEvent, { type: 'status-in-progress' }>,
      state: JobState,
      { silent = false } = {},
    ): void => {
      sayCut(event)
      if (failing) talk.line('the server answers again')
      failing = false
      if (!silent && isWorthSaying(`progress ${event.progress ?? ''}`, event, state))
        say(talk, progressLine(event, state))
      const stall = stallWarning(event, directory())
      if (stall) sayWarning(talk, stall)
    },
    transient: (event: Extract<JobEvent, { type: 'status-transient' }>, state: JobState): void => {
      sayCut(event)
      if (!failing || isWorthSaying(`transient ${event.reason}`, event, state))
        say(talk, transientLine(event))
      failing = true
    },
  }
}

/** Hints are said once each: twenty thousand files may fail for one reason. */
export const hintTalk = (talk: Talk) => {
  const said = new Set<string>()
  return (event: JobEvent): void => {
    if (event.type !== 'file-failed' || event.hint === undefined || said.has(event.hint)) return
    said.add(event.hint)
    talk.line(`${talk.paint.hint('hint:')} ${event.hint}`)
  }
}

/** One cause may fail many files: the first is told as it fails, the others are counted at the end. */
export const failureTalk = (talk: Talk) => {
  const files = new Map<string, Set<string>>()
  return {
    isTold: (event: JobEvent): boolean => {
      if (event.type !== 'file-failed') return false
      const before = files.get(event.message)
      if (before) before.add(event.name)
      else files.set(event.message, new Set([event.name]))
      return before !== undefined
    },
    rest: (): void => {
      for (const [message, { size }] of files)
        if (size > 1) talk.warning(`${count(size - 1, 'more file')} failed likewise: ${harmless(message)}`)
      files.clear()
    },
  }
}

/** Files that went well and have a line each; of the others one line now and then says how many are here. */
const linedMax = 100
const countedEveryMs = 10_000
const countedOfAge = 1 / 20

/** Whether a file that went well is said, and how: undefined leaves it to the line that is its own. */
const fileTalk = (talk: Talk) => {
  let lined = 0
  let firstAt: number | undefined
  let lastAt = 0
  let bytes = 0
  return {
    isTold: (event: JobEvent, state: JobState): boolean => {
      if (event.type !== 'file-completed') return false
      firstAt ??= event.at
      bytes += event.bytes
      if (event.badLines > 0 || event.again) return false
      lined += 1
      if (lined <= linedMax) {
        lastAt = event.at
        return false
      }
      if (lined === linedMax + 1)
        talk.line('from here on only now and then a line about files that are whole')
      if (event.at - lastAt < Math.max(countedEveryMs, (event.at - firstAt) * countedOfAge)) return true
      lastAt = event.at
      talk.line(
        `${grouped(completedOf(state))} of ${count(state.files.size, 'file')}, ${size(bytes)} in this run`,
      )
      return true
    },
  }
}

export const plainReporter = (talk: Talk, clock: Clock, columns?: () => number): Reporter => {
  const status = statusTalk(talk, () => directory)
  const sayHint = hintTalk(talk)
  const failures = failureTalk(talk)
  const files = fileTalk(talk)
  const still = stillTalk(talk, clock)
  let directory = ''
  return {
    begin: (start) => {
      directory = start.directory
      talk.line(startText(start))
    },
    watch: still.watch,
    event: (event, state) => {
      still.heard()
      if (event.type === 'status-in-progress') status.inProgress(event, state)
      else if (event.type === 'status-transient') status.transient(event, state)
      else if (!failures.isTold(event) && !files.isTold(event, state))
        for (const line of linesFor(event, state)) say(talk, line)
      sayHint(event)
    },
    note: (text) => talk.line(text),
    warn: (warning) => sayWarning(talk, warning),
    end: (conclusion, state) => {
      still.stop()
      failures.rest()
      sayEnd(talk, { now: clock.now, columns }, conclusion, state, directory)
    },
    close: () => {
      still.stop()
      failures.rest()
    },
  }
}
