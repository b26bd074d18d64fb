/** Tracing as a middleware: one redacted line a request, for `--verbose`. */
import type { Clock } from '../clock.js'
import type { Middleware } from './exchange.js'
import { withoutQuery } from './url.js'

export const trace =
  (clock: Clock, write: (line: string) => void): Middleware =>
  async (request, next) => {
    const startedAt = clock.now()
    const line = (result: string) => {
      write(`${request.method} ${withoutQuery(request.url)} ${result} ${clock.now() - startedAt} ms`)
    }
    try {
      const reply = await next(request)
      line(String(reply.status))
      return reply
    } catch (error) {
      line(error instanceof Error ? error.message : 'failed')
      throw error
    }
  }
