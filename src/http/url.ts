/** URLs as text: a server's URL is opaque, so it is split and joined, never decoded and encoded again. */
import { BlockList, isIPv4 } from 'node:net'

// Controls, separators, and the marks that reorder text on a terminal: a server's URL must not move our cursor.
const unprintable = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g

/** As a base that paths are joined to as text, and servers are compared by. */
export const withoutEndSlashes = (url: string): string => url.replace(/\/+$/, '')

/** Without user info, query and fragment, for messages and logs: a query may be a credential. */
export const withoutQuery = (url: string): string =>
  url
    .replace(/[?#].*$/s, '')
    // Parsers take any number of slashes of either kind, and drop tabs and line ends between them.
    .replace(/^([a-z][a-z0-9+.-]*:[/\\\s]{2,})[^/\\]*@/i, '$1')
    .replace(unprintable, encodeURIComponent)

const absolute = /^[a-z][a-z0-9+.-]*:/i

/** A longer one is no address, characters; servers take some 8,000. */
export const urlMax = 64 * 1024

/** Where a URL leads. */
interface Place {
  origin: string
  host: string
}

// Of such a beginning depends alone whether the whole is a URL, and where it leads: no rest is wrong.
const plainBeginning = /^https?:\/\/[a-z\d.-]+(?::\d+)?(?=[/?#]|$)/i
/** By beginning: a manifest has a hundred thousand URLs of one place, and a parser takes microseconds for each. */
const places = new Map<string, Place | undefined>()
const placesMax = 1000

/** A URL, and what is known of it. */
interface Known {
  url: string
  isHttp: boolean
  place: Place | undefined
}

/** Each request asks some ten times in a row. */
let last: Known = { url: '', isHttp: false, place: undefined }

const known = (url: string): Known => {
  if (url === last.url) return last
  const place = placeOf(url)
  const isHttp = /^https?:\/\//i.test(url) && url.length <= urlMax && place !== undefined
  last = { url, isHttp, place }
  return last
}

const parsed = (url: string): Place | undefined => {
  if (!URL.canParse(url)) return undefined
  const { origin, hostname } = new URL(url)
  return { origin, host: hostname.replace(/^\[|\]$/g, '') }
}

/** Undefined when it is no URL. */
const placeOf = (url: string): Place | undefined => {
  const beginning = plainBeginning.exec(url)?.[0]
  if (beginning === undefined) return parsed(url)
  const known = places.get(beginning)
  if (known) return known
  if (places.size >= placesMax) places.clear()
  const place = parsed(beginning)
  places.set(beginning, place)
  return place
}

export const isHttp = (url: string): boolean => known(url).isHttp

/** Scheme, host and port, in lower case, default ports left out. Undefined when it is no http(s) URL. */
export const originOf = (url: string): string | undefined =>
  isHttp(url) ? known(url).place?.origin : undefined

/** A bracketless host name in lower case. Throws where there is no URL. */
export const hostOf = (url: string): string => known(url).place?.host ?? new URL(url).hostname

/** 127.0.0.0/8, ::1 and localhost: what never leaves the machine. */
export const isLoopback = (url: string): boolean => {
  const host = hostOf(url)
  return (
    host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
  )
}

const privateRanges = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // carriers' own, and metadata at 100.100.100.200
  ['127.0.0.0', 8],
  ['169.254.0.0', 16], // link-local: cloud metadata
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3], // multicast, reserved, broadcast
] as const)
  privateRanges.addSubnet(network, prefix, 'ipv4')
for (const [network, prefix] of [
  ['::', 96], // unspecified, loopback, IPv4-compatible
  ['64:ff9b:1::', 48],
  ['fc00::', 7],
  ['fe80::', 9], // link-local, and what was site-local
  ['ff00::', 8],
] as const)
  privateRanges.addSubnet(network, prefix, 'ipv6')

/** The eight numbers of an IPv6 address as URLs have it, in hexadecimal. */
const groupsOf = (host: string): number[] => {
  const [left = [], right = []] = host.split('::').map((half) => (half === '' ? [] : half.split(':')))
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16))
}

/** The IPv4 address inside of an IPv6 one, for translators and tunnels: `64:ff9b::a.b.c.d`, `2002:aabb:ccdd::`, Teredo. */
const embedded = (host: string): string | undefined => {
  const groups = groupsOf(host)
  const ofTwo = (at: number, mask = 0): string =>
    groups
      .slice(at, at + 2)
      .flatMap((group) => [(group ^ mask) >> 8, (group ^ mask) & 0xff])
      .join('.')
  if (/^64:ff9b::/.test(host)) return ofTwo(6)
  if (groups[0] === 0x2002) return ofTwo(1)
  return groups[0] === 0x2001 && groups[1] === 0 ? ofTwo(6, 0xffff) : undefined
}

/**
 * A literal address that is nobody's on the internet: private, loopback, link-local (cloud metadata), in whatever
 * spelling; and localhost. Names that a resolver turns into such addresses are not looked up here.
 */
export const isPrivateAddress = (url: string): boolean => {
  const host = hostOf(url).replace(/\.+$/, '')
  if (host === 'localhost' || host.endsWith('.localhost')) return true
  // In a URL that was parsed, nothing else has one.
  if (!host.includes(':')) return isIPv4(host) && privateRanges.check(host, 'ipv4')
  const inner = embedded(host)
  if (inner !== undefined && privateRanges.check(inner, 'ipv4')) return true
  // IPv4-mapped addresses (::ffff:a.b.c.d) are checked as what they stand for.
  return privateRanges.check(host, 'ipv6')
}

/** Path and query as they stand in the text, for the request line; anything beyond ASCII is percent-encoded. */
export const requestTarget = (url: string): string => {
  const whole = url.replace(/^[a-z]+:\/\/[^/?#]*/i, '')
  const fragment = whole.indexOf('#')
  const rest = fragment === -1 ? whole : whole.slice(0, fragment)
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
  const hasDots = /(^|\/)\.\.?(\/|$)/.test(text.replace(/[?#].*$/s, ''))
  // What no resolver takes, such as `\\\\[/..`, is left as it is, and then is no address.
  if (hasDots) return URL.canParse(text, base) ? new URL(text, base).href : text
  if (text.startsWith('/')) return scheme + authority + text
  if (text.startsWith('?')) return scheme + authority + path + text
  return `${scheme}${authority}${path.slice(0, path.lastIndexOf('/') + 1) || '/'}${text}`
}

const jobParameter = /^_?(?:job|task|export|request)?_?id$|^job$/i

/**
 * A status URL as a command needs it: the query stays where it only names the job (`_jobId`, `_id`, `job`), for without
 * it nothing could be asked. Any other query goes, for it may be a credential.
 */
export const withJobQuery = (url: string): string => {
  const query = url.split('#', 1)[0]?.split('?')[1]
  const names = query?.split('&').map((pair) => pair.split('=', 1)[0] ?? '')
  return names?.every((name) => jobParameter.test(name)) ? `${withoutQuery(url)}?${query}` : withoutQuery(url)
}
