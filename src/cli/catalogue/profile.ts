/** `bulkx profile …`, as the help knows it. */

import type { OptionName } from '../../options/options.js'
import type { CommandRow } from '../command-row.js'
import { profileOptions } from '../profile-options.js'

const talk: readonly OptionName[] = ['json', 'quiet', 'color']
const exitCodes = [0, 2, 8]
const name = { name: '<name>', help: 'letters, digits, dots, - and _', completes: 'profile' } as const

export const profileCommands: Readonly<Record<string, CommandRow>> = {
  'profile set': {
    section: 'setup',
    summary: 'Keep options under a name; those that it holds already stay as they are.',
    args: [name],
    options: [...profileOptions, 'unset', ...talk],
    examples: [
      'bulkx profile set epic --server https://ehr.example/fhir --client-id 42 --key epic.pem',
      'bulkx profile set epic --type Patient,Observation --unset kid',
    ],
    exitCodes,
    load: async () => (await import('../commands/profile.js')).set,
  },
  'profile list': {
    section: 'setup',
    summary: 'List the profiles; the one in use has a star.',
    args: [],
    options: talk,
    examples: ['bulkx profile list'],
    exitCodes,
    load: async () => (await import('../commands/profile.js')).list,
  },
  'profile show': {
    section: 'setup',
    summary: 'Print what a profile holds; without a name, the one in use.',
    args: [{ ...name, name: '[name]' }],
    options: talk,
    examples: ['bulkx profile show epic'],
    exitCodes,
    load: async () => (await import('../commands/profile.js')).show,
  },
  'profile use': {
    section: 'setup',
    summary: 'Look at this profile from now on, when no other is named.',
    args: [{ ...name, name: '[name]' }],
    options: ['none', ...talk],
    examples: ['bulkx profile use epic', 'bulkx profile use --none'],
    exitCodes,
    load: async () => (await import('../commands/profile.js')).use,
  },
  'profile remove': {
    section: 'setup',
    summary: 'Forget a profile; the files that it names stay.',
    args: [name],
    options: talk,
    examples: ['bulkx profile remove epic'],
    exitCodes,
    load: async () => (await import('../commands/profile.js')).remove,
  },
}
