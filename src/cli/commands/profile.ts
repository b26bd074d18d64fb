/** `bulkx profile set|list|show|use|remove`: options kept under a name. */
import { access, constants } from 'node:fs/promises'
import { BulkxError } from '../../errors.js'
import { nearestName } from '../../options/did-you-mean.js'
import { type OptionName, row } from '../../options/options.js'
import { parseProfileName } from '../../options/values.js'
import { chooseWay } from '../auth-way.js'
import { reasonOf } from '../identity-files.js'
import type { Ending, Invocation, Run } from '../invocation.js'
import type { Io } from '../io.js'
import { withoutPassword } from '../print-config.js'
import { changeProfiles, type Profile, profilesPath, readProfiles } from '../profile-file.js'
import { isProfileOption, profileOptions } from '../profile-options.js'
import { asKept, noProfile, noSuchProfile } from '../profiles.js'
import { type Talk, talkFor } from '../reporter/index.js'
import { resolveSettings, type Texts } from '../settings.js'

const nameIn = ({ args }: Invocation): string => {
  const given = args[0] ?? ''
  const name = parseProfileName(given)
  if (name !== undefined && name !== noProfile) return name
  const why =
    name === noProfile ? 'is no name for a profile: it stands for no profile at all' : 'is no profile name'
  throw new BulkxError('BULKX_USAGE', `${JSON.stringify(given)} ${why}`, {
    hint: 'use letters, digits, dots, - and _, at most 64 of them',
  })
}

/** What the command line gives for the profile; the environment is not for keeping. */
const givenTexts = ({ flags }: Invocation, io: Io): Texts => {
  const own = Object.entries(flags).filter(([name]) => isProfileOption(name))
  const proxy = flags.proxy?.at(-1)
  if (proxy !== undefined && withoutPassword(proxy) !== proxy) {
    throw new BulkxError('BULKX_USAGE', '--proxy holds a password, and a profile keeps no secrets', {
      hint: 'set HTTPS_PROXY in the environment instead',
    })
  }
  return asKept(Object.fromEntries(own), io)
}

const unsetNames = ({ settings }: Invocation): string[] => settings.get('unset') ?? []

/** What stands in a profile by a mistake can be taken out as well. Throws `BULKX_USAGE` for what is neither there nor an option. */
const assertOptions = (unset: ReadonlySet<string>, held: Profile): void => {
  const strange = [...unset].find((option) => !isProfileOption(option) && !Object.hasOwn(held, option))
  if (strange === undefined) return
  const near = nearestName(strange, [...profileOptions, ...Object.keys(held)])
  throw new BulkxError('BULKX_USAGE', `--unset ${JSON.stringify(strange)} is no option of a profile`, {
    hint: near === undefined ? 'see `bulkx profile set --help`' : `did you mean --unset ${near}?`,
  })
}

/** Throws `BULKX_USAGE` for what could not be used later: a wrong value, two ways to say who we are. */
const assertUsable = (name: string, profile: Profile): void => {
  const texts = Object.fromEntries(Object.entries(profile).filter(([option]) => isProfileOption(option)))
  const chosen = { name, by: 'flag', texts } as const
  chooseWay(resolveSettings({ names: profileOptions, flags: {}, env: {}, profile: chosen }), {})
}

/** Which profile runs look at now that this one is set: it may be another. */
const useText = (name: string, inUse: string | undefined, isFirst: boolean): string => {
  if (inUse === name) return `, and in use${isFirst ? ': it is the first one' : ''}`
  const use = `\`bulkx profile use ${name}\` changes that, --profile ${name} for one run`
  return inUse === undefined ? `; no profile is in use: ${use}` : `; ${inUse} is still in use: ${use}`
}

/** A file may come later, but a name that is mistyped is better known at once. */
const sayUnreadable = async (given: Texts, talk: Talk): Promise<void> => {
  for (const [option, texts] of Object.entries(given)) {
    const { kind } = row(option as OptionName)
    const path = texts.at(-1)
    if (kind.form !== 'one' || !kind.isPath || path === undefined) continue
    const reason = await access(path, constants.R_OK).then(() => undefined, reasonOf)
    if (reason !== undefined)
      talk.warning(`--${option} ${path}: ${reason}; the profile keeps the name all the same`)
  }
}

export const set: Run = async (invocation, io) => {
  const name = nameIn(invocation)
  const given = givenTexts(invocation, io)
  const unset = new Set(unsetNames(invocation))
  if (Object.keys(given).length === 0 && unset.size === 0) {
    throw new BulkxError('BULKX_USAGE', `Nothing was given to keep in the profile ${name}`, {
      hint: `give options, such as \`bulkx profile set ${name} --server <url>\`; \`bulkx profile show ${name}\` prints what it holds`,
    })
  }
  let inUse: string | undefined
  let isFirst = false
  await changeProfiles(io, (profiles) => {
    const held = profiles.byName.get(name) ?? {}
    assertOptions(unset, held)
    const before = Object.entries(held).filter(([option]) => !unset.has(option))
    const profile = Object.fromEntries([...before, ...Object.entries(given)]) as Profile
    assertUsable(name, profile)
    isFirst = profiles.byName.size === 0 && profiles.inUse === undefined
    inUse = isFirst ? name : profiles.inUse
    return { byName: new Map(profiles.byName).set(name, profile), inUse }
  })
  const talk = await talkFor(invocation.settings, io)
  await sayUnreadable(given, talk)
  talk.line(`profile ${name} is set${useText(name, inUse, isFirst)}`)
  return { result: { profile: name, inUse: inUse === name || undefined, file: profilesPath(io) } }
}

const authOf = (name: string, profile: Profile): string => {
  try {
    const texts = Object.fromEntries(Object.entries(profile).filter(([option]) => isProfileOption(option)))
    const settings = resolveSettings({
      names: profileOptions,
      flags: {},
      env: {},
      profile: { name, by: 'flag', texts },
    })
    return chooseWay(settings, {}).way
  } catch {
    return '?'
  }
}

const padded = (rows: readonly string[][]): string[] => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

export const list: Run = async ({ settings }, io) => {
  const { byName, inUse } = await readProfiles(io)
  const sorted = [...byName].sort(([a], [b]) => (a < b ? -1 : 1))
  const profiles = sorted.map(([name, profile]) => ({
    name,
    inUse: name === inUse,
    server: profile.server?.at(-1),
    auth: authOf(name, profile),
  }))
  if (settings.get('json')) return { result: { profiles } }
  if (profiles.length === 0) {
    ;(await talkFor(settings, io)).line(
      'there are no profiles; make one: `bulkx profile set <name> --server <url>`',
    )
  }
  const rows = profiles.map(({ name, inUse, server, auth }) => [inUse ? '*' : ' ', name, server ?? '-', auth])
  for (const line of padded(rows)) io.stdout.write(`${line}\n`)
  return {}
}

/** What nobody knows may be a secret that was written by hand. */
const shownValue = (option: string, texts: readonly string[]): string =>
  isProfileOption(option) ? withoutPassword(texts.join(',')) : '***'

export const show: Run = async (invocation, io) => {
  const profiles = await readProfiles(io)
  const name = invocation.args[0] === undefined ? profiles.inUse : nameIn(invocation)
  if (name === undefined) {
    throw new BulkxError('BULKX_USAGE', 'No profile is in use', {
      hint: 'name one: `bulkx profile show <name>`; `bulkx profile list` shows them',
    })
  }
  const profile = profiles.byName.get(name)
  if (!profile) throw noSuchProfile(name, profiles)
  const rows = Object.entries(profile).map(([option, texts]) => [option, shownValue(option, texts)])
  if (!invocation.settings.get('json')) for (const line of padded(rows)) io.stdout.write(`${line}\n`)
  return { result: { profile: name, inUse: name === profiles.inUse, settings: Object.fromEntries(rows) } }
}

const useNone = async (invocation: Invocation, io: Io): Promise<Ending> => {
  await changeProfiles(io, ({ byName }) => ({ byName }))
  const talk = await talkFor(invocation.settings, io)
  talk.line('no profile is in use')
  return { result: {} }
}

export const use: Run = async (invocation, io) => {
  if (invocation.settings.get('none') && invocation.args.length > 0) {
    throw new BulkxError('BULKX_USAGE', 'A name and --none cannot both be given', {
      hint: 'leave one of them out',
    })
  }
  if (invocation.settings.get('none') || invocation.args[0] === noProfile) return useNone(invocation, io)
  if (invocation.args[0] === undefined) {
    throw new BulkxError('BULKX_USAGE', 'No profile was named', {
      hint: 'name one, or `--none`; `bulkx profile list` shows them',
    })
  }
  const name = nameIn(invocation)
  await changeProfiles(io, (profiles) => {
    if (!profiles.byName.has(name)) throw noSuchProfile(name, profiles)
    return { ...profiles, inUse: name }
  })
  const talk = await talkFor(invocation.settings, io)
  talk.line(`profile ${name} is in use`)
  return { result: { profile: name } }
}

export const remove: Run = async (invocation, io) => {
  const name = nameIn(invocation)
  let wasInUse = false
  await changeProfiles(io, (profiles) => {
    if (!profiles.byName.has(name)) throw noSuchProfile(name, profiles)
    wasInUse = profiles.inUse === name
    const byName = new Map(profiles.byName)
    byName.delete(name)
    return { byName, inUse: wasInUse ? undefined : profiles.inUse }
  })
  const talk = await talkFor(invocation.settings, io)
  talk.line(`profile ${name} is removed${wasInUse ? '; no profile is in use' : ''}`)
  return { result: { profile: name } }
}
