/** A personality's row about identity: where tokens are had, for what proof, with which scopes, in which words. */

export type ClientAuthentication = 'private_key_jwt' | 'client_secret_basic' | 'client_secret_post'

/** How an error looks: as RFC 6749 has it, as its description alone, or as a status and nothing else. */
export type ErrorStyle = 'json' | 'text' | 'empty'

export const errorStyles: readonly ErrorStyle[] = ['json', 'text', 'empty']

export interface AuthRow {
  /** The token endpoint: a path on the mock's origin, or an absolute URL, of which the path is answered. */
  tokenUrl: string
  /** Which host such a path is on: the server's own, or the second one. */
  tokenHost: 'here' | 'elsewhere'
  methods: readonly ClientAuthentication[]
  /** The JWS algorithms of assertions. */
  algorithms: readonly string[]
  /** What an assertion may be addressed to. */
  audiences: readonly ('token-url' | 'fhir-base')[]
  /** Whether `grant_type` may be left out. */
  grantType: 'required' | 'optional'
  /**
   * A request without a scope: `required` refuses it, `optional` grants all that is registered; `ignored` does that
   * whatever is asked, and does not say what it granted.
   */
  scope: 'required' | 'optional' | 'ignored'
  /** What may stand behind the dot of a scope, and what of read (r) and search (s) it allows. */
  permissions: Readonly<Record<string, string>>
  /** Whether `system/*` is spoken. */
  wildcard: boolean
  /** A request for more than is registered: refused as a whole, or granted as far as possible. */
  excessScope: 'refuse' | 'reduce'
  token: 'opaque' | 'jwt'
  expiresIn: 'number' | 'string' | 'missing'
  /** `token_type`; undefined sends none. */
  tokenType: string | undefined
  lifetimeMs: number
  errors: ErrorStyle
  /** The status of `invalid_client`; one who came with Basic gets 401 in any case. */
  invalidClient: number
  /** The SMART configuration as it is served; undefined: there is none. */
  advertise(configuration: Readonly<Record<string, unknown>>): unknown
}

/** An answer without the FHIR data that was asked for. */
export interface AccessRefusal {
  status: number
  /** Without an OperationOutcome. */
  empty: boolean
}

export interface AccessRow {
  /** Headers with a client's id and secret that are as good as a token; undefined: there are none. */
  clientHeaders: { id: string; secret: string } | undefined
  /** What is good for files: all that is good for other requests, or those headers alone. */
  files: 'as-others' | 'client-headers'
  /** A request without a token. */
  missing: AccessRefusal
  /** A token that is unknown, expired or revoked. */
  invalid: AccessRefusal
  /** A token whose scopes do not allow what is asked. */
  insufficient: AccessRefusal
  /** What of read (r) and search (s) the export of a type needs. */
  exportNeeds: string
  /** A `_type` outside the scopes: the kick-off is refused, or the type is skipped with a note in the error file. */
  outsideScope: 'refuse' | 'skip'
}

/** SMART Backend Services, to the letter; secrets are taken, too, for clients that have one. */
export const referenceAuth: AuthRow = {
  tokenUrl: '/auth/token',
  tokenHost: 'here',
  methods: ['private_key_jwt', 'client_secret_basic', 'client_secret_post'],
  algorithms: ['RS384', 'ES384'],
  audiences: ['token-url'],
  grantType: 'required',
  scope: 'required',
  permissions: { read: 'rs', rs: 'rs', r: 'r', s: 's' },
  wildcard: true,
  excessScope: 'reduce',
  token: 'opaque',
  expiresIn: 'number',
  tokenType: 'bearer',
  lifetimeMs: 300_000,
  errors: 'json',
  invalidClient: 400,
  advertise: (configuration) => configuration,
}

export const referenceAccess: AccessRow = {
  clientHeaders: undefined,
  files: 'as-others',
  missing: { status: 401, empty: false },
  invalid: { status: 401, empty: false },
  insufficient: { status: 403, empty: false },
  exportNeeds: 'rs',
  outsideScope: 'refuse',
}
