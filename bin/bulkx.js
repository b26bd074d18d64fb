#!/usr/bin/env node
// Starts the command line, and ends with the exit code of `main`.
import { readFileSync } from 'node:fs'

const argv = process.argv.slice(2)

// V8 lets the heap of a busy process grow to several times what is alive in it. With a hundred thousand files that
// is hundreds of megabytes. Growing by three fifths it is 2.7 kB a file, growing twofold 3.1; by less, each collection
// finds less garbage and the CPU time grows. Short commands end before.
const growSlowly = async () => {
  const { setFlagsFromString } = await import('node:v8')
  setFlagsFromString('--heap-growing-percent=60')
}
const busyAfterMs = 250

let lost
const watchStdout = () => {
  process.stdout.on('error', (error) => {
    // Whoever closes a pipe has read enough; a full disk has not.
    if (error.code !== 'EPIPE' && error.code !== 'EIO') lost ??= error
  })
}

// What is still on its way through a pipe arrives before the process ends; a closed pipe calls back as well.
const flushed = (stream) => new Promise((resolve) => stream.write('', () => resolve()))

/** Ends with this code, once all is said: 0 of a command whose words are lost is no success. */
const end = async (code) => {
  await Promise.all([flushed(process.stdout), flushed(process.stderr)])
  if (lost) process.stderr.write(`error: stdout cannot be written: ${lost.message}\n`)
  process.exit(lost && code === 0 ? 8 : code)
}

const run = async () => {
  setTimeout(growSlowly, busyAfterMs).unref()
  watchStdout()
  const { createIo, main } = await import('../dist/cli/main.js')
  await end(
    await main(
      argv,
      createIo((now) => process.exit(now)),
    ),
  )
}

const oldest = [20, 18, 1] // as `engines` of package.json
const isTooOld = () => {
  const own = process.versions.node.split('.').map(Number)
  const at = oldest.findIndex((number, index) => number !== own[index])
  return at >= 0 && own[at] < oldest[at]
}

// The version alone needs nothing of all that, and is asked for often; `main` says it where there is more to it.
const isVersion = argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')
if (isVersion && !process.env.BULKX_JSON) {
  watchStdout()
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const { platform, arch } = process
  process.stdout.write(`bulkx ${version} (node ${process.version}, ${platform}-${arch})\n`)
  await end(0)
} else if (isTooOld()) {
  process.stderr.write(
    `error: bulkx needs Node ${oldest.join('.')} or newer, and this is ${process.version}\n`,
  )
  process.stderr.write('hint: install a newer Node: https://nodejs.org/\n')
  await end(2)
} else await run()
