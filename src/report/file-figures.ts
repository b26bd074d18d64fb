/** The files of an export in figures: sums by type, how sizes and rates are spread, and the few that stand out. */
import type { Issue, Section } from '../protocol/types.js'
import type { FileFacts } from './file-facts.js'
import { type Spread, Values } from './spread.js'
import { First, Heaviest } from './tallies.js'

export interface TypeFigures {
  section: Section
  /** Empty where files hold several. */
  type: string
  files: number
  resources: number
  bytes: number
}

export interface Told<T> {
  things: readonly T[]
  more: number
}

export interface FileFigures {
  listed: number
  files: number
  pending: number
  failed: number
  resources: number
  bytes: number
  /** On disk, where files are stored compressed. */
  storedBytes: number
  lines: number
  badLines: number
  /** Of the stored files. */
  counted: number
  checksummed: number
  endUnproved: number
  digests: number
  /** Stored files by the number of attempts that they took; empty where nothing is known of it. */
  attempts: ReadonlyMap<number, number>
  types: readonly TypeFigures[]
  sizes?: Spread
  /** Bytes a second, of files that took time. */
  rates?: Spread
  /** Milliseconds. */
  durations?: Spread
  largest: Told<FileFacts>
  slowest: Told<FileFacts>
  failures: Told<FileFacts>
  repeated: Told<FileFacts>
  issues: Told<Issue & { file: string }>
  /** By severity, of all files. */
  issueCounts: ReadonlyMap<string, number>
}

const largestMax = 15
const slowestMax = 10
const failuresMax = 50
const issuesMax = 40
const typesMax = 500
const attemptsMax = 50

const sectionOrder: readonly Section[] = ['output', 'deleted', 'outcome']

/** Takes the files one by one. */
export class FileFigurer {
  private readonly sums = {
    ...{ listed: 0, files: 0, pending: 0, failed: 0, resources: 0, bytes: 0, storedBytes: 0 },
    ...{ lines: 0, badLines: 0, counted: 0, checksummed: 0, endUnproved: 0, digests: 0 },
  }
  private readonly types = new Map<string, TypeFigures>()
  private readonly attempts = new Map<number, number>()
  private readonly sizes = new Values()
  private readonly rates = new Values()
  private readonly durations = new Values()
  private readonly largest = new Heaviest<FileFacts>(largestMax, ({ bytes }) => bytes)
  private readonly slowest = new Heaviest<FileFacts>(slowestMax, ({ durationMs = 0 }) => durationMs)
  private readonly failures = new First<FileFacts>(failuresMax)
  private readonly repeated = new Heaviest<FileFacts>(slowestMax, ({ attempts = 0 }) => attempts)
  private readonly issues = new First<Issue & { file: string }>(issuesMax)
  private readonly issueCounts = new Map<string, number>()

  add(file: FileFacts): void {
    this.sums.listed += 1
    if (file.status === 'pending') this.sums.pending += 1
    if (file.status === 'failed') {
      this.sums.failed += 1
      this.failures.add(file)
    }
    if (file.status === 'stored') this.stored(file)
  }

  /** Issues that stood in no file: in the answer to the kick-off, or in the manifest. */
  addIssues(issues: readonly Issue[], file: string): void {
    for (const issue of issues) {
      this.issues.add({ ...issue, file })
      this.issueCounts.set(issue.severity, (this.issueCounts.get(issue.severity) ?? 0) + 1)
    }
  }

  get figures(): FileFigures {
    const { files } = this.sums
    const repeats = [...this.attempts].reduce((sum, [number, many]) => (number > 1 ? sum + many : sum), 0)
    const told = <T>({ things }: Heaviest<T>, of: number): Told<T> => ({ things, more: of - things.length })
    const types = [...this.types.values()].sort(
      (a, b) =>
        sectionOrder.indexOf(a.section) - sectionOrder.indexOf(b.section) ||
        b.resources - a.resources ||
        (a.type < b.type ? -1 : 1),
    )
    return {
      ...this.sums,
      attempts: this.attempts,
      types,
      sizes: this.sizes.spread(1000),
      rates: this.rates.spread(1000),
      durations: this.durations.spread(100),
      largest: told(this.largest, files),
      slowest: told(this.slowest, files),
      failures: this.failures,
      repeated: told(this.repeated, repeats),
      issues: this.issues,
      issueCounts: this.issueCounts,
    }
  }

  private stored(file: FileFacts): void {
    const { sums } = this
    sums.files += 1
    sums.resources += file.resources
    sums.bytes += file.bytes
    sums.storedBytes += file.storedBytes ?? file.bytes
    sums.lines += file.lines
    sums.badLines += file.badLines
    if (file.counted) sums.counted += 1
    if (file.checksummed) sums.checksummed += 1
    if (file.endUnproved) sums.endUnproved += 1
    if (file.sha256 !== undefined) sums.digests += 1
    this.largest.add(file)
    this.sizes.add(file.bytes)
    this.ofType(file)
    this.timed(file)
    this.outcomes(file)
  }

  private ofType({ section, type = '', resources, bytes }: FileFacts): void {
    const isKnown = this.types.has(`${section} ${type}`) || this.types.size < typesMax
    const name = isKnown ? type : ''
    const key = `${section} ${name}`
    const sum = this.types.get(key) ?? { section, type: name, files: 0, resources: 0, bytes: 0 }
    this.types.set(key, sum)
    sum.files += 1
    sum.resources += resources
    sum.bytes += bytes
  }

  private timed(file: FileFacts): void {
    const { attempts, durationMs, bytes } = file
    if (attempts !== undefined) {
      const number = Math.min(attempts, attemptsMax)
      this.attempts.set(number, (this.attempts.get(number) ?? 0) + 1)
      if (attempts > 1) this.repeated.add(file)
    }
    if (durationMs === undefined) return
    this.durations.add(durationMs)
    this.slowest.add(file)
    if (durationMs > 0 && bytes > 0) this.rates.add(bytes / (durationMs / 1000))
  }

  private outcomes({ name, issues }: FileFacts): void {
    if (!issues) return
    for (const [severity, number] of Object.entries(issues.counts))
      this.issueCounts.set(severity, (this.issueCounts.get(severity) ?? 0) + number)
    for (const issue of issues.first) this.issues.add({ ...issue, file: name })
  }
}
