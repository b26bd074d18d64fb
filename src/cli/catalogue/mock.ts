/** `bulkx mock`, as the help knows it. */

import { inGroups, type OptionName } from '../../options/options.js'
import type { CommandRow } from '../command-row.js'

const identity: readonly OptionName[] = ['client-id', 'client-secret-file', 'token-file']

export const mockCommands: Readonly<Record<string, CommandRow>> = {
  mock: {
    section: 'first',
    summary: 'Run the bundled server, for the full export lifecycle.',
    args: [],
    options: [...inGroups('mock'), 'gzip', ...identity, 'json', 'quiet', 'verbose', 'color'],
    reworded: {
      gzip: { group: 'mock', help: 'compress the files that it serves' },
      'client-id': { group: 'mock', help: 'id of the client', byDefault: 'bulkx-test' },
      'client-secret-file': { group: 'mock', help: 'secret of the client, who must then sign in' },
      'token-file': { group: 'mock', help: 'bearer token that every request must carry' },
    },
    examples: [
      'bulkx mock --port 8080',
      'bulkx mock --patients 1000 --page-size 500 --job-seconds 10',
      'bulkx mock --evolve --data ./ndjson',
      'bulkx mock --jwks key.pem.jwks.json',
      'bulkx mock --scenario F-16',
      "bulkx mock --fault 'busy:times=2,status=503,retryAfter=1' --fault 'truncate:keepBytes=300,times=1'",
    ],
    exitCodes: [0, 2, 8],
    moreHelp: async (width) => (await import('../topics/mock.js')).mockHelp(width),
    load: async () => (await import('../commands/mock.js')).run,
  },
}
