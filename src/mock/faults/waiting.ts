/** Faults while a client waits for an answer. */
import { type Fault, fault, usually } from '../edit.js'
import { reach, row } from '../fault-row.js'
import type { Matcher } from '../matcher.js'
import { onWire } from '../wire.js'

/** The connection is reset instead of an answer; the server has not worked. By default about status requests. */
const reset = (options: Matcher = {}): Fault =>
  fault('reset', usually('status', options), async () =>
    onWire(new Response(null), { fault: 'reset', stopAt: 'start', stopBy: 'reset' }),
  )

export const waitingFaults = { reset } as const

export const waitingFaultRows = {
  reset: row(reset, 'a reset instead of an answer', reach.anywhere),
} as const
