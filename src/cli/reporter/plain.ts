/** One plain line for each thing that happened: for logs, pipes, and people who like it quiet. */
import type { JobEvent } from '../../job/facts.js'
import type { JobState } from '../../job/state.js'
import { count, harmless } from '../text.js'
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
import { sayEnd } from './summary.js'

/** New words of the server are repeated at most this often, old ones this seldom. */
const changedEveryMs = 5_000
const unchangedEveryMs = 10 * 60_000

/** Lets a status line through when it is news, or the last one is long ago. New words before a long wait are news. */
export const throttle = (): ((words: string, at: number, waitMs: number) => boolean) => {
  let last: { words: string; at: number } | undefined
  return (words, at, waitMs) => {
    const since = last === undefined ? Number.POSITIVE_INFINITY : at - last.at
    const changedMs = waitMs >= longWaitMs ? 0 : changedEveryMs
    if (since < (last?.words === words ? unchangedEveryMs : changedMs)) return false
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
  return {
    inProgress: (
      event: Extract<JobEvent, { type: 'status-in-progress' }>,
      state: JobState,
      { silent = false } = {},
    ): void => {
      sayCut(event)
      if (failing) talk.line('the server answers again')
      failing = false
      if (!silent && isNews(`progress ${event.progress ?? ''}`, event.at, event.notBefore - event.at))
        say(talk, progressLine(event, state))
      const stall = stallWarning(event, directory())
      if (stall) sayWarning(talk, stall)
    },
    transient: (event: Extract<JobEvent, { type: 'status-transient' }>): void => {
      sayCut(event)
      if (!failing || isNews(`transient ${event.reason}`, event.at, event.notBefore - event.at))
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

export const plainReporter = (talk: Talk): Reporter => {
  const status = statusTalk(talk, () => directory)
  const sayHint = hintTalk(talk)
  const failures = failureTalk(talk)
  let directory = ''
  return {
    begin: (start) => {
      directory = start.directory
      talk.line(startText(start))
    },
    event: (event, state) => {
      if (event.type === 'status-in-progress') status.inProgress(event, state)
      else if (event.type === 'status-transient') status.transient(event)
      else if (!failures.isTold(event)) for (const line of linesFor(event, state)) say(talk, line)
      sayHint(event)
    },
    note: (text) => talk.line(text),
    warn: (warning) => sayWarning(talk, warning),
    end: (conclusion, state) => {
      failures.rest()
      sayEnd(conclusion, state, directory, talk)
    },
    close: () => failures.rest(),
  }
}
