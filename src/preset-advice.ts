/** What a preset has to say of a request: pure, from its row. */
import type { Advice, Level, LevelRule, Preset } from './presets.js'
import type { KickOffRequest, Target } from './protocol/types.js'

export interface AdviceLine {
  /** Stable, in kebab-case. */
  kind: string
  /** `request`: whether the server takes it. `content`: what the export will hold. */
  about: 'request' | 'content'
  message: string
  hint: string
}

/** The request, and what else of a run advice is about. */
export interface Asked {
  kickOff: KickOffRequest
  trustedOrigins: readonly string[]
}

/** Undefined for a kick-off URL, which says itself what it is. */
const levelOf = (target: Target): Level | undefined => {
  switch (target.kind) {
    case 'system':
      return 'system'
    case 'type':
      return target.type === 'Patient' ? 'Patient' : '<Type>'
    case 'instance':
      if (target.type === 'Group') return 'Group/<id>'
      return target.type === 'Patient' ? 'Patient/<id>' : undefined
    case 'url':
      return undefined
    default:
      return target satisfies never
  }
}

const listed = (words: readonly string[]): string => words.join(', ')

/** Parameters as options, and whether the request has them. */
const parameters = {
  type: 'type',
  since: 'since',
  until: 'until',
  elements: 'elements',
  'type-filter': 'typeFilter',
  patient: 'patient',
  'include-associated-data': 'includeAssociatedData',
  'organize-output-by': 'organizeOutputBy',
  'allow-partial-manifests': 'allowPartialManifests',
  'output-format': 'outputFormat',
} as const satisfies Record<string, keyof KickOffRequest>

type Parameter = keyof typeof parameters

const isGiven = (kickOff: KickOffRequest, name: string): boolean => {
  const value = Object.hasOwn(parameters, name) ? kickOff[parameters[name as Parameter]] : undefined
  return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0)
}

/** How a missing option is written. */
const written = (name: string): string => (name === 'patient' ? '--patient @ids.txt' : `--${name}`)

/** A list of patients is always posted: where a level takes no POST, it takes no list. */
const listAdvice = (level: Level, levels: NonNullable<Advice['levels']>): AdviceLine => {
  const others = Object.entries(levels).flatMap(([name, { methods }]) =>
    methods === undefined || methods.includes('post') ? [name] : [],
  )
  const instead = others.length === 0 ? '' : `, or name another target: ${listed(others)}`
  return {
    kind: 'preset-level',
    about: 'request',
    message: `an export of ${level} takes no --patient here`,
    hint: `leave \`--patient\` out${instead}`,
  }
}

const typesAdvice = (level: Level, { types }: LevelRule, { target }: KickOffRequest): AdviceLine[] => {
  if (types === undefined || target.kind !== 'type' || types.includes(target.type)) return []
  const message = `an export of ${target.type} is not known here`
  const hint = `targets that are known for ${level}: ${listed(types)}`
  return [{ kind: 'preset-level', about: 'request', message, hint }]
}

const ruleAdvice = (
  level: Level,
  rule: LevelRule,
  levels: NonNullable<Advice['levels']>,
  kickOff: KickOffRequest,
): AdviceLine[] => {
  const { methods, needs = [] } = rule
  if (methods !== undefined && !methods.includes('post') && isGiven(kickOff, 'patient'))
    return [listAdvice(level, levels)]
  const missing = needs.filter((name) => !isGiven(kickOff, name))
  const needed: AdviceLine[] = missing.map((name) => ({
    kind: 'preset-level',
    about: 'request',
    message: `an export of ${level} needs --${name} here`,
    hint: `add \`${written(name)}\`, or name another target`,
  }))
  // An option that is still missing brings its own method along.
  const isUsual = methods === undefined || methods.includes(kickOff.method) || missing.length > 0
  const strange = typesAdvice(level, rule, kickOff)
  if (isUsual) return [...strange, ...needed]
  return [
    ...strange,
    ...needed,
    {
      kind: 'preset-method',
      about: 'request',
      message: `an export of ${level} is kicked off by ${listed(methods)} here, not by ${kickOff.method}`,
      hint: `give \`--method ${methods[0]}\`, or name another target`,
    },
  ]
}

const levelAdvice = ({ levels }: Advice, { kickOff }: Asked): AdviceLine[] => {
  const level = levelOf(kickOff.target)
  if (levels === undefined || level === undefined) return []
  const rule = levels[level]
  if (rule) return ruleAdvice(level, rule, levels, kickOff)
  return [
    {
      kind: 'preset-level',
      about: 'request',
      message: `no export of ${level} is known here`,
      hint: `targets that are known: ${listed(Object.keys(levels))}`,
    },
  ]
}

const parameterAdvice = ({ parameters: known }: Advice, { kickOff }: Asked): AdviceLine[] => {
  const strange = known
    ? Object.keys(parameters).filter((name) => isGiven(kickOff, name) && !known.some((one) => one === name))
    : []
  if (known === undefined || strange.length === 0) return []
  const takes =
    known.length === 0 ? 'it is known to take none' : `known: ${listed(known.map((name) => `--${name}`))}`
  return [
    {
      kind: 'preset-parameter',
      about: 'request',
      message: `it is not known to take ${listed(strange.map((name) => `--${name}`))}, and may refuse the request or ignore it`,
      hint: `leave it out if the kick-off is refused; ${takes}`,
    },
  ]
}

/** Without `--since`, where that is not everything. */
const windowAdvice = ({ withoutSince }: Advice, { kickOff }: Asked): AdviceLine[] =>
  withoutSince === undefined || kickOff.since !== undefined
    ? []
    : [
        {
          kind: 'preset-since',
          about: 'content',
          message: `without --since the export holds ${withoutSince.holds}`,
          hint: `\`--since ${withoutSince.everything}\` asks for everything`,
        },
      ]

/** What `--since` would miss of a target, beside what did not change. */
const missedBy = ({ sinceMisses = {} }: Advice, { target }: KickOffRequest): string | undefined => {
  const level = levelOf(target)
  return level === undefined ? undefined : sinceMisses[level]
}

/** With `--since`, where that is no true one. */
const sinceAdvice = (advice: Advice, { kickOff }: Asked): AdviceLine[] => {
  const missed = kickOff.since === undefined ? undefined : missedBy(advice, kickOff)
  if (missed === undefined) return []
  return [
    {
      kind: 'preset-since',
      about: 'content',
      message: `with --since the export misses ${missed}`,
      hint: 'leave `--since` out, or export everything now and then',
    },
  ]
}

/** Why what changed since an instant cannot be asked for; undefined where it can, as far as is known. */
export const noTrueSince = ({ advice }: Preset, kickOff: KickOffRequest): string | undefined => {
  if (advice.parameters?.some((name) => name === 'since') === false) return 'it is not known to take --since'
  const missed = missedBy(advice, kickOff)
  return missed === undefined ? undefined : `with --since it misses ${missed}`
}

/** Whether the server brings the whole history of who is new in what is exported. */
export const bringsNewcomers = ({ advice }: Preset, { target }: KickOffRequest): boolean =>
  target.kind === 'instance' && advice.newMembersWhole?.includes(`${target.type}/${target.id}`) === true

const grouped = (number: number): string => String(number).replace(/\B(?=(\d{3})+$)/g, ',')

const patientAdvice = ({ patients }: Advice, { kickOff }: Asked): AdviceLine[] => {
  const asked = kickOff.patient?.length ?? 0
  if (patients === undefined || asked <= patients.advised) return []
  const { largest, advised } = patients
  const isTooMany = asked > largest
  const limit = isTooMany ? `takes ${grouped(largest)} at most` : `is best with ${grouped(advised)} or fewer`
  return [
    {
      kind: 'preset-patients',
      about: 'request',
      message: `${grouped(asked)} patients are asked for, and an export ${limit} here`,
      hint: 'split the list of `--patient` into several exports, one after the other',
    },
  ]
}

const companionAdvice = ({ companions }: Advice, { kickOff }: Asked): AdviceLine[] => {
  const { type = [] } = kickOff
  const isAlone = type.length > 0 && type.every((name) => companions?.types.includes(name) === true)
  if (companions === undefined || !isAlone) return []
  return [
    {
      kind: 'preset-types',
      about: 'request',
      message: `${listed(type)} cannot be exported alone here`,
      hint: `add ${companions.beside} to \`--type\``,
    },
  ]
}

/** Whoever names types, or a time, has asked for less than everything. */
const isNarrowed = ({ type, since, extra = [] }: KickOffRequest): boolean =>
  type !== undefined || since !== undefined || extra.some(({ name }) => name === '_type' || name === '_since')

const typeAdvice = ({ namedTypes }: Advice, { kickOff }: Asked): AdviceLine[] =>
  namedTypes === undefined || isNarrowed(kickOff) || kickOff.target.kind === 'url'
    ? []
    : [
        {
          kind: 'preset-types',
          about: 'request',
          message: `name the types: ${namedTypes}`,
          hint: 'give `--type Patient,Observation` or whichever you need',
        },
      ]

const fileAdvice = ({ files }: Advice, { trustedOrigins }: Asked): AdviceLine[] =>
  files === undefined || trustedOrigins.length > 0
    ? []
    : [
        {
          kind: 'preset-files',
          about: 'request',
          message: `files may be ${files}, where no credential is sent`,
          hint: 'if that host answers 401, and you trust it, name it with `--trust-origin https://<host>`',
        },
      ]

const reachAdvice = ({ outOfReach }: Advice): AdviceLine[] =>
  outOfReach === undefined
    ? []
    : [{ kind: 'preset-reach', about: 'request', message: outOfReach.what, hint: outOfReach.instead }]

const readers = [
  levelAdvice,
  parameterAdvice,
  windowAdvice,
  sinceAdvice,
  patientAdvice,
  companionAdvice,
  typeAdvice,
  fileAdvice,
  reachAdvice,
] as const

/** What the row has to say of this request. */
export const adviceFor = ({ advice }: Preset, asked: Asked): AdviceLine[] =>
  readers.flatMap((read) => read(advice, asked))
