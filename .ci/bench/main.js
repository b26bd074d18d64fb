// npm run bench [-- options] [scenario...]: whole processes side by side with curl. See docs/performance.md.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bulkx, ownProgram } from './clients.js'
import { benchDirectory } from './data.js'
import { load, machine } from './machine.js'
import { WrongOutput } from './outputs.js'
import { ClientFailed } from './process.js'
import { MissingProgram } from './programs.js'
import { page, terminalText } from './report.js'
import { scenarios } from './scenarios.js'
import { startServer } from './server.js'

const usage = `Usage: npm run bench -- [options] [scenario...]

Scenarios: ${Object.keys(scenarios).join(', ')}

  --quick          less of everything, under a minute; start-up then weighs more than it should
  --rounds <n>     counted rounds (default 5, 2 with --quick)
  --write          write docs/performance.md; for a whole run only
  --also <file>    another bin/bulkx.js beside the first
  --out <folder>   where the output goes (default: memory, where there is /dev/shm)
`

class Usage extends Error {}

const root = fileURLToPath(new URL('../..', import.meta.url))

const commandLine = () => {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        write: { type: 'boolean', default: false },
        also: { type: 'string', multiple: true, default: [] },
        out: { type: 'string', default: existsSync('/dev/shm') ? '/dev/shm' : tmpdir() },
        help: { type: 'boolean', default: false },
      },
    })
    return { ...values, names: positionals }
  } catch (error) {
    throw new Usage(error.message)
  }
}

const chosen = ({ names, quick, write, rounds = quick ? 2 : 5 }) => {
  const unknown = names.find((name) => !Object.hasOwn(scenarios, name))
  if (unknown !== undefined) throw new Usage(`There is no scenario ${unknown}`)
  if (write && (quick || names.length > 0)) throw new Usage('--write is for a whole run')
  if (!(Number(rounds) >= 1)) throw new Usage('--rounds is a number')
  const isAsked = ([name, { isLong }]) => (names.length > 0 ? names.includes(name) : !(quick && isLong))
  return { rounds: Number(rounds), asked: Object.entries(scenarios).filter(isAsked) }
}

const measureAll = async (asked, context) => {
  const done = []
  for (const [name, { title, run, missing }] of asked) {
    const measured = { name, title, missing, result: await run?.(context) }
    process.stdout.write(terminalText(measured))
    done.push(measured)
  }
  return done
}

const run = async () => {
  const options = commandLine()
  if (options.help) return void process.stdout.write(usage)
  const { rounds, asked } = chosen(options)
  if (!existsSync(join(root, 'dist/cli/main.js'))) throw new Usage('There is no build: npm run build')
  const about = machine()
  const loadBefore = load()
  const folder = mkdtempSync(join(tmpdir(), 'bulkx-bench-'))
  const outDirectory = mkdtempSync(join(options.out, 'bulkx-bench-out-'))
  mkdirSync(benchDirectory, { recursive: true })
  const diskDirectory = mkdtempSync(join(benchDirectory, 'out-'))
  let server
  const clean = () => {
    for (const each of [folder, outDirectory, diskDirectory]) rmSync(each, { recursive: true, force: true })
  }
  process.once('exit', clean)
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130))
  try {
    process.stdout.write(`${about.cpu}, ${about.node}, ${about.curl}; load ${loadBefore.toFixed(1)}\n\n`)
    server = await startServer(folder)
    const own = [bulkx(), ...options.also.map((program) => bulkx(program, program))]
    const context = { server, folder, outDirectory, diskDirectory, rounds, own, isQuick: options.quick }
    const done = await measureAll(asked, { ...context, program: ownProgram })
    if (options.write) {
      const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
      writeFileSync(
        join(root, 'docs/performance.md'),
        page(done, about, { rounds, load: loadBefore, version }),
      )
    }
  } finally {
    await server?.close()
  }
}

try {
  await run()
} catch (error) {
  const isKnown = [Usage, MissingProgram, ClientFailed, WrongOutput].some((kind) => error instanceof kind)
  process.stderr.write(
    `${isKnown ? error.message : error.stack}\n${error instanceof Usage ? `\n${usage}` : ''}`,
  )
  process.exitCode = 1
}
