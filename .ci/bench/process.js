// One whole process, measured: wall by the monotonic clock, CPU time and peak memory by GNU time.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { programPath } from './programs.js'

/** What went wrong is shown to this length, characters. */
const shownMax = 2000

/** A client that ends with an error: there is nothing to compare. */
export class ClientFailed extends Error {}

/** Seconds, seconds (user and system) and MiB. Throws `ClientFailed`. */
export const measured = async (argv, { folder, env = {}, name = argv[0] }) => {
  const [figures, log] = [join(folder, 'time'), join(folder, 'log')]
  const output = openSync(log, 'w')
  const startedAt = process.hrtime.bigint()
  const child = spawn(programPath('time'), ['-f', '%U %S %M', '-o', figures, ...argv], {
    stdio: ['ignore', output, output],
    env: { ...process.env, ...env },
  })
  const [status] = await once(child, 'exit')
  const wall = Number(process.hrtime.bigint() - startedAt) / 1e9
  closeSync(output)
  if (status !== 0) {
    throw new ClientFailed(`${name} ended with ${status}:\n${readFileSync(log, 'utf8').slice(-shownMax)}`)
  }
  const [user = 0, system = 0, kibibytes = 0] = readFileSync(figures, 'utf8').trim().split(' ').map(Number)
  return { wall, cpu: user + system, rss: kibibytes / 1024 }
}
