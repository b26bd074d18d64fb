/** The Bulk Data Output File Request. */
import { type HttpReply, type HttpRequest, header } from '../http/exchange.js'

/** Where to go on inside a file: only ever sent with a proof of sameness at hand. */
export interface ByteRange {
  firstByte: number
}

export interface OutputFileOptions {
  range?: ByteRange
  /** Anything is taken: for a server that has answered 406. */
  anyType?: boolean
}

/**
 * `Accept: application/fhir+ndjson` alone: HAPI answers anything wider with a JSON envelope. A range counts
 * uncoded bytes, so that it asks for identity coding.
 */
export const outputFileRequest = (
  url: string,
  acceptEncoding: string,
  { range, anyType = false }: OutputFileOptions = {},
): HttpRequest => ({
  method: 'GET',
  url,
  headers: {
    accept: anyType ? 'application/fhir+ndjson, */*;q=0.1' : 'application/fhir+ndjson',
    'accept-encoding': range ? 'identity' : acceptEncoding,
    ...(range && { range: `bytes=${range.firstByte}-` }),
  },
})

export interface ContentRange {
  firstByte: number
  lastByte: number
  totalBytes: number
}

/** `Content-Range: bytes 100-199/200`, or undefined when it says anything less exact. */
export const readContentRange = (value: string | undefined): ContentRange | undefined => {
  const [, first, last, total] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(value ?? '') ?? []
  if (first === undefined || last === undefined || total === undefined) return undefined
  return { firstByte: Number(first), lastByte: Number(last), totalBytes: Number(total) }
}

/** All of the content: 200, 203 (RFC 9110, 15.3.4: changed on its way), or a 206 that was not asked for and has it all. */
export const isWholeFile = ({ status, headers }: Pick<HttpReply, 'status' | 'headers'>): boolean => {
  if (status === 200 || status === 203) return true
  const range = status === 206 ? readContentRange(header(headers, 'content-range')) : undefined
  if (range?.firstByte !== 0 || range.lastByte !== range.totalBytes - 1) return false
  const length = header(headers, 'content-length')
  return length === undefined || Number(length) === range.totalBytes
}
