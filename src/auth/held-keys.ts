/** Keys that a program holds: besides texts those of WebCrypto, whose private half need not leave them. */
import type { CryptoKey, JWK } from 'jose'
import { BulkxError } from '../errors.js'
import { isObject, scalarText } from '../json.js'
import { type KeyChoice, readSigningKey, type SigningKey } from './keys.js'

/** What signs; what may be published of it is known to whoever made it. */
export type Signer = Pick<SigningKey, 'privateKey' | 'alg' | 'kid'>

const unusable = (message: string, hint: string): BulkxError =>
  new BulkxError('BULKX_CONFIG', message, { hint })

const prefixes: Record<string, string> = { 'RSASSA-PKCS1-v1_5': 'RS', 'RSA-PSS': 'PS' }
const curves: Record<string, string> = { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' }

/** WebCrypto fixes the algorithm when a key is made. */
const algOf = ({ algorithm }: CryptoKey): string | undefined => {
  const { hash, namedCurve }: Record<string, unknown> = { ...algorithm }
  const { name } = algorithm
  if (name === 'ECDSA') return curves[scalarText(namedCurve)]
  const bits = isObject(hash) ? /^SHA-(256|384|512)$/.exec(scalarText(hash.name))?.[1] : undefined
  const prefix = prefixes[name]
  return prefix === undefined || bits === undefined ? undefined : `${prefix}${bits}`
}

const assertSigns = (key: CryptoKey, wanted: string | undefined): string => {
  if (key.type !== 'private' || !key.usages.includes('sign')) {
    throw unusable('The key is no private key for signing', 'give a private CryptoKey with the usage "sign"')
  }
  const alg = algOf(key)
  if (alg === undefined) {
    const hint = 'ECDSA with P-384, or RSASSA-PKCS1-v1_5 with SHA-384, is what servers take'
    throw unusable(`The key is of a kind that SMART does not use (${key.algorithm.name})`, hint)
  }
  if (wanted !== undefined && wanted !== alg) {
    throw unusable(`The key cannot sign with ${wanted}, it is made for ${alg}`, 'leave --alg out')
  }
  return alg
}

/**
 * The key to sign with: from the text of a PEM, JWK or JWKS, or a private `CryptoKey`. One that cannot be extracted
 * needs a `kid`. Rejects with `BULKX_CONFIG`; no message quotes the key.
 */
export const signerFrom = async (source: string | CryptoKey, choice: KeyChoice = {}): Promise<Signer> => {
  if (typeof source === 'string') return readSigningKey(source, choice)
  const alg = assertSigns(source, choice.alg)
  if (source.extractable) {
    const jwk: JWK = await crypto.subtle.exportKey('jwk', source)
    return readSigningKey(JSON.stringify(jwk), { ...choice, alg })
  }
  if (choice.kid === undefined) {
    throw unusable(
      'A key that cannot be extracted does not show its kid',
      'name with --kid what is registered',
    )
  }
  return { privateKey: source, alg, kid: choice.kid }
}
