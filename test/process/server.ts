/** The mock on a port of the tests' own process, quick, and open to hooks around each of its answers. */
import type { Clock } from '../../src/clock.js'
import { syntheticData } from '../../src/mock/data/synthetic.js'
import {
  type Call,
  createMock,
  type DataSource,
  type Handler,
  listen,
  type Mock,
  type MockOptions,
  type Personality,
  personality,
  type RecordedRequest,
} from '../../src/mock/index.js'
import { realClock } from '../helpers/job.js'

/** Sees each call before it is answered; what it returns is the answer. */
export type Hook = (call: Call, next: Handler) => Promise<Response>

export interface ServeOptions extends Omit<Partial<MockOptions>, 'clock'> {
  hook?: Hook
  gzip?: boolean
  /** `Retry-After` of an unfinished job; none by default, so that bulkx looks again at its own pace. */
  retryAfter?: string
}

export interface Served extends AsyncDisposable {
  mock: Mock
  fhirUrl: string
  /** Lets all jobs be done. */
  finishJobs(): void
  /** What was requested, by the IG's word for it, oldest first. */
  asked(phase: Call['phase']): RecordedRequest[]
}

/** Jobs that take so long are done when the test says so. */
export const untilTold = 24 * 3_600_000

const quick = (gzip: boolean, retryAfter: string | undefined): Personality =>
  personality({ files: { gzip, lifetimeMs: 30 * untilTold }, retryAfter: () => retryAfter })

export const serve = async ({
  hook,
  gzip = false,
  retryAfter,
  ...options
}: ServeOptions = {}): Promise<Served> => {
  let ahead = 0
  const clock: Clock = { ...realClock, now: () => realClock.now() + ahead }
  const hooks = hook ? [{ name: 'hook', around: hook }] : []
  const mock = createMock({
    jobMs: 50,
    personality: quick(gzip, retryAfter),
    ...options,
    clock,
    faults: [...hooks, ...(options.faults ?? [])],
  })
  const running = await listen(mock)
  return {
    mock,
    fhirUrl: running.fhirUrl,
    finishJobs: () => {
      ahead += untilTold
    },
    asked: (phase) => mock.requests.filter((request) => request.phase === phase),
    [Symbol.asyncDispose]: () => running.close(),
  }
}

/** Synthetic patients in many small files, and one large one of observations. */
export const mixedData = (patients: number): DataSource => {
  const base = syntheticData({ seed: 1, patients })
  const everything = Number.MAX_SAFE_INTEGER
  return {
    ...base,
    select: (type, selection, pageSize) =>
      base.select(type, selection, type === 'Observation' ? everything : pageSize),
  }
}

/** One type whose single file has `lines` lines of `lineBytes` bytes, made while it is read. */
export const largeFile = (lines: number, lineBytes: number): DataSource => {
  const frame = '{"resourceType":"Binary","id":"000000000","data":""}\n'
  const line = (index: number): string =>
    `{"resourceType":"Binary","id":"${String(index).padStart(9, '0')}","data":"${'x'.repeat(lineBytes - frame.length)}"}\n`
  const sizeBytes = lines * lineBytes
  const linesAtOnce = Math.max(1, Math.floor(262_144 / lineBytes))
  async function* read(start: number, end: number): AsyncGenerator<Uint8Array> {
    let at = Math.floor(start / lineBytes)
    while (at * lineBytes < end) {
      const count = Math.min(linesAtOnce, lines - at)
      const text = Buffer.from(Array.from({ length: count }, (_, index) => line(at + index)).join(''))
      const from = Math.max(start - at * lineBytes, 0)
      yield text.subarray(from, Math.min(end - at * lineBytes, text.length))
      at += count
    }
  }
  return {
    types: ['Binary'],
    hasPatient: async () => true,
    group: async () => 'everybody',
    select: async () => [
      { count: lines, tag: `${lines}x${lineBytes}`, open: async () => ({ sizeBytes, read }) },
    ],
    deletions: () => [],
  }
}
