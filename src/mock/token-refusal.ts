/** How a token endpoint says no (RFC 6749, 5.2). */
import { jsonResponse } from './outcome.js'
import type { ErrorStyle } from './token-row.js'

/** The headers of everything that a token endpoint answers (RFC 6749, 5.1). */
export const noStore = { 'cache-control': 'no-store', pragma: 'no-cache' } as const

/** An answer of a token endpoint that is no token. */
export const tokenRefusal = (
  status: number,
  error: string,
  description: string,
  { style = 'json', headers = {} }: { style?: ErrorStyle; headers?: Record<string, string> } = {},
): Response => {
  const all = { ...noStore, ...headers }
  switch (style) {
    case 'json':
      return jsonResponse(status, { error, error_description: description }, all)
    case 'text':
      return new Response(`${description}\n`, {
        status,
        headers: { 'content-type': 'text/plain; charset=utf-8', ...all },
      })
    case 'empty':
      return new Response(null, { status, headers: all })
    default:
      return style satisfies never
  }
}

/** Thrown where a token request turns out to be one that is refused; the endpoint answers with it. */
export class TokenRefusal extends Error {
  readonly error: 'invalid_request' | 'invalid_client' | 'invalid_scope' | 'unsupported_grant_type'

  constructor(error: TokenRefusal['error'], description: string) {
    super(description)
    this.name = 'TokenRefusal'
    this.error = error
  }
}
