/** Types and targets that look mistyped: said beside the request, which is sent as it was written. */
import { shellWord } from './job/next-command.js'
import { isAhead } from './options/period.js'
import { isResourceType, nearestType } from './options/resource-types.js'
import { targetWithoutOperation } from './options/target.js'
import type { KickOffRequest, Target } from './protocol/types.js'

/** Something that should be looked at. */
export interface Mistyped {
  /** Stable, in kebab-case. */
  kind: 'unknown-type' | 'group-without-id' | 'no-operation' | 'future-since'
  message: string
  hint: string
}

const unknownType = (type: string, written: (type: string) => string): Mistyped[] => {
  if (isResourceType(type)) return []
  const near = nearestType(type)
  const hint = near === undefined ? 'check how it is written' : `did you mean ${written(near)}?`
  return [{ kind: 'unknown-type', message: `${type} is no resource type of FHIR R4`, hint }]
}

/** A URL that is a kick-off's can end in anything, but this is how a resource is read. */
export const withoutOperationHint = (url: string): string | undefined => {
  const found = targetWithoutOperation(url)
  if (found === undefined) return undefined
  return `did you mean the target ${shellWord(found.target)} with --server ${shellWord(found.fhirUrl)}?`
}

const ofTarget = (target: Target): Mistyped[] => {
  if (target.kind === 'url') {
    const hint = withoutOperationHint(target.url)
    const message = 'the URL ends in no operation such as $export, and is asked as it is'
    return hint === undefined ? [] : [{ kind: 'no-operation', message, hint }]
  }
  if (target.kind === 'instance') return unknownType(target.type, (type) => `${type}/${target.id}`)
  if (target.kind !== 'type') return []
  if (target.type !== 'Group') return unknownType(target.type, (type) => type)
  const message = 'the target Group, without an id, asks for resources of the type Group'
  return [{ kind: 'group-without-id', message, hint: 'the members of one group are Group/<id>' }]
}

const ofSince = (since: string | undefined, now: number): Mistyped[] => {
  if (since === undefined || !isAhead(since, now)) return []
  const message = `--since ${since} is in the future by the clock of this computer`
  return [{ kind: 'future-since', message, hint: 'nothing has changed since then: check the date' }]
}

/** What may be mistyped in a request; `now`: epoch milliseconds. */
export const spelling = ({ target, type = [], since }: KickOffRequest, now: number): Mistyped[] => [
  ...ofTarget(target),
  ...type.flatMap((name) => unknownType(name, (near) => `--type ${near}`)),
  ...ofSince(since, now),
]
