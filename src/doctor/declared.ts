/** Checks: what the server declares about bulk export, and the types that it serves. */
import type { KickOffRequest, Target } from '../protocol/types.js'
import { ok, skipped, type Verdict, warning } from './check.js'
import type { Doctor } from './doctor.js'

/** How the CapabilityStatement would call the level of a target; undefined for a kick-off URL. */
const levelOf = (target: Target): string | undefined => {
  switch (target.kind) {
    case 'system':
      return 'system'
    case 'type':
    case 'instance':
      return target.type
    case 'url':
      return undefined
    default:
      return target satisfies never
  }
}

const levelName = (level: string, operation: string): string =>
  level === 'system' ? operation : `${level === 'Group' ? 'Group/<id>' : level}/${operation}`

const release = (version: string): string => {
  const names: [RegExp, string][] = [
    [/^3\./, 'STU3'],
    [/^4\.0/, 'R4'],
    [/^4\.[13]/, 'R4B'],
    [/^5\./, 'R5'],
  ]
  const name = names.find(([pattern]) => pattern.test(version))?.[1]
  return name === undefined ? `FHIR ${version}` : `FHIR ${name} (${version})`
}

const judgeLevels = (
  exports: readonly string[],
  { target, operation }: KickOffRequest,
  about: string,
): Verdict => {
  if (exports.length === 0) {
    return warning(
      `${about}; ${operation} is not declared`,
      'many servers have it all the same; ask their operator whether it is enabled for you',
    )
  }
  const declared = exports.map((level) => levelName(level, operation)).join(', ')
  const level = levelOf(target)
  if (level === undefined || exports.includes(level)) return ok(`${about}; ${declared}`)
  return warning(
    `${about}; declared: ${declared}, but not ${levelName(level, operation)}`,
    'name a target that is declared, such as Patient or Group/<id>; some servers declare less than they have',
  )
}

export const capabilityStatement = ({ config, learned }: Doctor): Verdict => {
  const { capability } = learned
  if (!capability) return skipped('the server does not show it')
  const { fhirVersion, software, publisher } = capability
  const about = [fhirVersion === undefined ? 'no FHIR version' : release(fhirVersion), software, publisher]
  return judgeLevels(
    capability.exports,
    config.kickOff,
    about.filter((part) => part !== undefined).join(', '),
  )
}

export const types = ({ config, learned }: Doctor): Verdict => {
  const { type: asked = [] } = config.kickOff
  const served = learned.capability?.types ?? []
  if (served.length === 0) return skipped('the server does not say which types it serves')
  if (asked.length === 0) return ok(`all of them; the server serves ${served.length}`)
  const unknown = asked.filter((type) => !served.includes(type))
  if (unknown.length === 0) return ok(`${asked.join(', ')}: served`)
  return warning(
    `Not among the types that the server declares: ${unknown.join(', ')}`,
    'check the spelling of --type; a server may export types that it does not declare, or refuse the kick-off',
  )
}
