/** Types and targets that look mistyped: said beside the request, which is sent as it was written. */
import { BulkxError, type ErrorCode } from '../errors.js'
import { shellWord } from '../job/next-command.js'
import { isAhead } from '../options/period.js'
import { isResourceType, nearestType } from '../options/resource-types.js'
import { targetWithoutOperation } from '../options/target.js'
import type { KickOffRequest, Target } from '../protocol/types.js'
import type { Warning } from './reporter/index.js'

const unknownType = (type: string, written: (type: string) => string): Warning[] => {
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

const ofTarget = (target: Target): Warning[] => {
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

const ofSince = (since: string | undefined, now: number): Warning[] => {
  if (since === undefined || !isAhead(since, now)) return []
  const message = `--since ${since} is in the future by the clock of this computer`
  return [{ kind: 'future-since', message, hint: 'nothing has changed since then: check the date' }]
}

/** What may be mistyped in a request; `now`: epoch milliseconds. */
export const spelling = ({ target, type = [], since }: KickOffRequest, now: number): Warning[] => [
  ...ofTarget(target),
  ...type.flatMap((name) => unknownType(name, (near) => `--type ${near}`)),
  ...ofSince(since, now),
]

/** A type that there is not is none that a client may see, either: then who we are is next to look at. */
const denied: ReadonlySet<ErrorCode> = new Set(['BULKX_UNAUTHORIZED', 'BULKX_TOKEN'])
const refusals: ReadonlySet<ErrorCode> = new Set(['BULKX_KICK_OFF_REFUSED', 'BULKX_NOT_BULK_DATA'])

/** Where the server has refused such a request, that comes before anything else that could be tried. */
export const withSpellingHint = (error: unknown, kickOff: KickOffRequest, now: number): unknown => {
  if (!(error instanceof BulkxError)) return error
  const isDenied = denied.has(error.code)
  if (!isDenied && !refusals.has(error.code)) return error
  const found = spelling(kickOff, now)
  if (found.length === 0) return error
  const said = found.map(({ message, hint: remedy }) => `${message}: ${remedy}`).join('; ')
  const hint = isDenied && error.hint !== undefined ? `${said}; else ${error.hint}` : said
  return new BulkxError(error.code, error.message, { hint, cause: error.cause })
}
