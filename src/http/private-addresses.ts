/** Where a server on the internet may not send its clients: into the network that they stand in. */
import type { Middleware } from './exchange.js'
import { NetworkError } from './network-error.js'
import { isPrivateAddress, originOf, withoutQuery } from './url.js'

/**
 * Refuses requests, those behind redirects too, to literal private addresses whose origins nobody has allowed.
 * Stands below the redirects and only where the FHIR base is at no such address itself; what a name resolves to is
 * the business of the resolver.
 */
export const refusePrivateAddresses =
  (allowedOrigins: readonly string[]): Middleware =>
  async (request, next) => {
    const origin = originOf(request.url) ?? ''
    if (origin === '' || !isPrivateAddress(request.url) || allowedOrigins.includes(origin))
      return next(request)
    const message = `${withoutQuery(request.url)} is at a private address, and the FHIR server is not`
    const hint = `if it is meant to be there: --trust-origin ${origin}, which lets it see the credential too`
    throw new NetworkError('private', message, { sent: false, hint })
  }
