/** The Bulk Data Delete Request, and what its answer means. */
import type { Answer } from '../http/body.js'
import { type HttpRequest, header } from '../http/exchange.js'
import { readHttpDate, readRetryAfter } from '../http/retry-after.js'
import { withServerWords } from './operation-outcome.js'

export const deleteRequest = (url: string): HttpRequest => ({
  method: 'DELETE',
  url,
  headers: { accept: 'application/fhir+json, application/json;q=0.9' },
})

/** Deleted (200, 202, 204), or gone already (404, 410). */
export const isDeleted = (status: number): boolean => [200, 202, 204, 404, 410].includes(status)

/** The server deletes no job, or none in this state (BCDA, AB2D, DPC): worth a note, and nothing to be done about. */
export const isUndeletable = (status: number): boolean => [400, 405, 409, 501].includes(status)

export interface DeleteResponse {
  status: number
  /** The status, with the server's words. */
  message: string
  /** The server may well delete it a moment later. */
  passing: boolean
  retryAfterMs?: number
}

/** `now`: epoch milliseconds, for a server that sends no `Date`. */
export const readDelete = (answer: Answer, now: number): DeleteResponse => {
  const { status, headers } = answer
  const date = readHttpDate(header(headers, 'date')) ?? now
  return {
    status,
    message: withServerWords(`HTTP ${status}`, answer),
    passing: status === 408 || status === 429 || (status >= 500 && status !== 501),
    retryAfterMs: readRetryAfter(header(headers, 'retry-after'), date),
  }
}
