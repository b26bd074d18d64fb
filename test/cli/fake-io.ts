/** A process for tests: buffers instead of streams, a clock that does not wait, signals by hand. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import type { WriteStream } from 'node:tty'
import { onTestFinished } from 'vitest'
import { type Io, type Output, runProgram } from '../../src/cli/io.js'
import { BulkxError, type ErrorCode } from '../../src/errors.js'
import type { Exchange } from '../../src/http/exchange.js'
import { type FakeClock, fakeClock } from '../helpers/fake-clock.js'

export interface FakeIo extends Io {
  clock: FakeClock
  /** What was written so far. */
  out(): string
  err(): string
  /** As a signal does. */
  interrupt(code?: ErrorCode): void
  /** What would be written should the process end now. */
  atExit(): string
  /** As Ctrl-Z does, and `fg` after it. */
  stopped(): void
  goesOn(): void
  /** Sees every piece that goes to stderr. */
  onTalk?: (text: string) => void
}

export interface FakeIoOptions {
  env?: Record<string, string>
  stdin?: string
  cwd?: string
  /** A terminal on stderr, this wide. */
  columns?: number
  /** And this high; 24 otherwise. */
  rows?: number
  /** A server in this process, instead of TCP. */
  exchange?: Exchange
}

/** A directory of its own for a test, removed afterwards. */
export const temporaryDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'bulkx-cli-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** As much of a terminal as is asked for. */
const fakeTerminal = (write: (text: string) => void, { columns, rows = 24 }: FakeIoOptions): WriteStream => {
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      write(String(chunk))
      done()
    },
  })
  const parts = { isTTY: true, columns, rows }
  return Object.assign(stream, parts) as unknown as WriteStream
}

export const fakeIo = (options: FakeIoOptions = {}): FakeIo => {
  const clock = fakeClock()
  const controller = new AbortController()
  const text = { out: '', err: '' }
  const stderrText = (piece: string): void => {
    text.err += piece
    io.onTalk?.(piece)
  }
  const { columns } = options
  const terminal = columns === undefined ? undefined : fakeTerminal(stderrText, options)
  const farewells = new Set<string>()
  const atExit = (farewell: string): (() => void) => {
    farewells.add(farewell)
    return () => farewells.delete(farewell)
  }
  const stops = new Map<() => void, string>()
  const onStop = (farewell: string, back: () => void): (() => void) => {
    stops.set(back, farewell)
    return () => stops.delete(back)
  }
  const stderr: Output = {
    write: (piece) => (terminal ? void terminal.write(piece) : stderrText(piece)),
    isTTY: terminal !== undefined,
    columns,
    terminal: terminal && { stream: terminal, atExit, onStop },
  }
  const cwd = options.cwd ?? temporaryDirectory()
  const io: FakeIo = {
    stdout: {
      write: (piece) => {
        text.out += piece
      },
      isTTY: false,
    },
    stderr,
    env: { BULKX_STATE_DIR: join(cwd, 'state'), ...options.env },
    cwd,
    home: join(cwd, 'home'),
    platform: 'linux',
    runtime: { node: 'v20.18.1', platform: 'linux-x64' },
    clock,
    random: () => 0.5,
    signal: controller.signal,
    atSecondSignal: () => {},
    readStdin: async () => options.stdin ?? '',
    run: runProgram,
    exchange: options.exchange,
    process: { pid: process.pid, host: 'test', isAlive: () => true },
    out: () => text.out,
    err: () => text.err,
    atExit: () => [...farewells].join(''),
    stopped: () => {
      for (const farewell of stops.values()) stderrText(farewell)
    },
    goesOn: () => {
      for (const back of stops.keys()) back()
    },
    interrupt: (code = 'BULKX_INTERRUPTED') => controller.abort(new BulkxError(code, 'Ended by a signal')),
  }
  return io
}
