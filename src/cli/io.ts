/** The process as the command line sees it: the only place, beside bin/, that touches it. */
import { homedir } from 'node:os'
import type { Clock } from '../clock.js'
import { BulkxError, type ErrorCode, exitCodes } from '../errors.js'
import type { Exchange } from '../http/exchange.js'
import type { ProcessIdentity } from '../job/lock.js'
import { systemClock } from '../system-clock.js'
import { thisProcess } from '../system-process.js'
import { ignoredSignals } from './ignored-signals.js'

/** A terminal, for whoever draws on it. */
export interface Terminal {
  /** Knows its size, and says when that changes. */
  readonly stream: NodeJS.WriteStream
  /** Written should the process end, however it does, before the returned function is called. */
  atExit(text: string): () => void
  /** Written before Ctrl-Z stops the process; `back` is called when it goes on. Until the returned function is called. */
  onStop(text: string, back: () => void): () => void
}

/** Somewhere to write to. Never throws: a closed pipe ends the talk, not the job. */
export interface Output {
  write(text: string): void
  readonly isTTY: boolean
  /** Width of the terminal. */
  readonly columns?: number
  /** Where it is one. */
  readonly terminal?: Terminal
}

/** How a program ended, and what it said. */
export type ProgramEnd = { stdout: string; stderr: string } & (
  | { how: 'ended'; code: number }
  | { how: 'too-long' }
  | { how: 'not-started'; reason: string }
)

/** Runs a program without a shell and without stdin. Rejects with the signal's reason when that aborts. */
export type RunProgram = (
  words: readonly [program: string, ...args: string[]],
  limits: { timeLimitMs: number; signal?: AbortSignal },
) => Promise<ProgramEnd>

/** Lines, by what the first signal has aborted with. */
export type LastWords = (reason: unknown) => readonly string[]

export interface Io {
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  /** Throws `BULKX_STORAGE` where the directory is gone. */
  readonly cwd: string
  /** Throws `BULKX_USAGE` where the process has none. */
  readonly home: string
  readonly platform: NodeJS.Platform
  /** What bulkx runs on: `v20.20.2`, `linux-x64`. */
  readonly runtime: { readonly node: string; readonly platform: string }
  readonly clock: Clock
  /** 0 to 1. */
  readonly random: () => number
  /** Aborts with a `BulkxError` at the first SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal
  /** What is said when a second signal ends the process before the first one's words were; undefined: nothing more. */
  readonly atSecondSignal: (words: LastWords | undefined) => void
  /** All of stdin as text. */
  readonly readStdin: () => Promise<string>
  readonly run: RunProgram
  /** Instead of TCP, for a server in this process. */
  readonly exchange?: Exchange
  /** Who holds a lock. */
  readonly process: ProcessIdentity
}

/** Also at the second Ctrl-C, and before the words of a crash. */
const atExit = (stream: NodeJS.WriteStream, text: string): (() => void) => {
  const events = ['exit', 'uncaughtExceptionMonitor']
  const write = (): void => {
    forget()
    stream.write(text)
  }
  const forget = (): void => {
    for (const event of events) process.off(event, write)
  }
  for (const event of events) process.on(event, write)
  return forget
}

/** The system stops the process itself, or does not, where nobody could let it go on. */
const onStop = (stream: NodeJS.WriteStream, text: string, back: () => void): (() => void) => {
  // Windows has none of these signals.
  if (process.platform === 'win32') return () => {}
  const stop = (): void => {
    process.off('SIGTSTP', stop)
    stream.write(text)
    process.kill(process.pid, 'SIGTSTP')
  }
  const goOn = (): void => {
    process.off('SIGTSTP', stop)
    process.on('SIGTSTP', stop)
    back()
  }
  process.on('SIGTSTP', stop)
  process.on('SIGCONT', goOn)
  return () => {
    process.off('SIGTSTP', stop)
    process.off('SIGCONT', goOn)
  }
}

const output = (stream: NodeJS.WriteStream): Output => {
  let open = true
  // EPIPE of a closed pipe, EIO of a terminal that is gone.
  stream.on('error', () => {
    open = false
  })
  return {
    write: (text) => {
      if (open) stream.write(text)
    },
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns
    },
    ...(stream.isTTY
      ? {
          terminal: {
            stream,
            atExit: (text) => atExit(stream, text),
            onStop: (text, back) => onStop(stream, text, back),
          },
        }
      : {}),
  }
}

/** Bytes of stdin that are read at most. */
const maxStdinBytes = 64 * 1024 * 1024

const readStdin = async (signal: AbortSignal): Promise<string> => {
  const chunks: Buffer[] = []
  let bytes = 0
  const stop = (): void => void process.stdin.destroy(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    for await (const chunk of process.stdin) {
      chunks.push(Buffer.from(chunk))
      bytes += chunk.length
      if (bytes > maxStdinBytes) throw new BulkxError('BULKX_USAGE', 'There is more than 64 MiB on stdin')
    }
  } finally {
    signal.removeEventListener('abort', stop)
  }
  signal.throwIfAborted()
  return Buffer.concat(chunks).toString('utf8')
}

/** Of what a program says, characters that are kept of each stream; a token has a few thousand. */
const maxProgramText = 1024 * 1024
/** From asking a program to end until it is made to. */
const killAfterMs = 2_000

const notStarted: Record<string, string> = {
  ENOENT: 'there is no such program',
  EACCES: 'it may not be run',
}

export const runProgram: RunProgram = async ([program, ...args], { timeLimitMs, signal }) => {
  const { spawn } = await import('node:child_process')
  return new Promise((resolve, reject) => {
    const said = { stdout: '', stderr: '' }
    let stopped: 'too-long' | 'aborted' | undefined
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true })
    const stop = (why: typeof stopped): void => {
      stopped ??= why
      child.kill()
      // What it has started in turn may keep the pipes open.
      child.stdout.destroy()
      child.stderr.destroy()
      setTimeout(() => child.kill('SIGKILL'), killAfterMs).unref()
    }
    const timer = setTimeout(() => stop('too-long'), timeLimitMs)
    const abort = (): void => stop('aborted')
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted) abort()
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (piece: string) => {
        said[name] = (said[name] + piece).slice(0, maxProgramText)
      })
    }
    const settle = (end: () => void): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      end()
    }
    child.on('error', (error: NodeJS.ErrnoException) => {
      const reason = notStarted[error.code ?? ''] ?? error.message
      settle(() => resolve({ ...said, how: 'not-started', reason }))
    })
    child.on('close', (code) =>
      settle(() => {
        if (stopped === 'aborted') reject(signal?.reason)
        else resolve(stopped ? { ...said, how: stopped } : { ...said, how: 'ended', code: code ?? 1 })
      }),
    )
  })
}

const endings: Partial<Record<NodeJS.Signals, ErrorCode>> = {
  SIGINT: 'BULKX_INTERRUPTED',
  SIGTERM: 'BULKX_TERMINATED',
  SIGHUP: 'BULKX_HANGUP',
}

/**
 * A supervisor tells the whole group, and the script in between tells its child once more: that is no haste, and must
 * not cost the answer to a kick-off. Only who sits before it insists, by a second Ctrl-C.
 */
const isToldTwice = (name: string, first: string): boolean =>
  name === 'SIGHUP' || first === 'SIGHUP' || (name === first && name !== 'SIGINT')

const listenToSignals = (exit: (code: number) => void): Pick<Io, 'signal' | 'atSecondSignal'> => {
  const controller = new AbortController()
  const { signal } = controller
  const ignored = ignoredSignals(process.env._)
  let lastWords: LastWords | undefined
  let first: string | undefined
  const exitWithWords = (code: number): void => {
    const lines = lastWords?.(signal.reason) ?? []
    // Behind what a terminal is given back with.
    process.once('exit', () => process.stderr.write(lines.map((line) => `${line}\n`).join('')))
    exit(code)
  }
  for (const [name, code] of Object.entries(endings)) {
    process.on(name, () => {
      if (ignored.has(name)) return
      if (first === undefined) {
        first = name
        controller.abort(new BulkxError(code, `Ended by ${name}`))
      } else if (!isToldTwice(name, first)) exitWithWords(exitCodes[code])
    })
  }
  const atSecondSignal: Io['atSecondSignal'] = (words) => {
    lastWords = words
  }
  return { signal, atSecondSignal }
}

const ownDirectory = (): string => {
  try {
    return process.cwd()
  } catch (cause) {
    throw new BulkxError('BULKX_STORAGE', 'The working directory is not there any more', {
      hint: 'change to one that is there (`cd`), and run the same command again',
      cause,
    })
  }
}

/** A process may have none, such as one in a container whose user the system does not know. */
const ownHome = (): string => {
  try {
    return homedir()
  } catch (cause) {
    throw new BulkxError('BULKX_USAGE', 'There is no home directory for the list of jobs and the profiles', {
      hint: 'set HOME, or BULKX_STATE_DIR and BULKX_CONFIG_DIR',
      cause,
    })
  }
}

/** The Io of this process. `exit` ends it at once; it is called at a second Ctrl-C, or a signal of another kind. */
export const createIo = (exit: (code: number) => void): Io => {
  const { signal, atSecondSignal } = listenToSignals(exit)
  return {
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    env: process.env,
    get cwd() {
      return ownDirectory()
    },
    get home() {
      return ownHome()
    },
    platform: process.platform,
    runtime: { node: process.version, platform: `${process.platform}-${process.arch}` },
    clock: systemClock,
    random: Math.random,
    signal,
    atSecondSignal,
    readStdin: () => readStdin(signal),
    run: runProgram,
    get process() {
      return thisProcess()
    },
  }
}
