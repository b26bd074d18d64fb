/** A client and a scripted token endpoint, for one test; and the secrets that nobody may ever read. */
import { generateKeyPairSync } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { type CredentialsDeps, credentialsFor } from '../../src/auth/credentials-for.js'
import type { AuthMethod, AuthNotice, BackendServices, ClientSecret } from '../../src/auth/method.js'
import { BulkxError } from '../../src/errors.js'
import { type FakeClock, fakeClock } from '../helpers/fake-clock.js'
import { type Asked, fhirUrl, type Reply, type Script, scriptedServer } from '../helpers/scripted-server.js'

export const tokenUrl = 'https://auth.example/token'
/** Characters that forms and URLs have to encode. */
export const secret = 'p&ss+w0rd/ =%:ü'

export const newElliptic = (namedCurve = 'P-384'): { pem: string; publicPem: string } => {
  const made = generateKeyPairSync('ec', {
    namedCurve,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return { pem: made.privateKey, publicPem: made.publicKey }
}

export const newRsa = (modulusLength = 2048): { pem: string; publicPem: string } => {
  const made = generateKeyPairSync('rsa', {
    modulusLength,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return { pem: made.privateKey, publicPem: made.publicKey }
}

export const elliptic = newElliptic()
export const rsa = newRsa()

export const backendServices = (differences: Partial<BackendServices> = {}): BackendServices => ({
  kind: 'backend-services',
  clientId: 'client-1',
  readKey: async () => elliptic.pem,
  tokenUrl,
  ...differences,
})

export const clientSecret = (
  kind: ClientSecret['kind'],
  differences: Partial<ClientSecret> = {},
): ClientSecret => ({ kind, clientId: 'client-1', readSecret: async () => secret, tokenUrl, ...differences })

/** Tokens by number, from 1, that live an hour. */
export const numbered = (_asked: Asked, number: number): Reply => ({
  body: { access_token: `token-${number + 1}`, token_type: 'bearer', expires_in: 3600 },
})

export interface Party {
  clock: FakeClock
  server: ReturnType<typeof scriptedServer>
  credentials: ReturnType<typeof credentialsFor>
  notices: AuthNotice[]
  /** The token requests, their forms read. */
  asked(): { form: Record<string, string>; headers: Record<string, string>; at: number }[]
}

export const party = (
  method: AuthMethod,
  routes: Record<string, Script> = { [`POST ${tokenUrl}`]: numbered },
  more: Partial<CredentialsDeps> = {},
): Party => {
  const clock = fakeClock()
  const server = scriptedServer(clock, routes)
  const notices: AuthNotice[] = []
  const credentials = credentialsFor(method, {
    exchange: server.exchange,
    clock,
    random: () => 0,
    fhirUrl,
    onNotice: (notice) => notices.push(notice),
    ...more,
  })
  const asked = () =>
    server.asked('POST').map(({ body, headers, at }) => ({
      form: Object.fromEntries(new URLSearchParams(body)),
      headers,
      at,
    }))
  return { clock, server, credentials, notices, asked }
}

/** Header and claims of an assertion. */
export const assertionOf = ({ form }: { form: Record<string, string> }) => ({
  header: decodeProtectedHeader(form.client_assertion ?? ''),
  claims: decodeJwt(form.client_assertion ?? ''),
})

/** What a promise rejects with. */
export const failure = async (promise: Promise<unknown>): Promise<BulkxError> => {
  const error = await promise.then(
    () => new Error('nothing was thrown'),
    (thrown: unknown) => thrown,
  )
  if (error instanceof BulkxError) return error
  throw error
}

/** Everything that a person or a log could see of an error, its causes included. */
export const visible = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const own = `${error.message}\n${error.stack}\n${JSON.stringify(error)}`
  return error.cause === undefined ? own : `${own}\n${visible(error.cause)}`
}
