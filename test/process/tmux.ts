/** A real terminal without a window: tmux, with a server of its own for each. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, inject } from 'vitest'
import type { Place } from './place.js'

const run = promisify(execFile)
const binary = join(import.meta.dirname, '../../bin/bulkx.js')
const waitMs = 60_000

export interface TmuxTerminal {
  /** What is on the screen; lines that were too long for it are whole. */
  screen(): Promise<string[]>
  /** Its rows as they are, together with those that have left it. */
  rows(): Promise<string[]>
  /** Resolves to the screen once a line of it matches. */
  showing(pattern: RegExp): Promise<string[]>
  resize(columns: number, rows: number): Promise<void>
  press(key: string): Promise<void>
  hasCursor(): Promise<boolean>
}

interface Size {
  columns: number
  rows: number
  env?: Record<string, string>
}

/** Afterwards the code is said, and the terminal stays as it is. The shell itself survives Ctrl-C. */
const script = 'trap : INT; "$@"; echo "ended $?"; exec sleep 3600'

/** Runs `bulkx` in a terminal of this size. It is closed with the place. */
export const openTerminal = async (
  place: Place,
  args: readonly string[],
  { columns, rows, env = {} }: Size,
): Promise<TmuxTerminal> => {
  const failure = inject('buildFailure')
  if (failure !== '') throw new Error(`dist/ could not be built:\n${failure}`)
  const socket = `bulkx-${process.pid}`
  const options = {
    cwd: place.root,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: place.root,
      TMUX_TMPDIR: place.root,
      BULKX_STATE_DIR: place.state,
      LANG: 'C.UTF-8',
      ...env,
    },
  }
  const tmux = async (...words: readonly string[]): Promise<string> =>
    (await run('tmux', ['-L', socket, '-f', '/dev/null', ...words], options)).stdout
  const session = ['new-session', '-d', '-x', String(columns), '-y', String(rows)]
  const command = ['sh', '-c', script, 'sh', process.execPath, binary, ...args]
  await tmux('set', '-g', 'status', 'off', ';', ...session, ...command)
  place.closing.push(() => tmux('kill-server').catch(() => {}))
  const lines = (text: string): string[] => text.split('\n').map((line) => line.trimEnd())
  const screen = async (): Promise<string[]> => lines((await tmux('capture-pane', '-p', '-J')).trimEnd())
  return {
    screen,
    rows: async () => lines((await tmux('capture-pane', '-p', '-S', '-')).trimEnd()),
    showing: async (pattern) => {
      await expect
        .poll(screen, { timeout: waitMs, interval: 100 })
        .toContainEqual(expect.stringMatching(pattern))
      return screen()
    },
    resize: async (width, height) => {
      await tmux('resize-window', '-x', String(width), '-y', String(height))
    },
    press: async (key) => {
      await tmux('send-keys', key)
    },
    hasCursor: async () => (await tmux('display-message', '-p', '#{cursor_flag}')).trim() === '1',
  }
}
