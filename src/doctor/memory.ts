/** An exchange that remembers: many checks look at the same pages, and the server is asked once for each. */
import { Readable } from 'node:stream'
import { readTokenResponse } from '../auth/access-token.js'
import type { Clock } from '../clock.js'
import { type Answer, readAnswer } from '../http/body.js'
import type { Exchange, HttpReply } from '../http/exchange.js'

/** A request for a token, as far as it can be shown, and its answer. */
export interface TokenExchange {
  /** Scopes that were asked for; empty: none. */
  scope: string
  answer: Answer
}

export interface Memory {
  exchange: Exchange
  tokenExchange: () => TokenExchange | undefined
  /** What went out or came in that nobody may see. */
  secrets: () => readonly string[]
}

/** Read already, so neither coded nor of the length that was announced. */
const replay = ({ status, headers, url, body }: Answer): HttpReply => ({
  status,
  headers: { ...headers, 'content-encoding': undefined, 'content-length': undefined },
  url,
  body: Readable.from([Buffer.from(body)]),
})

/** For small answers only: each is read whole. Failures are not remembered. */
export const remembering = (exchange: Exchange, clock: Clock): Memory => {
  const pages = new Map<string, Answer>()
  const secrets = new Set<string>()
  let token: TokenExchange | undefined
  return {
    tokenExchange: () => token,
    secrets: () => [...secrets],
    exchange: async (request) => {
      const { method, url, body = '' } = request
      const { authorization } = request.headers
      const bare = method === 'GET' && authorization === undefined
      if (authorization !== undefined) secrets.add(authorization.replace(/^\S+\s+/, ''))
      const known = bare ? pages.get(url) : undefined
      if (known) return replay(known)
      const answer = await readAnswer(await exchange(request), clock)
      if (bare) pages.set(url, answer)
      const form = method === 'POST' ? new URLSearchParams(body) : undefined
      if (form?.get('grant_type') === 'client_credentials') {
        token = { scope: form.get('scope') ?? '', answer }
        const response = readTokenResponse(answer, 0)
        if (response.kind === 'token') secrets.add(response.token.text)
      }
      return replay(answer)
    },
  }
}
