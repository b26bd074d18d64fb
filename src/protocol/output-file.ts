/** The Bulk Data Output File Request. */
import type { HttpRequest } from '../http/exchange.js'

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
