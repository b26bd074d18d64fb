/** One bash for one page: what its blocks set, start and write stays until the page ends. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { inject } from 'vitest'
import { newPlace, type Place } from '../process/place.js'
import { type Command, commandsOf } from './commands.js'
import { type Block, root } from './page.js'

export interface DocsPlace extends Place {
  /** Where the commands are run. */
  directory: string
  /** All that a command of a page finds in its environment. */
  env: Record<string, string>
}

export interface Shell {
  /** Runs a block to its end, and returns what was said, both streams in order. Rejects where it ends otherwise. */
  run(block: Block): Promise<string>
}

const program = (path: string, script: string): void => {
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
}

/** An empty directory, a home of its own, and `bulkx` on the path. */
export const docsPlace = async (): Promise<DocsPlace> => {
  const failure = inject('buildFailure')
  if (failure !== '') throw new Error(`dist/ could not be built:\n${failure}`)
  const place = await newPlace()
  const [bin, directory, home] = ['bin', 'page', 'home'].map((name) => join(place.root, name)) as [
    string,
    string,
    string,
  ]
  for (const folder of [bin, directory, home]) mkdirSync(folder)
  program(join(bin, 'bulkx'), `exec "${process.execPath}" "${join(root, 'bin/bulkx.js')}" "$@"`)
  // What is installed is what is tested.
  program(join(bin, 'npm'), 'exit 0')
  program(join(bin, 'npx'), 'exec "$@"')
  const env = {
    PATH: `${bin}:/usr/local/bin:/usr/bin:/bin`,
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_STATE_HOME: join(home, '.local/state'),
    BULKX_STATE_DIR: place.state,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
  }
  return { ...place, directory, env }
}

/** Writes the file that a block is, `sh file=nightly.sh`, where the commands are run. */
export const writeFileOf = (place: DocsPlace, { info, text }: Block): void => {
  const [, name = ''] = / file=(\S+)$/.exec(info) ?? []
  const path = join(place.directory, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  if (text.startsWith('#!')) chmodSync(path, 0o755)
}

const FIRST_DESCRIPTOR = 20

const prologue = `
set -euo pipefail
ended() {
  [ "$1" = "$2" ] || { echo "ended $1 instead of $2"; exit 1; }
}
`

/** The script for a command, with a pipe and a file descriptor of its own. */
const scriptOf = (command: Command, pipe: string, descriptor: number): string => {
  switch (command.kind) {
    case 'plain':
      return command.text
    case 'ending':
      return `set +e\n${command.text}\nended $? ${command.code}\nset -e\n`
    case 'interrupted':
      // In a shell of its own, so that `$!` stays what it was.
      return `mkfifo ${pipe}
set +e
(
  ${command.text} >${pipe} 2>&1 &
  while IFS= read -r line; do
    printf '%s\\n' "$line"
    case $line in *${JSON.stringify(command.at)}*) kill -INT $! ;; esac
  done <${pipe}
  wait $!
)
ended $? ${command.code}
set -e
`
    case 'server':
      // It listens when it has said its last word; the pipe stays open for what it says later.
      return `mkfifo ${pipe}
${command.text} >${pipe} 2>&1 &
exec ${descriptor}<${pipe}
line=
until [ "\${line#Ctrl-C stops it}" != "$line" ]; do IFS= read -r line <&${descriptor}; printf '%s\\n' "$line"; done
`
    default:
      return command satisfies never
  }
}

/** Starts the shell of a page. It ends with the place, and all that was started in it. */
export const openShell = (place: DocsPlace, env: Record<string, string> = {}): Shell => {
  const bash = spawn('bash', ['--noprofile', '--norc'], {
    cwd: place.directory,
    env: { ...place.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own: what it leaves behind is ended with it.
    detached: true,
  })
  const closed = once(bash, 'close')
  const endAll = (): void => {
    try {
      if (bash.pid !== undefined) process.kill(-bash.pid, 'SIGKILL')
    } catch {
      // Nobody is left.
    }
  }
  // At once where it ends by itself: later its number may be somebody else's.
  bash.once('exit', endAll)
  place.closing.push(() => {
    if (bash.exitCode === null && bash.signalCode === null) endAll()
    return closed
  })
  const complaints: string[] = []
  bash.stderr.setEncoding('utf8').on('data', (text: string) => complaints.push(text))
  bash.stdin.on('error', () => {})
  const lines = createInterface({ input: bash.stdout })[Symbol.asyncIterator]()
  bash.stdin.write(prologue)

  // Ports by the names that the page has for them.
  const ports = new Map<string, string>()
  const asRun = (text: string): string => text.replace(/\b\d{4,5}\b/g, (port) => ports.get(port) ?? port)
  const asShown = (text: string): string =>
    [...ports]
      .reduce((all, [shown, port]) => all.replaceAll(new RegExp(`\\b${port}\\b`, 'g'), shown), text)
      .replaceAll(place.directory, '/home/you')

  let steps = 0
  const runCommand = async (command: Command, said: string): Promise<boolean> => {
    steps += 1
    const script = scriptOf(
      { ...command, text: asRun(command.text) },
      join(place.root, `pipe-${steps}`),
      FIRST_DESCRIPTOR + steps,
    )
    bash.stdin.write(`{\n${script}\n} </dev/null >>'${said}' 2>&1\necho\n`)
    const { done = false } = await lines.next()
    if (done || command.kind !== 'server') return !done
    const text = readFileSync(said, 'utf8')
    const [, port] = /:(\d+)\/\S*\n/.exec(text) ?? []
    const [, elsewhere] = / --trust-origin \S+:(\d+)/.exec(text) ?? []
    if (port !== undefined) ports.set(command.port, port)
    // The host of its files has the next number.
    if (elsewhere !== undefined) ports.set(String(Number(command.port) + 1), elsewhere)
    return true
  }

  const run = async (block: Block): Promise<string> => {
    const said = join(place.root, `said-${block.line}`)
    writeFileSync(said, '')
    for (const command of commandsOf(block.text)) {
      if (await runCommand(command, said)) continue
      await closed
      throw new Error(
        `line ${block.line}: the block ended early, at\n\n${command.text}\n${readFileSync(said, 'utf8')}${complaints.join('')}`,
      )
    }
    return asShown(readFileSync(said, 'utf8'))
  }
  return { run }
}
