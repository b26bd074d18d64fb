/** This process, as others on the same computer see it. */
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import type { ProcessIdentity } from './job/lock.js'

const readOrNothing = (read: () => string): string => {
  try {
    return read().trim()
  } catch {
    return ''
  }
}

export const parentId = (): number => process.ppid

/** Names one running system: the same host name in another container, or before a restart, is another one. */
const systemName = (): string =>
  [
    hostname(),
    readOrNothing(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    readOrNothing(() => readlinkSync('/proc/self/ns/pid')),
  ]
    .filter((part) => part !== '')
    .join(' ')

/** Field 22 of /proc/<pid>/stat: when the process began, in ticks since the machine did. Linux only. */
const startOf = (pid: number): string | undefined => {
  const stat = readOrNothing(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Somebody else's process is alive as well.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Who holds the locks that are taken here. */
export const thisProcess = (): ProcessIdentity => ({
  pid: process.pid,
  host: systemName(),
  isAlive,
  startOf,
})
