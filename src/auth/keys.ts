/** Private keys for signing, from PEM, JWK or JWKS: read, checked, and named in public. */

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import type { CryptoKey, JWK } from 'jose'
import { BulkxError } from '../errors.js'
import { isObject, scalarText } from '../json.js'

export type { CryptoKey, JWK } from 'jose'

export interface SigningKey {
  privateKey: CryptoKey
  alg: string
  kid: string
  /** The public half with `kid`, `alg` and `use`, as a key set publishes it. */
  publicJwk: JWK
}

/** What the user says about the key; wins over what the file says. */
export interface KeyChoice {
  kid?: string
  alg?: string
}

/** Bits of an RSA modulus below which servers refuse a key, RFC 7518, 3.3. */
const rsaBitsMin = 2048

/** No `cause` anywhere here: what parsers say about a key file quotes it. */
const unusable = (message: string, hint = 'check `--key`'): BulkxError =>
  new BulkxError('BULKX_CONFIG', message, { hint })

const fromPublic = 'give the private key; the public one is for the server (`bulkx auth jwks`)'

const algsByCurve: Record<string, string[]> = {
  secp384r1: ['ES384'],
  prime256v1: ['ES256'],
  secp521r1: ['ES512'],
}

/** Algorithms that a key can sign with, the one that SMART prefers first; empty when there are none. */
const algsOf = (key: KeyObject): string[] => {
  if (key.asymmetricKeyType === 'rsa') return ['RS384', 'RS256', 'RS512', 'PS384', 'PS256', 'PS512']
  if (key.asymmetricKeyType !== 'ec') return []
  return algsByCurve[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? []
}

const chooseAlg = (key: KeyObject, wanted: string | undefined): string => {
  const algs = algsOf(key)
  const kind = key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType ?? 'unknown'
  const [preferred] = algs
  if (preferred === undefined) {
    throw unusable(
      `The key is of a kind that SMART does not use (${kind})`,
      'make one with `bulkx auth keygen`',
    )
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? rsaBitsMin
  if (bits < rsaBitsMin) {
    throw unusable(
      `The RSA key has ${bits} bits, servers want at least ${rsaBitsMin}`,
      'make one with `bulkx auth keygen`',
    )
  }
  if (wanted === undefined) return preferred
  if (!algs.includes(wanted)) {
    throw unusable(
      `The key cannot sign with ${wanted}, it is of the kind ${kind}`,
      `use --alg ${preferred}, or another key`,
    )
  }
  return wanted
}

interface Found {
  key: KeyObject
  kid?: string
  alg?: string
}

const pemBlock = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g

const fromPem = (text: string): Found => {
  const blocks = [...text.matchAll(pemBlock)].map(([block, label = '']) => ({ block, label }))
  const usable = blocks.find(({ label }) => /^((RSA|EC) )?PRIVATE KEY$/.test(label))
  if (blocks.some(({ label }) => label === 'ENCRYPTED PRIVATE KEY') || usable?.block.includes('ENCRYPTED')) {
    throw unusable(
      'The key is encrypted with a passphrase',
      'decrypt it first: openssl pkey -in <file> -out <new file>',
    )
  }
  if (usable === undefined) {
    const labels = blocks.map(({ label }) => label)
    if (labels.some((label) => label.endsWith('PUBLIC KEY')))
      throw unusable('The key is a public key', fromPublic)
    if (labels.includes('CERTIFICATE')) throw unusable('The key is a certificate', fromPublic)
    if (labels.includes('OPENSSH PRIVATE KEY')) {
      throw unusable(
        'The key is in the format of OpenSSH',
        'convert it: ssh-keygen -p -m PKCS8 -f <copy of the file>',
      )
    }
    throw unusable('The key is neither PEM nor JWK nor JWKS')
  }
  try {
    return { key: createPrivateKey(usable.block) }
  } catch {
    throw unusable('The key is a broken PEM file')
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** A JWK may say what it is for: encryption keys stand in the same sets. */
const signs = (jwk: Record<string, unknown>): boolean =>
  (jwk.use === undefined || jwk.use === 'sig') &&
  (!Array.isArray(jwk.key_ops) || jwk.key_ops.includes('sign')) &&
  (jwk.alg === undefined || /^(RS|PS|ES)(256|384|512)$/.test(scalarText(jwk.alg)))

const fromJwk = (jwk: Record<string, unknown>): Found => {
  if (jwk.kty === 'oct') throw unusable('The key is a shared secret, not a private key')
  if (typeof jwk.d !== 'string') throw unusable('The key has no private part', fromPublic)
  if (!signs(jwk)) throw unusable('The key is not for signing, says its own use, key_ops or alg')
  try {
    const key = createPrivateKey({ key: jwk, format: 'jwk' })
    return { key, kid: text(jwk.kid), alg: text(jwk.alg) }
  } catch {
    throw unusable('The key is a broken JWK')
  }
}

const fits = (jwk: Record<string, unknown>, alg: string): boolean => {
  try {
    return algsOf(fromJwk(jwk).key).includes(alg)
  } catch {
    return false
  }
}

const fromJwks = (keys: unknown[], { kid, alg }: KeyChoice): Found => {
  const all = keys.filter(isObject)
  const secret = all.filter((jwk) => typeof jwk.d === 'string' && signs(jwk))
  if (secret.length === 0) throw unusable('The key set has no private key for signing', fromPublic)
  const kids = secret.map((jwk) => JSON.stringify(jwk.kid ?? '')).join(', ')
  const named = kid === undefined ? secret : secret.filter((jwk) => jwk.kid === kid)
  if (named.length === 0) {
    throw unusable(`The key set has no private key with the kid ${JSON.stringify(kid)}`, `its kids: ${kids}`)
  }
  const fitting = alg === undefined || named.length === 1 ? named : named.filter((jwk) => fits(jwk, alg))
  const [only, ...others] = fitting
  if (only === undefined) throw unusable(`The key set has no private key for ${alg}`, `its kids: ${kids}`)
  if (others.length > 0)
    throw unusable('The key set has several private keys', `choose one with --kid: ${kids}`)
  return fromJwk(only)
}

const fromJson = (source: string, choice: KeyChoice): Found => {
  let json: unknown
  try {
    json = JSON.parse(source)
  } catch {
    throw unusable('The key is broken JSON')
  }
  if (isObject(json) && Array.isArray(json.keys)) return fromJwks(json.keys, choice)
  if (isObject(json) && typeof json.kty === 'string') return fromJwk(json)
  throw unusable('The key is JSON, but neither JWK nor JWKS')
}

/** The members of a public JWK, by kind of key: all that may ever be published. */
const publicMembers = ['kty', 'crv', 'x', 'y', 'n', 'e'] as const

const publicHalf = (pkcs8: string): JWK => {
  // From PEM, not from the key object: exporting a key that was just made can deadlock on Node 20.
  const jwk: Record<string, unknown> = { ...createPublicKey(pkcs8).export({ format: 'jwk' }) }
  return Object.fromEntries(publicMembers.filter((name) => name in jwk).map((name) => [name, jwk[name]]))
}

/**
 * Reads a private key: PKCS #8, PKCS #1 or SEC 1 in PEM, a JWK, or the key of a JWKS that `kid` names or that alone
 * fits. Its `kid` is the given one, the file's, or the RFC 7638 thumbprint; its `alg` the given one, the file's, or
 * RS384 for RSA and ES384 for P-384. Rejects with `BULKX_CONFIG`; no message quotes the file.
 */
export const readSigningKey = async (source: string, choice: KeyChoice = {}): Promise<SigningKey> => {
  const trimmed = source.replace(/^\ufeff/, '').trim()
  if (trimmed === '') throw unusable('The key file is empty')
  const found = trimmed.startsWith('{') ? fromJson(trimmed, choice) : fromPem(trimmed)
  const alg = chooseAlg(found.key, choice.alg ?? found.alg)
  const pkcs8 = found.key.export({ type: 'pkcs8', format: 'pem' }).toString()
  const bare = publicHalf(pkcs8)
  // Loaded by those who have a key: seventy files.
  const { calculateJwkThumbprint, importPKCS8 } = await import('jose')
  const kid = choice.kid ?? found.kid ?? (await calculateJwkThumbprint(bare))
  const privateKey = await importPKCS8(pkcs8, alg)
  return { privateKey, alg, kid, publicJwk: { ...bare, kid, alg, use: 'sig', key_ops: ['verify'] } }
}

/** The text of a JWKS with the public half of `keys`: what is registered with a server, or published. */
export const publicJwks = (...keys: SigningKey[]): string =>
  `${JSON.stringify({ keys: keys.map(({ publicJwk }) => publicJwk) }, undefined, 2)}\n`
