/** What a run says of profiles: which one it looks at, what that decides, and which one it does not look at. */
import { withoutQuery } from '../http/url.js'
import { inGroups } from './options.js'
import type { Settings } from './settings.js'

/** `profile epic`, and what it says about what to export: a forgotten profile must not narrow an export unseen. */
export const describeProfile = (settings: Settings): string | undefined => {
  if (!settings.profile) return undefined
  const asked = inGroups('question').flatMap((name) => {
    const setting = settings.setting(name)
    if (setting?.origin !== 'profile') return []
    return setting.value === true ? [`--${name}`] : [`--${name} ${setting.texts.join(',')}`]
  })
  return [`profile ${settings.profile.name}`, ...(asked.length > 0 ? [asked.join(' ')] : [])].join(': ')
}

/** Said where somebody may wonder why the profile does nothing. */
export const passedOverText = ({ passedOver }: Settings): string | undefined => {
  const server = passedOver?.texts.server?.at(-1)
  if (!passedOver || server === undefined || passedOver.by === 'directory') return undefined
  const { name } = passedOver
  return `the profile ${name} is for ${withoutQuery(server)} and is not looked at; \`--profile ${name}\` would use it here`
}
