/** Which file a signed URL is of: the URL without what is made anew at each signing. Pure. */

interface Signing {
  /** The parameters that tell it, in lower case. */
  by: readonly string[]
  /** What it adds to a URL. */
  adds: RegExp
}

/**
 * Object stores, by their documentation: the path, and what else there is of a query, names the object. In turn S3 and
 * Google's storage (version 4), S3 (2), OSS, Google's storage (2), CloudFront, and Azure's SAS.
 */
const stores: readonly Signing[] = [
  { by: ['x-amz-signature'], adds: /^x-amz-/ },
  { by: ['x-goog-signature'], adds: /^x-goog-/ },
  {
    by: ['awsaccesskeyid', 'signature'],
    adds: /^(awsaccesskeyid|signature|expires|x-amz-security-token)$/,
  },
  { by: ['ossaccesskeyid', 'signature'], adds: /^(ossaccesskeyid|signature|expires|security-token)$/ },
  { by: ['googleaccessid', 'signature'], adds: /^(googleaccessid|signature|expires)$/ },
  { by: ['key-pair-id', 'signature'], adds: /^(key-pair-id|signature|expires|policy|hash-algorithm)$/ },
  {
    by: ['sv', 'sig'],
    adds: /^(s[veprt]|ss|srt|spr|sip|si|sig|sk(oid|tid|[tesv])|s[acu]oid|scid|sdd|ses|rsc[cdelt])$/,
  },
]

/** A server's own: only what is called a signature, and its end. */
const own: readonly Signing[] = [
  { by: ['sig'], adds: /^(sig|se|exp|expires)$/ },
  { by: ['signature'], adds: /^(signature|exp|expires)$/ },
]

const nameOf = (pair: string): string => pair.replace(/=.*$/s, '').toLowerCase()

const signingOf = (query: string, signings: readonly Signing[]): Signing | undefined => {
  const names = new Set(query.split('&').map(nameOf))
  return signings.find(({ by }) => by.every((name) => names.has(name)))
}

const queryOf = (url: string): string => {
  const start = url.indexOf('?')
  return start === -1 ? '' : url.slice(start + 1).replace(/#.*$/s, '')
}

/**
 * The URL without the parameters of a signature that is known here, the others kept as they stand: two URLs with the
 * same key are of one file. A URL without such a signature is its own key.
 */
export const fileKey = (url: string): string => {
  const query = queryOf(url)
  const signing = query === '' ? undefined : signingOf(query, [...stores, ...own])
  if (!signing) return url
  const kept = query.split('&').filter((pair) => !signing.adds.test(nameOf(pair)))
  const path = url.slice(0, url.indexOf('?'))
  return kept.length === 0 ? path : `${path}?${kept.join('&')}`
}

/** Signed as an object store signs: there is nothing in it but the object's name and the signature. */
export const isStoreSigned = (url: string): boolean => signingOf(queryOf(url), stores) !== undefined
