/** Profiles: which one a run looks at, and what it gives. */
import { resolve } from 'node:path'
import { BulkxError } from '../errors.js'
import { namesHint } from '../options/did-you-mean.js'
import { type OptionName, row } from '../options/options.js'
import type { Io } from './io.js'
import { type Profile, type Profiles, readProfiles } from './profile-file.js'
import { isProfileOption } from './profile-options.js'
import { programTexts } from './program-words.js'
import type { ChosenProfile, Texts } from './settings.js'

/** For one run without the profile that is in use. */
export const noProfile = 'none'

export const noSuchProfile = (name: string, { byName }: Profiles): BulkxError => {
  const names = [...byName.keys()].sort()
  return new BulkxError('BULKX_CONFIG', `There is no profile ${JSON.stringify(name)}`, {
    hint:
      names.length === 0
        ? `make it: \`bulkx profile set ${name} --server <url>\``
        : `${namesHint(name, names)}; \`bulkx profile list\` shows them`,
  })
}

/** What was written by hand may be wrong; a value is not repeated, for it may be a secret. */
const assertKnown = (name: string, profile: Profile): void => {
  const strange = Object.keys(profile).find((key) => !isProfileOption(key))
  if (strange === undefined) return
  throw new BulkxError(
    'BULKX_CONFIG',
    `The profile ${name} holds ${JSON.stringify(strange)}, which is no option`,
    {
      hint: `see \`bulkx profile set --help\`; secrets are named by file, never kept in a profile`,
    },
  )
}

/** With paths that hold from every directory, as they are meant here. */
export const asKept = (texts: Texts, io: Pick<Io, 'cwd' | 'platform'>): Texts =>
  Object.fromEntries(
    Object.entries(texts).map(([name, values]) => {
      const option = name as OptionName
      const { kind } = row(option)
      if (option === 'token-command') return [name, values.map((text) => programTexts(text, io))]
      return kind.form === 'one' && kind.isPath
        ? [name, values.map((text) => resolve(io.cwd, text))]
        : [name, values]
    }),
  )

export interface NamedProfiles {
  flag?: string
  /** The one that a job was started with. */
  directory?: string
}

/**
 * The profile of a run: `--profile`, else the job's own, else BULKX_PROFILE, else the one in use. Throws
 * `BULKX_CONFIG` when there is no such profile, or one that cannot be used.
 */
export const chooseProfile = async (
  { flag, directory }: NamedProfiles,
  io: Pick<Io, 'env' | 'home' | 'platform'>,
): Promise<ChosenProfile | undefined> => {
  if (flag === noProfile) return undefined
  const profiles = await readProfiles(io)
  const choose = (name: string | undefined, by: ChosenProfile['by']): ChosenProfile | undefined => {
    if (name === undefined || name === '') return undefined
    const texts = profiles.byName.get(name)
    if (texts === undefined) throw noSuchProfile(name, profiles)
    assertKnown(name, texts)
    return { name, by, texts }
  }
  // What a job was started with may have been removed since.
  const own = directory !== undefined && profiles.byName.has(directory) ? directory : undefined
  const variable = io.env.BULKX_PROFILE
  const byName = choose(flag, 'flag') ?? choose(own, 'directory')
  if (byName || variable === noProfile) return byName
  return choose(variable, 'environment') ?? choose(profiles.inUse, 'use')
}
