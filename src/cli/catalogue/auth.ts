/** `bulkx auth …`, as the help knows it. */

import { inGroups, type OptionName } from '../../options/options.js'
import type { CommandRow } from '../command-row.js'

const talk: readonly OptionName[] = ['json', 'quiet', 'color']

export const authCommands: Readonly<Record<string, CommandRow>> = {
  'auth keygen': {
    section: 'setup',
    summary: 'Make a key pair: the private key for us, its public half to register at the server.',
    args: [],
    options: ['alg', 'out', ...talk],
    reworded: {
      alg: { group: 'command', help: 'ES384 or RS384', byDefault: 'ES384' },
      out: {
        group: 'command',
        value: '<file>',
        help: 'private key (PEM; a JWK if it ends in .json); the public half is put beside it, as <file>.jwks.json',
        byDefault: undefined,
      },
    },
    examples: ['bulkx auth keygen --out key.pem', 'bulkx auth keygen --alg RS384 --out keys/epic.pem'],
    exitCodes: [0, 2, 8],
    load: async () => (await import('../commands/auth-keys.js')).keygen,
  },
  'auth jwks': {
    section: 'setup',
    summary: 'Print the public half of a private key as a JWKS: what to register at the server.',
    args: [{ name: '<key>', help: 'private key: PEM, JWK or JWKS', completes: 'file' }],
    options: ['kid', 'alg', ...talk],
    reworded: { kid: { group: 'command' }, alg: { group: 'command' } },
    examples: ['bulkx auth jwks key.pem > jwks.json'],
    exitCodes: [0, 2],
    load: async () => (await import('../commands/auth-keys.js')).jwks,
  },
  'auth token': {
    section: 'setup',
    summary: 'Get an access token as an export would, and print what it allows.',
    args: [],
    options: [...inGroups('server', 'identity'), 'type', 'request-timeout', 'show', 'verbose', ...talk],
    reworded: { type: { help: 'resource types that the scopes are for' } },
    examples: [
      'bulkx auth token --type Patient',
      'bulkx auth token --server https://ehr.example/fhir --client-id 42 --key key.pem --show',
    ],
    exitCodes: [0, 2, 3, 9, 130],
    load: async () => (await import('../commands/auth-token.js')).run,
  },
}
