/** bin/bulkx.js as a process of its own, with what it says and how it ends. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { inject } from 'vitest'
import type { Place } from './place.js'

const binary = join(import.meta.dirname, '../../bin/bulkx.js')

export interface Ended {
  /** Null when a signal ended it. */
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

export interface Child {
  readonly process: ChildProcess
  readonly ended: Promise<Ended>
  kill(signal: NodeJS.Signals): void
  /** The first line on stderr, or on stdout, that matches: said already or still to come. */
  saying(pattern: RegExp): Promise<string>
}

export interface ChildOptions {
  env?: Record<string, string>
  cwd?: string
  /** Modules to load first. */
  preload?: readonly string[]
  /** File mode creation mask; default: the one of the tests. */
  umask?: string
  /** A script of the shell that runs `"$0" "$@"`. */
  script?: string
  /** A command of the shell that stdout goes through. */
  pipe?: string
}

/** Nothing of the environment of the tests decides what bulkx does. */
const environment = (place: Place, more: Record<string, string> = {}): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  HOME: place.root,
  BULKX_STATE_DIR: place.state,
  ...more,
})

const commandLine = (args: readonly string[], options: ChildOptions): [string, string[]] => {
  const { preload = [], umask, pipe, script: own } = options
  const node = [...preload.flatMap((module) => ['--import', module]), binary, ...args]
  if (own !== undefined) return ['/bin/sh', ['-c', own, process.execPath, ...node]]
  if (umask === undefined && pipe === undefined) return [process.execPath, node]
  const script = `${umask ? `umask ${umask} && ` : ''}${pipe ? `"$0" "$@" | ${pipe}` : 'exec "$0" "$@"'}`
  return ['/bin/sh', ['-c', script, process.execPath, ...node]]
}

/** Text of a stream so far, and whoever waits for a line of it. */
const listen = (stream: Readable) => {
  const said = { text: '' }
  const look = new Set<() => void>()
  stream.setEncoding('utf8').on('data', (piece: string) => {
    said.text += piece
    for (const one of look) one()
  })
  stream.on('error', () => {})
  return { said, look }
}

const matching = (text: string, pattern: RegExp): string | undefined =>
  text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .find((line) => line !== '' && pattern.test(line))

/** Starts `bulkx` with these arguments. It is killed when the place goes, should it still run. */
export const start = (place: Place, args: readonly string[], options: ChildOptions = {}): Child => {
  const failure = inject('buildFailure')
  if (failure !== '') throw new Error(`dist/ could not be built:\n${failure}`)
  const [command, all] = commandLine(args, options)
  const child = spawn(command, all, {
    cwd: options.cwd ?? place.root,
    env: environment(place, options.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const out = listen(child.stdout)
  const err = listen(child.stderr)
  const ended = once(child, 'close').then(
    ([code, signal]): Ended => ({ code, signal, stdout: out.said.text, stderr: err.said.text }),
  )
  place.closing.push(() => {
    child.kill('SIGKILL')
    return ended
  })
  const saying = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const line = matching(out.said.text, pattern) ?? matching(err.said.text, pattern)
        if (line === undefined) return
        out.look.delete(look)
        err.look.delete(look)
        resolve(line)
      }
      out.look.add(look)
      err.look.add(look)
      look()
      void ended.then(({ code, stdout, stderr }) =>
        reject(new Error(`ended ${code} without saying ${pattern}:\n${stdout}\n${stderr}`)),
      )
    })
  return { process: child, ended, kill: (signal) => void child.kill(signal), saying }
}

/** Runs `bulkx` to its end. */
export const run = (place: Place, args: readonly string[], options?: ChildOptions): Promise<Ended> =>
  start(place, args, options).ended
