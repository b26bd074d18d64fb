/** A terminal that moves: a spinner while the server works, bars while files come in, lines for what matters. */
import type { Progress } from '../../fetch/progress.js'
import type { JobEvent } from '../../job/facts.js'
import type { JobState } from '../../job/state.js'
import type { Io } from '../io.js'
import { createBars, frameMs } from './bars.js'
import { createFoot, type Foot } from './foot.js'
import { createTalk, type Reporter, sayWarning, startText, type Talk } from './index.js'
import { linesFor } from './lines.js'
import { createLook } from './look.js'
import { failureTalk, hintTalk, say, statusTalk } from './plain.js'
import { sayEnd } from './summary.js'
import { createTally } from './tally.js'
import { type Wait, waitAfter, waitRow } from './wait-row.js'

type Screen = Pick<Io, 'stderr' | 'clock' | 'env' | 'platform'>

/** What moves at the foot of the terminal, from the first thing that is waited for. */
const createMotion = ({ stderr, clock, env, platform }: Screen, paint: Talk['paint']) => {
  const tally = createTally()
  const look = createLook({ env, platform }, paint)
  let progress: Progress = { bytes: 0, active: new Map(), paused: new Map() }
  let wait: Wait | null = null
  let bars = createBars({ clock, progress, counts: tally.counts, look })
  let foot: Foot | undefined
  let stopDrawing: (() => void) | undefined
  const start = (): void => {
    if (foot || !stderr.terminal) return
    foot = createFoot(stderr.terminal, (size) => [
      ...(wait ? [waitRow(wait, clock.now(), size.columns, look)] : []),
      ...(tally.pending() > 0 ? bars({ ...size, rows: size.rows - (wait ? 1 : 0) }) : []),
    ])
    stopDrawing = clock.every(frameMs, foot.draw)
  }
  return {
    watch: (gauges: Progress): void => {
      progress = gauges
      bars = createBars({ clock, progress, counts: tally.counts, look })
    },
    take: (event: JobEvent, state: JobState): void => {
      const isFirstFile = tally.pending() === 0
      tally.take(event, state)
      const next = waitAfter(event, state)
      if (next !== undefined) wait = next
      if (wait || tally.pending() > 0) start()
      // A file among thousands waits for the next frame.
      if (next !== undefined || isFirstFile) foot?.draw()
    },
    /** Lines go above whatever is there. */
    write: (text: string): void => {
      if (foot) foot.write(text)
      else stderr.write(text)
    },
    stop: (): void => {
      stopDrawing?.()
      foot?.close()
      stopDrawing = foot = undefined
      wait = null
    },
  }
}

export const fancyReporter = (talk: Talk, io: Screen): Reporter => {
  const motion = createMotion(io, talk.paint)
  const above = createTalk({ stderr: { ...io.stderr, write: motion.write } }, talk.paint)
  const status = statusTalk(above, () => directory)
  const sayHint = hintTalk(above)
  const failures = failureTalk(above)
  let directory = ''
  const sayLines = (event: JobEvent, state: JobState): void => {
    if (event.type === 'status-in-progress') status.inProgress(event, state, { silent: true })
    else if (event.type === 'status-transient') status.transient(event, state)
    // Bars show the files that go well.
    else if (event.type === 'file-completed' ? event.badLines > 0 || event.again : !failures.isTold(event))
      for (const line of linesFor(event, state)) say(above, line)
    sayHint(event)
  }
  return {
    begin: (start) => {
      directory = start.directory
      talk.line(talk.paint.strong(startText(start)))
    },
    watch: motion.watch,
    event: (event, state) => {
      sayLines(event, state)
      motion.take(event, state)
    },
    note: (text) => above.line(text),
    warn: (warning) => sayWarning(above, warning),
    end: (conclusion, state) => {
      motion.stop()
      failures.rest()
      const columns = (): number => io.stderr.columns ?? 80
      sayEnd(talk, { now: io.clock.now, columns }, conclusion, state, directory)
    },
    close: () => {
      motion.stop()
      failures.rest()
    },
  }
}
