/** Check: which proxy stands between us and the server. */
import type { NetworkConfig } from '../config.js'
import { hostOf, withoutQuery } from '../http/url.js'
import { ok, type Verdict } from './check.js'
import type { Doctor } from './doctor.js'

const portOf = (url: string): string => {
  const { port, protocol } = new URL(url)
  return port || (protocol === 'https:' ? '443' : '80')
}

/** As the HTTP client reads `NO_PROXY`: hosts and what is below them, with or without a port. */
const isExcluded = (url: string, list: string | undefined): boolean => {
  if (list === undefined) return false
  if (list === '*') return true
  const host = hostOf(url)
  return list.split(/[,\s]/).some((entry) => {
    const [, name = entry, port] = /^(.+):(\d+)$/.exec(entry) ?? []
    if (name === '' || (port !== undefined && port !== portOf(url))) return false
    const bare = name.replace(/^\*?\./, '').toLowerCase()
    return host === bare || host.endsWith(`.${bare}`)
  })
}

/** The proxy for a URL, and what names it; user name and password left out. */
export const proxyFor = (
  url: string,
  { proxy, environmentProxy }: Pick<NetworkConfig, 'proxy' | 'environmentProxy'>,
): { url: string; source: string } | { excluded: true } | undefined => {
  if (proxy !== undefined) return { url: withoutQuery(proxy), source: '--proxy' }
  const { http, https, no } = environmentProxy ?? {}
  const isHttps = /^https:/i.test(url)
  const [value, source] = isHttps && https ? [https, 'HTTPS_PROXY'] : [http, 'HTTP_PROXY']
  if (value === undefined) return undefined
  return isExcluded(url, no) ? { excluded: true } : { url: withoutQuery(value), source }
}

export const proxy = ({ config }: Doctor): Verdict => {
  const found = proxyFor(config.fhirUrl, config.network)
  if (found === undefined) return ok('none')
  if ('excluded' in found) return ok(`none for ${hostOf(config.fhirUrl)}, says NO_PROXY`)
  return ok(`${found.url}, from ${found.source}`)
}
