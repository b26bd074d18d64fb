/** What is said between the thread that fetches and a thread that checks. Blocks belong to one of them at a time. */
import type { Checked, CheckOptions } from './check.js'

/** Bytes handed over together: a message costs as much as looking at some ten kilobytes. */
export const blockBytes = 256 * 1024

/** By which a thread knows that it is one of ours. */
export const threadName = 'bulkx-check'

/** To the thread that checks. `id`: of the content. */
export type Order =
  | { say: 'open'; id: number; options: CheckOptions }
  | { say: 'look'; id: number; block: ArrayBuffer; bytes: number }
  | { say: 'end'; id: number }
  | { say: 'drop'; id: number }

/** From the thread that checks: a block to be filled again, or the outcome of a content. */
export type Answer =
  | { say: 'block'; block: ArrayBuffer }
  | { say: 'checked'; id: number; checked: Checked }
  | { say: 'too-long'; id: number; message: string }
