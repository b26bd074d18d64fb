/** Health data, and what proves who we are, go to a store by https alone, or stay on this machine. */
import { BulkxError } from '../../errors.js'

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/

/** Throws `BULKX_CONFIG`. `name`: the variable that the endpoint comes from. */
export const assertSecureEndpoint = (endpoint: string, name: string): void => {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback.test(url.hostname))) return
  throw new BulkxError('BULKX_CONFIG', `${name} is no https URL`, {
    hint: 'health data goes to stores by https only; http is for this very machine (localhost)',
  })
}
