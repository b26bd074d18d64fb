/** When files end: the order in which they are fetched, and which URLs are not worth asking any more. Pure. */
import { isHttp } from '../http/url.js'
import { urlExpiry } from '../protocol/url-expiry.js'
import type { OutputFile } from './files.js'
import type { JobState } from './state.js'

/** From its end on, a URL may still be good for a while by another clock of the same server, milliseconds. */
const certainlyMs = 60_000

/** The server's clock minus ours, as the answer to the kick-off told it. */
const skewMs = ({ serverDate, acceptedAt }: JobState): number =>
  serverDate === undefined ? 0 : serverDate - acceptedAt

/** Epoch milliseconds by the server's clock; infinity when nothing is known. */
const endOf = (file: OutputFile, state: JobState): number =>
  Math.min(
    urlExpiry(file.url) ?? Number.POSITIVE_INFINITY,
    state.pages.get(file.page)?.expiresAt ?? Number.POSITIVE_INFINITY,
  )

/** Soonest to end first; otherwise, and where no end is known, in manifest order. */
export const soonestFirst = (files: Iterable<OutputFile>, state: JobState): OutputFile[] =>
  Array.from(files, (file) => ({ file, end: endOf(file, state) }))
    .sort((a, b) => (a.end === b.end ? a.file.position - b.file.position : a.end - b.end))
    .map(({ file }) => file)

/**
 * The time, epoch milliseconds by our clock, from which the file's signed URL has certainly ended and its page of the
 * manifest can give a fresh one. Undefined where it says no end, and where the page has been asked since, or cannot
 * be asked.
 */
export const askBefore = (file: OutputFile, state: JobState): number | undefined => {
  const end = urlExpiry(file.url)
  const page = state.pages.get(file.page)
  if (end === undefined || !page || page.partial || state.synchronous || !isHttp(file.page)) return undefined
  const at = end + certainlyMs - skewMs(state)
  return page.askedAt < at ? at : undefined
}
