/** Option rows: who we are to the server. Secrets are in files, in the environment, or come from a program. */
import { address, choice, list, one, repeatable, secretFile, text } from '../kinds.js'
import type { OptionRow } from '../options.js'
import { parseOrigin, parseTokenUrl } from '../values.js'

export const identityRows = {
  auth: {
    group: 'identity',
    value: '<method>',
    help:
      'none, bearer, backend-services, client-secret-basic, client-secret-post, headers, or command; ' +
      'guessed from what is given',
    kind: choice(
      'none',
      'bearer',
      'backend-services',
      'client-secret-basic',
      'client-secret-post',
      'headers',
      'command',
    ),
  },
  'client-id': {
    group: 'identity',
    value: '<id>',
    help: 'as what we are registered with the server',
    kind: text('a client id', 'my-client'),
  },
  key: {
    group: 'identity',
    value: '<file>',
    help: 'private key for signed assertions: PEM, JWK or JWKS',
    kind: secretFile('key'),
  },
  kid: {
    group: 'identity',
    value: '<kid>',
    help: 'which key of a JWKS; otherwise the kid to send',
    kind: text('a key id', 'my-key-2026'),
  },
  alg: {
    group: 'identity',
    value: '<alg>',
    help: 'how to sign: RS384, ES384, or another that fits the key',
    kind: choice('ES384', 'RS384', 'ES256', 'ES512', 'RS256', 'RS512', 'PS256', 'PS384', 'PS512'),
  },
  'token-url': {
    group: 'identity',
    value: '<url>',
    help: 'token endpoint; otherwise the server says where it is',
    kind: address(one('an https URL', 'https://ehr.example/oauth2/token', parseTokenUrl)),
  },
  audience: {
    group: 'identity',
    value: '<aud>',
    help: 'aud of assertions; otherwise the token URL',
    kind: text('an audience', 'https://ehr.example/fhir'),
  },
  scope: {
    group: 'identity',
    value: '<scopes>',
    help: 'scopes to ask for, or none; otherwise they follow from --type',
    kind: repeatable('a scope', "'system/Patient.rs'", (given) => given),
  },
  'client-secret-file': {
    group: 'identity',
    value: '<file>',
    help: 'client secret; or BULKX_CLIENT_SECRET in the environment',
    kind: secretFile('client-secret-file'),
  },
  'token-file': {
    group: 'identity',
    value: '<file>',
    help: 'bearer token; or BULKX_TOKEN in the environment',
    kind: secretFile('token-file'),
  },
  'token-command': {
    group: 'identity',
    value: '<program>',
    help: 'program that prints a token, with its arguments; no shell is involved',
    kind: text('a program', "'gcloud auth print-access-token'"),
  },
  'trust-origin': {
    group: 'identity',
    value: '<origin>',
    help: 'another origin that may see the credential',
    kind: address(list('an origin', 'https://files.example', parseOrigin)),
  },
} as const satisfies Record<string, OptionRow>
