/** The Bulk Data Delete Request. */
import type { HttpRequest } from '../http/exchange.js'

export const deleteRequest = (url: string): HttpRequest => ({
  method: 'DELETE',
  url,
  headers: { accept: 'application/fhir+json, application/json;q=0.9' },
})

/** Deleted (200, 202, 204), or gone already (404, 410). */
export const isDeleted = (status: number): boolean => [200, 202, 204, 404, 410].includes(status)
