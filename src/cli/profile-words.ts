/** What a run says of profiles and presets: which it looks at, what they decide, and which it does not look at. */
import { withoutQuery } from '../http/url.js'
import { inGroups, row } from '../options/options.js'
import type { Origin, Settings } from './settings.js'

/** What it says about what to export: a forgotten profile must not narrow an export unseen. */
const askedBy = (origin: Origin, settings: Settings): string =>
  inGroups('question')
    .flatMap((name) => {
      const setting = settings.setting(name)
      if (setting?.origin !== origin || setting.texts.at(-1) === row(name).byDefault) return []
      return setting.value === true ? [`--${name}`] : [`--${name} ${setting.texts.join(',')}`]
    })
    .join(' ')

const described = (name: string, asked: string): string => (asked === '' ? name : `${name}: ${asked}`)

/** `profile epic: --type Patient; preset oracle`; undefined where there is neither. */
export const describeSources = (settings: Settings): string | undefined => {
  const { profile, preset } = settings
  const words = [
    ...(profile ? [described(`profile ${profile.name}`, askedBy('profile', settings))] : []),
    ...(preset ? [described(`preset ${preset.name}`, askedBy('preset', settings))] : []),
  ]
  return words.length === 0 ? undefined : words.join('; ')
}

/** Said where somebody may wonder why the profile in use does nothing. */
export const passedOverText = ({ passedOver }: Settings): string | undefined => {
  const server = passedOver?.texts.server?.at(-1)
  if (passedOver?.by !== 'use' || server === undefined) return undefined
  return `the profile ${passedOver.name} is for ${withoutQuery(server)}, and not used here`
}
