/** `bulkx help presets`: each preset with what it sets and what it advises, from its row. */
import { type Advice, grades, type LevelRule, type Preset, presets } from '../../presets.js'
import { grouped } from '../text.js'
import { paragraph, wrap } from '../wrap.js'

const optionsText = (names: readonly string[]): string => names.map((name) => `--${name}`).join(', ')

const levelText = (level: string, { methods, needs, types }: LevelRule): string => {
  const details = [
    ...(types ? [types.join(', ')] : []),
    ...(methods ? [`by ${methods.join(' or ')}`] : []),
    ...(needs ? [`with ${optionsText(needs)}`] : []),
  ]
  return details.length === 0 ? level : `${level} (${details.join(', ')})`
}

const adviceTexts = (advice: Advice): string[] => {
  const { levels, parameters, withoutSince, patients, companions, namedTypes, files, outOfReach } = advice
  return [
    ...(levels
      ? [
          `targets: ${Object.entries(levels)
            .map(([name, rule]) => levelText(name, rule))
            .join(', ')}`,
        ]
      : []),
    ...(parameters ? [`parameters: ${parameters.length === 0 ? 'none' : optionsText(parameters)}`] : []),
    ...(withoutSince
      ? [`without --since: ${withoutSince.holds}; --since ${withoutSince.everything} asks for everything`]
      : []),
    ...Object.entries(advice.sinceMisses ?? {}).map(
      ([level, what]) => `${level} with --since: misses ${what}; \`bulkx sync\` exports everything each time`,
    ),
    ...(advice.newMembersWhole
      ? [
          `patients who are new in ${advice.newMembersWhole.join(', ')} come whole with --since: \`bulkx sync\` does not ask for them again`,
        ]
      : []),
    ...(advice.noDeletions
      ? ['what was deleted is not told: `bulkx sync --full` now and then finds it']
      : []),
    ...(patients
      ? [`patients: ${grouped(patients.largest)} at most, better ${grouped(patients.advised)}`]
      : []),
    ...(companions ? [`not alone, but beside ${companions.beside}: ${companions.types.join(', ')}`] : []),
    ...(namedTypes ? [`name the types: ${namedTypes}`] : []),
    ...(files ? [`files may be ${files}: --trust-origin lets the credential go there`] : []),
    ...(outOfReach ? [`${outOfReach.what}; ${outOfReach.instead}`] : []),
  ]
}

const setsText = ({ options }: Preset): string => {
  const set = Object.entries(options).map(([name, text]) => `--${name} ${text}`)
  return set.length === 0 ? 'nothing' : set.join(', ')
}

const labels = 10

const labelled = (label: string, text: string, width: number): string =>
  `  ${label.padEnd(labels)}${wrap(text, labels + 2, width)}`

const section = (name: string, preset: Preset, width: number): string => {
  const [first = 'nothing', ...more] = adviceTexts(preset.advice)
  return [
    wrap(`${name}: ${preset.title}`, 2, width),
    paragraph(preset.summary, 2, width),
    labelled('sets', setsText(preset), width),
    labelled('advises', first, width),
    ...more.map((text) => labelled('', text, width)),
    labelled('known by', [grades[preset.grade], ...(preset.doubt ? [preset.doubt] : [])].join('; '), width),
  ].join('\n')
}

const intro =
  'A preset holds what is known of a server: settings that suit it, and advice, which is said as warnings before the kick-off and changes nothing. Choose one with --preset <name>, BULKX_PRESET, or `preset` in a profile; none for none. Flags, environment and profile win over its settings, and --print-config shows which come from it. No preset has been tried against the live server.'

/** One of them alone; undefined where there is none of that name. */
export const presetText = (name: string, width: number): string | undefined => {
  const preset = Object.hasOwn(presets, name) ? presets[name] : undefined
  return preset && section(name, preset, width)
}

export const presetsTopic = (width: number): string =>
  [
    wrap(intro, 0, width),
    ...Object.entries(presets).map(([name, preset]) => section(name, preset, width)),
  ].join('\n\n')
