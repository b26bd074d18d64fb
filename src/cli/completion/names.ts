/** The names that a value or argument may be: read off the tables that have them, and only the one that is needed. */
import type { Completes } from '../../options/options.js'
import { lastSince, parseProfileName } from '../../options/values.js'
import type { Io } from '../io.js'

/** What may stand for a word. */
export interface Candidate {
  value: string
  /** In a few words; shells that show none leave it out. */
  help?: string
}

type Place = Pick<Io, 'env' | 'home' | 'platform'>

const plain = (values: Iterable<string>): Candidate[] => [...values].map((value) => ({ value }))

const summaries = (table: Readonly<Record<string, { summary: string }>>): Candidate[] =>
  Object.entries(table).map(([value, { summary }]) => ({ value, help: summary }))

/** A file that is broken, or not ours to read, has no names. */
const profiles = async (place: Place): Promise<Candidate[]> => {
  const { readProfiles } = await import('../profile-file.js')
  const { byName } = await readProfiles(place).catch(() => ({ byName: new Map<string, unknown>() }))
  return plain([...byName.keys()].filter((name) => parseProfileName(name) !== undefined).sort())
}

const personalities = async (): Promise<Candidate[]> =>
  summaries((await import('../../mock/personalities.js')).personalities)

const types = async (): Promise<string[]> => [
  ...(await import('../../options/resource-types.js')).resourceTypes,
]

const targets = async (word: string): Promise<Candidate[]> => [
  { value: 'system', help: 'everything' },
  { value: 'Patient', help: 'all patients' },
  { value: 'Group/', help: 'the members of a group' },
  // All types at once are more than anybody reads.
  ...(word === '' ? [] : plain((await types()).filter((type) => type !== 'Patient'))),
]

const servers = async (word: string): Promise<Candidate[]> => {
  const bundled = { value: 'mock:', help: 'the bundled server' }
  if (word === '' || !'mock:'.startsWith(word.slice(0, 'mock:'.length))) return [bundled]
  const all = await personalities()
  return [bundled, ...all.map(({ value, help }) => ({ value: `mock:${value}`, help }))]
}

/** All names of one sort; `word`: what is typed of it so far. Files are the shell's own business. */
export const namesOf = async (
  sort: Exclude<Completes, 'file' | 'directory'>,
  word: string,
  place: Place,
): Promise<Candidate[]> => {
  switch (sort) {
    case 'fault':
      return Object.entries((await import('../../mock/faults.js')).faultRows).map(
        ([name, { summary, parameters }]) => ({
          value: Object.keys(parameters).length === 0 ? name : `${name}:`,
          help: summary,
        }),
      )
    case 'option':
      return plain((await import('../profile-options.js')).profileOptions)
    case 'personality':
      return personalities()
    case 'preset': {
      const { presets } = await import('../../presets.js')
      const own = Object.entries(presets).map(([value, { title }]) => ({ value, help: title }))
      return [...own, { value: 'none', help: 'no preset' }]
    }
    case 'profile':
      return [...(await profiles(place)), { value: 'none', help: 'no profile' }]
    case 'scenario':
      return [...(await import('../../mock/scenarios.js')).scenarios.values()].map(({ id, server }) => ({
        value: id,
        help: server,
      }))
    case 'server':
      return servers(word)
    case 'since':
      return [{ value: lastSince, help: 'since the last such export that ended well' }]
    case 'shell':
      return plain((await import('./scripts.js')).shells)
    case 'target':
      return targets(word)
    case 'type':
      return plain(await types())
    default:
      return sort satisfies never
  }
}
