// Where the figures come from.
import { execFileSync } from 'node:child_process'
import { cpus, loadavg, platform, release, totalmem } from 'node:os'
import { programPath } from './programs.js'

const firstLine = (program, ...words) => {
  const text = execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  return text.split('\n')[0]
}

export const machine = () => ({
  cpu: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
  memory: `${Math.round(totalmem() / 1024 ** 3)} GiB`,
  system: `${platform()} ${release()}`,
  node: process.version,
  curl: firstLine(programPath('curl'), '--version').split(' ').slice(0, 2).join(' '),
})

/** How much else is going on, runnable processes on average over the last minute. */
export const load = () => loadavg()[0]
