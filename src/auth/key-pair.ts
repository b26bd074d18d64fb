/** New key pairs, as texts to be stored: the private half for us, the public key set for the server. */
import { createPrivateKey, generateKeyPair as generate } from 'node:crypto'
import { publicJwks, readSigningKey } from './keys.js'

export type KeyPairAlg = 'ES384' | 'RS384'

export interface KeyPair {
  alg: KeyPairAlg
  /** RFC 7638 thumbprint. */
  kid: string
  /** PKCS #8. */
  privatePem: string
  privateJwk: string
  publicJwks: string
}

/** NIST SP 800-57: as strong as P-256, good beyond 2030. */
const rsaBits = 3072

const encodings = {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
} as const

// As PEM, never as key objects: exporting a key that was just made as JWK can deadlock on Node 20.
const newPem = (alg: KeyPairAlg): Promise<string> =>
  new Promise((resolve, reject) => {
    const done = (error: Error | null, _public: string, pem: string): void =>
      error ? reject(error) : resolve(pem)
    if (alg === 'ES384') generate('ec', { namedCurve: 'P-384', ...encodings }, done)
    else generate('rsa', { modulusLength: rsaBits, ...encodings }, done)
  })

/** Makes a key pair for signing assertions. Nothing is written anywhere. */
export const generateKeyPair = async (alg: KeyPairAlg): Promise<KeyPair> => {
  const privatePem = await newPem(alg)
  const key = await readSigningKey(privatePem, { alg })
  const secret = { ...createPrivateKey(privatePem).export({ format: 'jwk' }), kid: key.kid, alg, use: 'sig' }
  const privateJwk = `${JSON.stringify({ ...secret, key_ops: ['sign'] }, undefined, 2)}\n`
  return { alg, kid: key.kid, privatePem, privateJwk, publicJwks: publicJwks(key) }
}
