/** A client's side of SMART Backend Services, written from the specification: keys, assertions, token requests. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
} from 'node:crypto'
import { type JWTPayload, SignJWT } from 'jose'
import type { Client, Jwks, Mock } from '../../src/mock/index.js'
import type { FakeClock } from '../helpers/fake-clock.js'
import { ask, FHIR, ORIGIN, pretend } from './conversation.js'

export const TOKEN_URL = `${ORIGIN}/auth/token`
export const CLIENT = 'client-1'
export const SECRET = 'p&ss wörd:1+1'
export const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

const pairOf = (privatePem: string, kid: string, alg: string) => {
  const key = createPrivateKey(privatePem)
  const jwk = createPublicKey(privatePem).export({ format: 'jwk' })
  return { key, kid, alg, jwk: { ...jwk, kid, alg, use: 'sig' } as Jwks['keys'][number] }
}

// By way of PEM: a freshly generated key exported as JWK can hang on Node 20.
const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }) as string
const ellipticPem = () => pemOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey)
const rsaPem = () => pemOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)

export const elliptic = pairOf(ellipticPem(), 'ec-1', 'ES384')
export const rsa = pairOf(rsaPem(), 'rsa-1', 'RS384')
/** Says that it is the registered key. */
export const impostor = pairOf(ellipticPem(), 'ec-1', 'ES384')

export const client = (differences: Partial<Client> = {}): Client => ({
  id: CLIENT,
  jwks: { keys: [elliptic.jwk, rsa.jwk] },
  secret: SECRET,
  ...differences,
})

type Pretence = NonNullable<Parameters<typeof pretend>[0]>

/** A mock that wants tokens, and a clock of its own. */
export const guarded = (options: Pretence = {}) => pretend({ clients: [client()], ...options })

export interface Assertion {
  key?: { key: KeyObject | Uint8Array; kid: string; alg: string }
  header?: Record<string, unknown>
  /** `undefined` leaves a claim out. */
  claims?: Record<string, unknown>
}

/** A signed assertion, a right one but for what is said. */
export const assertion = (clock: FakeClock, { key = elliptic, header, claims }: Assertion = {}) => {
  const now = Math.floor(clock.now() / 1000)
  const right = { iss: CLIENT, sub: CLIENT, aud: TOKEN_URL, exp: now + 240, iat: now, jti: randomUUID() }
  const payload = JSON.parse(JSON.stringify({ ...right, ...claims })) as JWTPayload
  return new SignJWT(payload)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'JWT', ...header })
    .sign(key.key)
}

/** Parameters of a token request; `undefined` leaves one out. */
export type Fields = Record<string, string | undefined>

export const post = (
  mock: Mock,
  parameters: Fields,
  headers: Record<string, string> = {},
  url = TOKEN_URL,
): Promise<Response> => {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) form.append(name, value)
  return ask(mock, url, { method: 'POST', body: form, headers: { accept: 'application/json', ...headers } })
}

export const basic = (id = CLIENT, secret = SECRET): Record<string, string> => {
  const [first, second] = [id, secret].map((part) => encodeURIComponent(part))
  return { authorization: `Basic ${Buffer.from(`${first}:${second}`).toString('base64')}` }
}

export const clientCredentials: Fields = { grant_type: 'client_credentials', scope: 'system/*.rs' }

/** A token request by private_key_jwt, a right one but for what is said. */
export const request = async (
  { mock, clock }: { mock: Mock; clock: FakeClock },
  parameters: Fields = {},
  wrong: Assertion = {},
): Promise<Response> =>
  post(mock, {
    ...clientCredentials,
    client_assertion_type: JWT_BEARER,
    client_assertion: await assertion(clock, wrong),
    ...parameters,
  })

export interface TokenJson {
  access_token: string
  token_type?: unknown
  expires_in?: unknown
  scope?: string
}

export const tokenJson = async (response: Response): Promise<TokenJson> => {
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`)
  return (await response.json()) as TokenJson
}

/** A fresh token. */
export const tokenFor = async (
  server: { mock: Mock; clock: FakeClock },
  scope = 'system/*.rs',
): Promise<string> => (await tokenJson(await request(server, { scope }))).access_token

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** The headers of a kick-off with a token. */
export const kickOffWith = (token: string): RequestInit => ({
  headers: { accept: 'application/fhir+json', prefer: 'respond-async', ...bearer(token) },
})

export const kickOff = (mock: Mock, path: string, token: string): Promise<Response> =>
  ask(mock, `${FHIR}/${path}`, kickOffWith(token))

/** The error of a refused token request: its status, code, and words. */
export const errorOf = async (
  response: Response,
): Promise<[status: number, error: unknown, words: string]> => {
  const { error, error_description } = (await response.json()) as Record<string, unknown>
  return [response.status, error, String(error_description)]
}
