/** What the bars count of a job: kept along with its facts, for a hundred thousand files are not counted ten times a second. */
import type { JobEvent } from '../../job/facts.js'
import { completedOf, type OutputFile } from '../../job/files.js'
import type { JobState } from '../../job/state.js'
import type { Counts } from './bars.js'

type Weight = (file: OutputFile) => number | undefined

/** By what the server says of all files: their sizes, else their resources, else they count alike. */
const weighing = (files: Iterable<OutputFile>): Weight => {
  let [sized, counted] = [true, true]
  for (const { sizeBytes, count } of files) {
    sized &&= sizeBytes !== undefined
    counted &&= count !== undefined
  }
  if (sized) return ({ sizeBytes }) => sizeBytes
  return counted ? ({ count }) => count : () => 1
}

interface Sums {
  bytes: number
  resources: number
  done: number
  total: number
  weight: Weight
}

const add = (sums: Sums, file: OutputFile): void => {
  if (!file.stored) return
  sums.bytes += file.stored.bytes
  sums.resources += file.stored.resources
  sums.done += sums.weight(file) ?? 0
}

const sumsOf = (state: JobState | undefined): Sums => {
  const files = state?.files
  const sums: Sums = { bytes: 0, resources: 0, done: 0, total: 0, weight: weighing(files?.values() ?? []) }
  for (const file of files?.values() ?? []) {
    sums.total += sums.weight(file) ?? 0
    add(sums, file)
  }
  return sums
}

/** Events after which all is counted anew. */
const upheavals: ReadonlySet<JobEvent['type']> = new Set(['manifest-received', 'file-lost', 'job-resumed'])

export const createTally = () => {
  let state: JobState | undefined
  let sums = sumsOf(undefined)
  return {
    take: (event: JobEvent, now: JobState): void => {
      const isFirst = state === undefined
      state = now
      if (isFirst || upheavals.has(event.type)) sums = sumsOf(now)
      else if (event.type === 'file-completed') {
        const file = now.files.get(event.name)
        if (file) add(sums, file)
      }
    },
    pending: (): number => state?.unfinished.pending.size ?? 0,
    counts: (): Counts => ({
      done: state ? completedOf(state) : 0,
      total: state?.files.size ?? 0,
      resources: sums.resources,
      bytes: sums.bytes,
      weights: {
        done: sums.done,
        total: sums.total,
        of: (name) => {
          const file = state?.files.get(name)
          return (file && sums.weight(file)) ?? 0
        },
      },
    }),
  }
}
