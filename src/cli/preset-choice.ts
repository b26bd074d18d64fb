/** The preset of a run, as a source of settings like a profile. */
import { BulkxError } from '../errors.js'
import { namesHint } from '../options/did-you-mean.js'
import { type Preset, presets } from '../presets.js'
import type { Origin, Texts } from './settings.js'

/** For one run without the preset that a profile, a variable or the directory names. */
const noPreset = 'none'

export interface ChosenPreset {
  name: string
  row: Preset
  texts: Texts
}

/** What each preset is for, in the words of its vendor: people call servers by those. */
export const presetTitles = (): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(presets).map(([name, { title }]) => [name, title]))

const textsOf = ({ options }: Preset): Texts =>
  Object.fromEntries(Object.entries(options).map(([name, text]) => [name, [text]]))

/**
 * The preset of this name; `none` is none. Throws `BULKX_USAGE` where a person names one that there is not; what a job
 * was started with may have been renamed since.
 */
export const choosePreset = (
  name: string,
  { origin, source }: { origin: Origin; source: string },
): ChosenPreset | undefined => {
  if (name === noPreset) return undefined
  const row = Object.hasOwn(presets, name) ? presets[name] : undefined
  if (row) return { name, row, texts: textsOf(row) }
  if (origin === 'directory') return undefined
  throw new BulkxError('BULKX_USAGE', `There is no preset ${JSON.stringify(name)} (${source})`, {
    hint: `${namesHint(name, Object.keys(presets), presetTitles())}; \`bulkx help presets\` explains them`,
  })
}
