/** URLs as text: a server's URL is opaque, so it is split and joined, never decoded and encoded again. */

/** Without user info, query and fragment, for messages and logs: a query may be a credential. */
export const withoutQuery = (url: string): string =>
  url.replace(/[?#].*$/s, '').replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, '$1')

const absolute = /^[a-z][a-z0-9+.-]*:/i

export const isHttp = (url: string): boolean => /^https?:\/\//i.test(url) && URL.canParse(url)

/** Scheme, host and port, in lower case, default ports left out. Undefined when it is no http(s) URL. */
export const originOf = (url: string): string | undefined => (isHttp(url) ? new URL(url).origin : undefined)

/** A bracketless host name in lower case. */
export const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[|\]$/g, '')

/** 127.0.0.0/8, ::1 and localhost: what never leaves the machine. */
export const isLoopback = (url: string): boolean => {
  const host = hostOf(url)
  return (
    host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
  )
}

/** Path and query as they stand in the text, for the request line; anything beyond ASCII is percent-encoded. */
export const requestTarget = (url: string): string => {
  const rest = url.replace(/^[a-z]+:\/\/[^/?#]*/i, '').replace(/#.*$/s, '')
  const path = rest.startsWith('/') ? rest : `/${rest}`
  return path.replace(/[^\x21-\x7e]+/g, (text) => encodeURIComponent(text.toWellFormed()))
}

/** The same URL with `https:`. */
export const asHttps = (url: string): string =>
  url.replace(/^http:\/\/([^/?#]*?)(:80)?(?=[/?#]|$)/i, 'https://$1')

/**
 * A reference from the server against the URL it came from: absolute ones are kept to the letter, others are
 * joined as text. Dot segments are the exception: those need a resolver.
 */
export const resolveUrl = (reference: string, base: string): string => {
  const text = reference.trim()
  if (absolute.test(text)) return text
  const [, scheme = '', authority = '', path = ''] = /^([a-z]+:)(\/\/[^/?#]*)([^?#]*)/i.exec(base) ?? []
  if (text.startsWith('//')) return scheme + text
  if (/(^|\/)\.\.?(\/|$)/.test(text.replace(/[?#].*$/s, ''))) return new URL(text, base).href
  if (text.startsWith('/')) return scheme + authority + text
  if (text.startsWith('?')) return scheme + authority + path + text
  return `${scheme}${authority}${path.slice(0, path.lastIndexOf('/') + 1) || '/'}${text}`
}
