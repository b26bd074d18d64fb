/** The time between `--since` and `--until`, as far as it can be told from what was typed. */
import { BulkxError } from '../errors.js'

/** A date is a span of time; where its zone is not said it may begin this much earlier, or end this much later. */
const zoneMs = 14 * 3_600_000

interface Span {
  /** Epoch milliseconds of its first moment, and of the first one after it. */
  from: number
  to: number
  zoned: boolean
}

/** Undefined for what is no date: `last`. */
const spanOf = (text: string): Span | undefined => {
  const [, date = '', time, seconds, zone] =
    /^(\d{4}(?:-\d\d){0,2})(?:T(\d\d:\d\d)(:\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.exec(text) ?? []
  if (date === '') return undefined
  if (time !== undefined) {
    const from = Date.parse(`${date}T${time}${seconds?.replace(/^:60/, ':59') ?? ':00'}${zone}`)
    return { from, to: from + (seconds === undefined ? 60_000 : 1), zoned: true }
  }
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number)
  const from = Date.UTC(year, month - 1, day)
  // One more of what was written last: years, months or days.
  const ends = [Date.UTC(year + 1, 0), Date.UTC(year, month), Date.UTC(year, month - 1, day + 1)]
  const to = ends[date.split('-').length - 1] ?? from
  return { from, to, zoned: false }
}

/** Throws `BULKX_USAGE` where `since` is later than `until`: no server has anything for that, and few say so. */
export const assertPeriod = (since: string | undefined, until: string | undefined): void => {
  const [begin, end] = [spanOf(since ?? ''), spanOf(until ?? '')]
  if (begin === undefined || end === undefined) return
  if (begin.from < end.to + (begin.zoned === end.zoned ? 0 : zoneMs)) return
  throw new BulkxError('BULKX_USAGE', `--since ${since} is later than --until ${until}`, {
    hint: 'a period begins with --since and ends with --until: exchange the two, or leave one out',
  })
}

/** Clocks differ, and so do zones. */
const aheadMs = 24 * 3_600_000

/** Whether a time is later than now, epoch milliseconds, by more than any two clocks differ. */
export const isAhead = (text: string, now: number): boolean => (spanOf(text)?.from ?? 0) > now + aheadMs
