/** Types and targets that look mistyped: said beside the request, which is sent as it was written. */
import { BulkxError } from '../errors.js'
import { isResourceType, nearestType } from '../options/resource-types.js'
import type { KickOffRequest, Target } from '../protocol/types.js'
import type { Warning } from './reporter/index.js'

const unknownType = (type: string, written: (type: string) => string): Warning[] => {
  if (isResourceType(type)) return []
  const near = nearestType(type)
  const hint = near === undefined ? 'check how it is written' : `did you mean ${written(near)}?`
  return [{ kind: 'unknown-type', message: `${type} is no resource type of FHIR R4`, hint }]
}

const ofTarget = (target: Target): Warning[] => {
  if (target.kind === 'instance') return unknownType(target.type, (type) => `${type}/${target.id}`)
  if (target.kind !== 'type') return []
  if (target.type !== 'Group') return unknownType(target.type, (type) => type)
  const message = 'the target Group, without an id, asks for resources of the type Group'
  return [{ kind: 'group-without-id', message, hint: 'the members of one group are Group/<id>' }]
}

/** What may be mistyped in a request. */
export const spelling = ({ target, type = [] }: KickOffRequest): Warning[] => [
  ...ofTarget(target),
  ...type.flatMap((name) => unknownType(name, (near) => `--type ${near}`)),
]

/** Where the server has refused such a request, that comes before anything else that could be tried. */
export const withSpellingHint = (error: unknown, kickOff: KickOffRequest): unknown => {
  if (!(error instanceof BulkxError) || error.code !== 'BULKX_KICK_OFF_REFUSED') return error
  const found = spelling(kickOff)
  if (found.length === 0) return error
  const hint = found.map(({ message, hint: remedy }) => `${message}: ${remedy}`).join('; ')
  return new BulkxError(error.code, error.message, { hint, cause: error.cause })
}
