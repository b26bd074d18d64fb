/** Time as a dependency: everything that waits or looks at the clock is given one. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Waits at least `ms`, of any length; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Runs `task` every `ms` until the returned function is called. Never keeps the process alive. */
  every(ms: number, task: () => void): () => void
}
