/** `log.ndjson` on the disk. The journal is the truth: a log that cannot be written now is made from it later. */
import { join } from 'node:path'
import { appendOrCreate, fileMode, openRegular } from '../sink/disk.js'
import type { Part, Sink } from '../sink/sink.js'
import { storageError } from '../sink/storage-error.js'
import { exportLogLines, exportLogName } from './export-log.js'
import type { JobEvent } from './facts.js'
import { type Replay, readJournal } from './journal.js'
import { type JobState, newState, reduce } from './state.js'

/** Characters of the log that are written at once. */
const pieceChars = 256 * 1024

/** Made anew, in pieces; none when there is nothing to say. */
const newLog = (sink: Sink) => {
  let text = ''
  let part: Part | undefined
  const write = async (): Promise<void> => {
    if (!part) {
      part = await sink.part(exportLogName)
      await part.restart()
    }
    const piece = Buffer.from(text)
    text = ''
    await part.append(piece)
  }
  return {
    add: (lines: string): Promise<void> | undefined => {
      text += lines
      return text.length < pieceChars ? undefined : write()
    },
    end: async (): Promise<void> => {
      if (text !== '') await write()
      await part?.publish()
    },
    drop: async (): Promise<void> => part?.discard(),
  }
}

/** The whole of it into a sink elsewhere, from the journal, with what is said of `last`, which comes next. */
export const publishExportLog = async (journalPath: string, sink: Sink, last: JobEvent): Promise<void> => {
  const log = newLog(sink)
  const state = newState()
  const take: Replay = (event) => log.add(exportLogLines(event, reduce(state, event)))
  try {
    await readJournal(journalPath, take)
    await take(last)
    await log.end()
  } catch (error) {
    await log.drop().catch(() => {})
    throw error
  }
}

const append = async (path: string, lines: string): Promise<void> => {
  const handle = await openRegular(path, appendOrCreate, fileMode)
  try {
    await handle.writeFile(lines)
  } finally {
    await handle.close()
  }
}

export interface ExportLogFile {
  /** Replays with `read` into `state` and into the log, which is made anew by it. */
  replay<T>(read: (take: Replay) => Promise<T>, state: JobState): Promise<T>
  /** Folds the events into the state, and adds what they say. Never rejects for what happens to the log. */
  add(events: readonly JobEvent[], state: JobState): Promise<void>
  /** Makes it whole, should it not be; says so where that cannot be done either. */
  close(): Promise<void>
}

export interface ExportLogOptions {
  directory: string
  journalPath: string
  sink: Sink
  onNote?: (text: string) => void
}

export const exportLogFile = (options: ExportLogOptions): ExportLogFile => {
  const { directory, sink } = options
  const path = join(directory, exportLogName)
  /** Why it lacks lines. */
  let failure: unknown

  const replay = async <T>(read: (take: Replay) => Promise<T>, state: JobState): Promise<T> => {
    const log = newLog(sink)
    failure = undefined
    /** The rest of the journal counts, whatever becomes of the log. */
    const unlessFailed = async (work: () => Promise<void> | undefined): Promise<void> => {
      if (failure === undefined)
        await work()?.catch((cause: unknown) => {
          failure = cause
        })
    }
    const take: Replay = (event) => {
      const lines = exportLogLines(event, reduce(state, event))
      const written = failure === undefined ? log.add(lines) : undefined
      return written && unlessFailed(() => written)
    }
    let isWhole = false
    try {
      const result = await read(take)
      await unlessFailed(() => log.end())
      isWhole = failure === undefined
      return result
    } finally {
      if (!isWhole) await log.drop().catch(() => {})
    }
  }
  const add = async (events: readonly JobEvent[], state: JobState): Promise<void> => {
    const lines = events.map((event) => exportLogLines(event, reduce(state, event))).join('')
    if (lines === '' || failure !== undefined) return
    await append(path, lines).catch((cause: unknown) => {
      failure = cause
    })
  }
  const close = async (): Promise<void> => {
    if (failure === undefined) return
    await replay((take) => readJournal(options.journalPath, take), newState()).catch((cause: unknown) => {
      failure = cause
    })
    if (failure === undefined) return
    const { message } = storageError(`Cannot write ${path}`, failure)
    options.onNote?.(`${message}; the job does without it, and the next command makes it anew`)
  }
  return { replay, add, close }
}
