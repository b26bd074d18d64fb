/** When a signed URL ends, as it says itself: object stores write it into the query. Pure. */

const compact = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/

/** `20260131T235959Z`, epoch milliseconds. */
const compactTime = (text: string | undefined): number =>
  compact.test(text ?? '') ? Date.parse((text ?? '').replace(compact, '$1-$2-$3T$4:$5:$6Z')) : Number.NaN

const number = (text: string | undefined): number =>
  /^\d{1,13}$/.test(text ?? '') ? Number(text) : Number.NaN

/** `X-Amz-Date` and `X-Amz-Expires`, and the same with `Goog`: a beginning, and seconds from there. */
const sinceThen = (query: ReadonlyMap<string, string>, vendor: string): number =>
  compactTime(query.get(`x-${vendor}-date`)) + number(query.get(`x-${vendor}-expires`)) * 1000

/** Epoch seconds; the older signatures of S3, of Google's storage, and CloudFront's. */
const epoch = (query: ReadonlyMap<string, string>): number =>
  query.has('signature') ? number(query.get('expires')) * 1000 : Number.NaN

/** Azure's `se`: an instant in UTC, its time or its seconds perhaps left out. */
const instant = (query: ReadonlyMap<string, string>): number => {
  const text = query.get('se') ?? ''
  if (!query.has('sig') || !/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?Z)?$/.test(text)) return Number.NaN
  return Date.parse(text)
}

/**
 * Epoch milliseconds, by the clock of whoever checks the signature. Undefined when the URL says nothing of its end
 * that is known here: names count without regard to case, and anything unreadable is no end.
 */
export const urlExpiry = (url: string): number | undefined => {
  const start = url.indexOf('?')
  if (start === -1) return undefined
  const query = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(url.slice(start + 1).replace(/#.*$/s, '')))
    query.set(name.toLowerCase(), value)
  const ends = [sinceThen(query, 'amz'), sinceThen(query, 'goog'), epoch(query), instant(query)]
  const known = ends.filter((end) => !Number.isNaN(end))
  return known.length === 0 ? undefined : Math.min(...known)
}
