/** The whole history of patients who are new in the group: asked of the group, else of all patients. */
import { BulkxError, type ErrorCode } from '../../errors.js'
import { phaseOf } from '../../job/state.js'
import { targetText } from '../../options/target.js'
import type { KickOffRequest, Target } from '../../protocol/types.js'
import type { PlannedExport } from '../../sync/round.js'
import type { JobEnd } from '../run-job.js'
import { harmless } from '../text.js'
import type { Sync } from './context.js'
import { runExport } from './exports.js'
import { isOver, setAside } from './set-aside.js'

/** `missing`: why it cannot be had from this server in this way. Otherwise as of any export. */
export type NewcomersEnd = JobEnd | { missing: string }

const refusals: ReadonlySet<ErrorCode> = new Set([
  'BULKX_KICK_OFF_REFUSED',
  'BULKX_UNAUTHORIZED',
  'BULKX_NOT_BULK_DATA',
])

/** The server will not do it; it was not merely busy, or away. */
const refusalOf = ({ ending, state }: JobEnd): string | undefined => {
  const { error } = ending
  if (!(error instanceof BulkxError)) return undefined
  const isRefused = phaseOf(state) === 'new' && state.refusal !== undefined && refusals.has(error.code)
  return isRefused || isOver(state) ? harmless(error.message) : undefined
}

const allPatients: Target = { kind: 'type', type: 'Patient' }

/** `_since` would leave out what is older than their joining; `everything`: what this server takes for no time at all. */
const questionFor = (sync: Sync, target: Target, patients: readonly string[]): KickOffRequest => {
  const { since: _since, until: _until, ...kickOff } = sync.config.kickOff
  const everything = sync.settings.preset?.row.advice.withoutSince?.everything
  return {
    ...kickOff,
    ...(everything === undefined ? {} : { since: everything }),
    target,
    method: 'post',
    patient: patients.map((id) => `Patient/${id}`),
  }
}

/** Runs, or goes on with, the export of these newcomers. One that cannot be had leaves nothing in its place. */
export const runNewcomers = async (sync: Sync, planned: PlannedExport): Promise<NewcomersEnd> => {
  const { patients = [], number } = planned
  const targets = [sync.config.kickOff.target, allPatients]
  let missing = ''
  for (const target of targets) {
    const end = await runExport(sync, planned, questionFor(sync, target, patients))
    const refusal = refusalOf(end)
    if (refusal === undefined) return end
    missing = refusal
    sync.done.exports.pop()
    await setAside(sync, number)
    // A job that the server has taken and given up is no question of the target.
    if (phaseOf(end.state) !== 'new') break
    sync.talk.line(`no list of patients is taken for ${targetText(target)}: ${refusal}`)
  }
  return { missing }
}
