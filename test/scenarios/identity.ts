/** Signing in (A): what servers do, what a good client does, and the tests that prove it where tokens are tested. */
import type { Priority } from '../../src/mock/index.js'

export interface Proof {
  file: string
  /** As the file writes it: of a test, or of what its tests are about. */
  title: string
}

export interface IdentityRow {
  id: string
  priority: Priority
  server: string
  client: string
  exits: readonly number[]
  proofs: readonly Proof[]
}

const inAuth =
  (name: string) =>
  (title: string): Proof => ({ file: `test/auth/${name}.test.ts`, title })

const accessToken = inAuth('access-token')
const authorize = inAuth('authorize')
const clientCredentials = inAuth('client-credentials')
const discovery = inAuth('discovery')
const mock = inAuth('mock')
const tokenCache = inAuth('token-cache')

export const identityRows: readonly IdentityRow[] = [
  {
    id: 'A-01',
    priority: 'A',
    server: 'expires_in as a text, missing, 0, or ten years',
    client: 'reads a number, else takes a default',
    exits: [0],
    proofs: [accessToken('A-01 expires_in is %s')],
  },
  {
    id: 'A-02',
    priority: 'A',
    server: 'the first token request is answered by 400 invalid_client',
    client: 'stops, and says what was claimed: iss, aud, kid, alg, and the clock; never the key',
    exits: [3],
    proofs: [
      clientCredentials('A-02, A-13 invalid_client: final; what was claimed, and what to check'),
      tokenCache('A-02 a refusal is final, and not remembered'),
      mock('A-02 a key that is not registered: 3, and no kick-off'),
    ],
  },
  {
    id: 'A-03',
    priority: 'A',
    server: 'a renewal is answered by a bare 400, then by a token',
    client: 'tries again',
    exits: [0],
    proofs: [
      clientCredentials('A-03 a renewal: Epic answers a bare 400, then a token'),
      tokenCache('A-03 a renewal that is needed'),
    ],
  },
  {
    id: 'A-04',
    priority: 'A',
    server: 'invalid_scope',
    client: 'says which scopes were asked for, and names --scope',
    exits: [3],
    proofs: [
      clientCredentials('A-04 invalid_scope: the scopes asked for, and --scope'),
      clientCredentials('A-04 a scope that is required'),
    ],
  },
  {
    id: 'A-05',
    priority: 'A',
    server: 'fewer scopes are granted than were asked for',
    client: 'warns, and names what will be missing',
    exits: [0],
    proofs: [
      clientCredentials('A-05 fewer granted than asked: one notice that names the missing ones'),
      mock('A-05 a client with fewer scopes: a notice that names them'),
    ],
  },
  {
    id: 'A-06',
    priority: 'A',
    server: '401 with words about read and search scopes',
    client: 'shows the words, and names scopes in .rs',
    exits: [3],
    proofs: [clientCredentials('A-06 words about scopes: .rs is named')],
  },
  {
    id: 'A-07',
    priority: 'A',
    server: 'the token endpoint answers 429 and 503 with Retry-After, and text',
    client: 'waits',
    exits: [0],
    proofs: [
      clientCredentials('A-07 BCDA: 429 with Retry-After and text, 503 with 1, then a token'),
      mock('A-07 a busy token endpoint is waited for'),
    ],
  },
  {
    id: 'A-08',
    priority: 'B',
    server: 'token_type is missing, bearer, or BearerToken',
    client: 'sends Bearer',
    exits: [0],
    proofs: [accessToken('A-08 token_type %s')],
  },
  {
    id: 'A-09',
    priority: 'A',
    server: 'smart-configuration does not list what the server takes',
    client: 'goes on all the same',
    exits: [0],
    proofs: [discovery('A-09 what it does not claim does not matter; what it says of scopes is kept')],
  },
  {
    id: 'A-10',
    priority: 'B',
    server:
      'smart-configuration is not there, is a page, or names an endpoint that is relative or on another host',
    client: 'looks in the CapabilityStatement too, takes another host over https, else names --token-url',
    exits: [0, 3],
    proofs: [
      discovery('A-10 found'),
      discovery('A-10 not found'),
      clientCredentials('A-10 is discovered once'),
    ],
  },
  {
    id: 'A-11',
    priority: 'A',
    server: 'aud must be the token URL to the letter, or the FHIR base',
    client: 'sends the token URL, or what --audience says',
    exits: [0],
    proofs: [clientCredentials('A-11 aud: the token URL to the letter, or the option')],
  },
  {
    id: 'A-12',
    priority: 'B',
    server: 'jti is checked for replays, exp for five minutes, and the clock differs by minutes',
    client: 'sends a fresh jti each time, signs by the time of the server, and says so',
    exits: [0, 3],
    proofs: [
      clientCredentials('A-12 a fresh jti each time'),
      clientCredentials('A-12 the clock'),
      mock('A-12 a computer whose clock is wrong'),
    ],
  },
  {
    id: 'A-13',
    priority: 'A',
    server: 'the key is not yet known, for key sets are read at night',
    client: 'says so in the hint',
    exits: [3],
    proofs: [
      clientCredentials('A-02, A-13 invalid_client: final; what was claimed, and what to check'),
      mock('A-13 an error of the token endpoint in each style is told in its words'),
    ],
  },
  {
    id: 'A-14',
    priority: 'A',
    server: 'ES384 only, RSA only, or kid required',
    client: 'takes the algorithm from the key, and always sends kid',
    exits: [0],
    proofs: [clientCredentials('A-14 alg from the key, kid always: %s'), inAuth('keys')('A-14 read')],
  },
  {
    id: 'A-15',
    priority: 'A',
    server: 'static client headers are the credential, and a file redirects to another origin',
    client: 'drops the headers there',
    exits: [0],
    proofs: [
      authorize('A-15, A-17 each hop is decided by itself'),
      authorize('another origin sees nothing, and the way back sees them again'),
    ],
  },
  {
    id: 'A-16',
    priority: 'B',
    server: 'the token endpoint redirects',
    client: 'does not take the assertion to another origin',
    exits: [3],
    proofs: [
      clientCredentials('A-16 redirects to %s: not followed'),
      clientCredentials('A-16 redirects within the origin: followed'),
    ],
  },
  {
    id: 'A-17',
    priority: 'A',
    server: 'every origin writes down which credentials it sees',
    client: 'shows them to nobody but the server and trusted origins; every scenario here looks at that too',
    exits: [],
    proofs: [
      authorize('A-15, A-17 each hop is decided by itself'),
      mock('the token is seen at the FHIR server only, the assertion at the token endpoint only'),
    ],
  },
  {
    id: 'A-18',
    priority: 'B',
    server: 'twenty requests are answered by 401 at once',
    client: 'asks for one token',
    exits: [0],
    proofs: [
      authorize('F-07, A-18 twenty requests at once: one token request, each request twice'),
      tokenCache('A-18 refused'),
      inAuth('contract')('A-18 refused at once twenty times: renewed once'),
    ],
  },
]
