/** Signals that whoever started us wants ignored: `nohup`, or a shell after `trap '' HUP`. */
import { readFileSync } from 'node:fs'
import { parentId } from '../system-process.js'

/** The lowest bit is that of signal 1. */
const hangup = 1n

const ignoresHangup = (status: string): boolean => {
  const [, bits] = /^SigIgn:\s*([0-9a-f]{1,32})$/m.exec(status) ?? []
  return bits !== undefined && (BigInt(`0x${bits}`) & hangup) !== 0n
}

const statusOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/status`, 'latin1')
  } catch {
    // Another system than Linux, or a parent that has ended.
    return ''
  }
}

/**
 * Node takes back, before any of our code runs, what it was started to ignore: it is read off who started it. A process that
 * ignores SIGHUP hands that down, and `nohup` stands in `_`, where shells put the path of the command that they run.
 * `command`: the value of `_`. `parentStatus`: /proc/<pid>/status of the parent.
 */
export const ignoredSignals = (
  command: string | undefined,
  parentStatus: string = statusOf(parentId()),
): ReadonlySet<string> =>
  new Set(/(^|\/)nohup$/.test(command ?? '') || ignoresHangup(parentStatus) ? ['SIGHUP'] : [])
