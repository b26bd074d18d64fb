/** A clock for tests: time passes when somebody sleeps, or when the test says so. */
import type { Clock } from '../../src/clock.js'

export interface FakeClock extends Clock {
  /** Lets so much time pass at once; due `every` tasks run in order. */
  advance(ms: number): void
  /** How long each sleep was to be, milliseconds. */
  readonly sleeps: readonly number[]
}

interface Task {
  everyMs: number
  dueAt: number
  run(): void
}

/** A clock that begins at `start` (epoch milliseconds). `sleep` advances it and gives way to other work once. */
export const fakeClock = (start = Date.UTC(2026, 0, 1)): FakeClock => {
  let now = start
  const tasks = new Set<Task>()
  const sleeps: number[] = []

  const advance = (ms: number): void => {
    const end = now + ms
    for (;;) {
      const due = [...tasks].filter((task) => task.dueAt <= end).sort((a, b) => a.dueAt - b.dueAt)[0]
      if (due === undefined) break
      now = Math.max(now, due.dueAt)
      due.dueAt += due.everyMs
      due.run()
    }
    now = end
  }

  return {
    now: () => now,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted()
      sleeps.push(ms)
      advance(Math.max(ms, 0))
      await new Promise<void>((resolve) => setImmediate(resolve))
      signal?.throwIfAborted()
    },
    every: (ms, task) => {
      const entry: Task = { everyMs: Math.max(ms, 1), dueAt: now + Math.max(ms, 1), run: task }
      tasks.add(entry)
      return () => {
        tasks.delete(entry)
      }
    },
    advance,
    sleeps,
  }
}
