/** The truth about a job: an append-only file, one fact a line, synced before anybody acts upon it. */
import type { JobEvent } from './facts.js'

export interface Journal {
  /** Resolves when all of them are durable; given in one call, they are made so together. */
  append(events: readonly JobEvent[]): Promise<void>
  close(): Promise<void>
}
