/** The commands that messages name, as a person can paste them. */
import type { Config } from '../config.js'
import { withoutQuery } from '../http/url.js'
import type { Target } from '../protocol/types.js'

/** An argument as a shell would need it. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`

/** The directory as the user would name it. */
export const shownDirectory = ({ directory, shownAs }: Pick<Config, 'directory' | 'shownAs'>): string =>
  shownAs ?? directory

export const resumeCommand = (directory: string): string => `\`bulkx resume ${shellWord(directory)}\``
export const cancelCommand = (directory: string): string => `\`bulkx cancel ${shellWord(directory)}\``
/** With the origins whose trust the files wait for. */
export const trustingCommand = (directory: string, origins: readonly string[]): string => {
  const trust = origins.map((origin) => ` --trust-origin ${shellWord(origin)}`).join('')
  return `\`bulkx resume ${shellWord(directory)}${trust}\``
}

const targetWord = (target: Target): string => {
  switch (target.kind) {
    case 'system':
      return ''
    case 'type':
      return ` ${target.type}`
    case 'instance':
      return ` ${shellWord(`${target.type}/${target.id}`)}`
    case 'url':
      return ` ${shellWord(withoutQuery(target.url))}`
    default:
      return target satisfies never
  }
}

/** The doctor for this very server, target, types and profile. Other options are told of, for they may name secrets. */
export const doctorCommand = (
  { server, identity, kickOff: { type } }: Pick<Config, 'server' | 'identity' | 'kickOff'>,
  target: Target,
) => {
  const { profile, preset, auth } = identity
  const by =
    profile === undefined ? preset && ` --preset ${shellWord(preset)}` : ` --profile ${shellWord(profile)}`
  // Scopes follow from the types: without them another token is asked for.
  const types = type === undefined ? '' : ` --type ${shellWord(type.join(','))}`
  const command = `\`bulkx doctor${targetWord(target)}${types} --server ${shellWord(withoutQuery(server))}${by ?? ''}\``
  return profile === undefined && auth !== undefined
    ? `${command}, with your options for signing in,`
    : command
}

export const attachCommand = (directory: string): string =>
  `\`bulkx resume <status-url> --out ${shellWord(directory)}\``
