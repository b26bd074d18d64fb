/** How a client proves to a token endpoint who it is: strategies as closures, one for each way of RFC 6749 and SMART. */
import { randomUUID } from 'node:crypto'
import type { CryptoKey } from 'jose'
import { signerFrom } from './held-keys.js'
import type { KeyChoice } from './keys.js'

/** What is sent along with one token request. */
export interface ClientProof {
  headers: Record<string, string>
  parameters: Record<string, string>
  /** What must not be shown, should the server repeat it. */
  secrets: string[]
  /** What was claimed, for a person who compares it with what is registered; no secrets. */
  claims: string
  /** What to check when the server will not have it. */
  advice: string
  /** It is good for some minutes around `now` only. */
  timed: boolean
}

/** `now`: epoch milliseconds, by the server's clock as far as it is known. Rejects with `BULKX_CONFIG`. */
export type ClientAuthentication = (at: { tokenUrl: string; now: number }) => Promise<ClientProof>

/** Servers refuse an assertion that was made in the future by their clock. */
const issuedBackMs = 10_000
/** SMART: no more than five minutes. Less leaves room for clocks that differ a little. */
const assertionLifetimeMs = 4 * 60_000

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export interface SignedAssertionOptions extends KeyChoice {
  clientId: string
  readKey: () => Promise<string | CryptoKey>
  /** Default: the token URL to the letter. */
  audience?: string
}

/** SMART Backend Services: a fresh assertion each time, its `jti` never used before. */
export const signedAssertion = (options: SignedAssertionOptions): ClientAuthentication => {
  const { clientId, readKey, audience, kid, alg } = options
  return async ({ tokenUrl, now }) => {
    const key = await signerFrom(await readKey(), { kid, alg })
    const { SignJWT } = await import('jose')
    const aud = audience ?? tokenUrl
    const issuedAt = Math.floor((now - issuedBackMs) / 1000)
    const assertion = await new SignJWT({
      iss: clientId,
      sub: clientId,
      aud,
      jti: randomUUID(),
      iat: issuedAt,
      exp: issuedAt + assertionLifetimeMs / 1000,
    })
      .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'JWT' })
      .sign(key.privateKey)
    return {
      headers: {},
      parameters: { client_assertion_type: assertionType, client_assertion: assertion },
      secrets: [assertion],
      claims: `iss and sub ${clientId}, aud ${aud}, kid ${key.kid}, alg ${key.alg}`,
      advice:
        'check --client-id, --audience, and that the public key with this kid is registered; a server that reads key sets nightly knows a new key a day later',
      timed: true,
    }
  }
}

export interface ClientSecretOptions {
  clientId: string
  readSecret: () => Promise<string>
}

/** RFC 6749, 2.3.1: what stands in a form, also inside the header; letters, digits and -._~ stay as they are. */
const formEncoded = (text: string): string =>
  new URLSearchParams({ t: text }).toString().slice(2).replaceAll('%7E', '~')

export const secretInHeader =
  ({ clientId, readSecret }: ClientSecretOptions): ClientAuthentication =>
  async () => {
    const secret = await readSecret()
    const encoded = Buffer.from(`${formEncoded(clientId)}:${formEncoded(secret)}`).toString('base64')
    return {
      headers: { authorization: `Basic ${encoded}` },
      parameters: {},
      secrets: [secret, encoded],
      claims: `client id ${clientId}, with its secret in the Authorization header`,
      advice: 'check --client-id and the secret; some servers want --auth client-secret-post',
      timed: false,
    }
  }

export const secretInBody =
  ({ clientId, readSecret }: ClientSecretOptions): ClientAuthentication =>
  async () => {
    const secret = await readSecret()
    return {
      headers: {},
      parameters: { client_id: clientId, client_secret: secret },
      secrets: [secret],
      claims: `client id ${clientId}, with its secret among the parameters`,
      advice: 'check --client-id and the secret; some servers want --auth client-secret-basic',
      timed: false,
    }
  }
