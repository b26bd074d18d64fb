/** Gauges of the running downloads: sampled by whoever shows them, never journaled. */

export interface ActiveFile {
  bytes: number
  /** Bytes to come in all, when the server said so and no content coding hides it. */
  totalBytes?: number
  attempt: number
}

export interface Progress {
  /** Decoded bytes received in this run. */
  bytes: number
  /** Files in transfer, by our name. */
  active: Map<string, ActiveFile>
  /** Requests to this origin wait until then (429, 503), epoch milliseconds. */
  paused: Map<string, number>
}

export const newProgress = (): Progress => ({ bytes: 0, active: new Map(), paused: new Map() })
