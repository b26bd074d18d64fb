/** Redirects as a middleware: each hop is a fresh request, so that credentials are decided anew below. */
import { breakOff, type HttpReply, type HttpRequest, header, type Middleware, passOver } from './exchange.js'
import { NetworkError } from './network-error.js'
import { isHttp, isLoopback, originOf, resolveUrl, withoutQuery } from './url.js'

/** More than five hops are a loop, or as good as one. */
export const redirectsMax = 5

const redirects: readonly number[] = [301, 302, 303, 307, 308]

/** Where to go on, or undefined when this redirect is the answer itself. */
const target = (request: HttpRequest, reply: HttpReply): string | undefined => {
  if (!redirects.includes(reply.status)) return undefined
  const location = header(reply.headers, 'location')
  if (location === undefined) return undefined
  const url = resolveUrl(location, request.url)
  if (request.method === 'GET') return url
  // Anything that changes the server is repeated only where it was sent: a body may name patients.
  const repeats = reply.status === 307 || reply.status === 308
  return repeats && originOf(url) === originOf(request.url) ? url : undefined
}

const refusal = (from: string, to: string): string | undefined => {
  if (!isHttp(to)) return `it redirects to ${withoutQuery(to)}, which is no http or https URL`
  if (from.startsWith('https:') && to.startsWith('http:') && !isLoopback(to)) {
    return `it redirects from https to plain http, ${withoutQuery(to)}`
  }
  return undefined
}

/** Follows up to `redirectsMax` redirects of GET requests, and 307 and 308 within the origin for others. */
export const followRedirects: Middleware = async (first, next) => {
  let request = first
  let endBefore = (): void => {}
  for (let hop = 0; ; hop += 1) {
    let reply: HttpReply
    try {
      reply = await next(request)
    } catch (error) {
      // Behind a redirect the first server has seen the request, whatever became of the next one.
      if (hop === 0 || !(error instanceof NetworkError) || error.sent) throw error
      throw new NetworkError(error.kind, error.message, { sent: true, hint: error.hint, cause: error })
    } finally {
      endBefore()
    }
    const url = target(request, reply)
    if (url === undefined) return reply
    const refused =
      hop < redirectsMax ? refusal(request.url, url) : `it redirects more than ${redirectsMax} times`
    if (refused !== undefined) {
      breakOff(reply)
      throw new NetworkError('redirect', refused, { sent: true })
    }
    endBefore = passOver(reply)
    request = { ...request, url }
  }
}
