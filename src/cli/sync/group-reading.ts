/** Reading who is in a group, with a token of its own where the types of the export bring no scope for that. */
import type { AuthNotice } from '../../auth/method.js'
import { missingScopes } from '../../auth/scopes.js'
import type { Config } from '../../config.js'
import { BulkxError } from '../../errors.js'
import { type GroupMembers, type GroupPlace, readMembers } from '../../sync/members.js'
import { hostFor } from '../run-job.js'
import type { Sync } from './context.js'

/** `scopes`: the token has none for groups, and what to do about that. */
export type GroupReading = Extract<GroupMembers, { ids: unknown }> | { unknown: string; scopes?: string }

/** Whether a scope for groups is among those that are asked for; undefined where none are, or nobody knows. */
const asksForGroup = ({ network: { auth }, kickOff: { type = [] } }: Config): boolean | undefined => {
  if (!('clientId' in auth) || auth.scope === '') return undefined
  if (auth.scope !== undefined) return missingScopes('system/Group.r', auth.scope).length === 0
  return type.length === 0 || type.includes('Group')
}

const remedy = ({ network: { auth } }: Config): string => {
  const isGiven = 'clientId' in auth && auth.scope !== undefined
  const what = isGiven ? 'add it to --scope' : 'ask who runs the server to register it'
  return `that takes a scope such as system/Group.rs, which this client does not get: ${what}`
}

/** What is said of the tokens of the export will be said by the export. */
const aboutScopes: ReadonlySet<AuthNotice['kind']> = new Set(['missing-scopes', 'refused-scopes'])

const readWith = async (config: Config, place: GroupPlace, sync: Sync): Promise<GroupReading> => {
  const { settings, io, warn, talk } = sync
  const { openNetwork } = await import('../../open-network.js')
  const host = await hostFor(settings, io, { warn, note: (text) => talk.line(text) })
  const heard = new Set<AuthNotice['kind']>()
  const onNotice = (notice: AuthNotice): void => {
    heard.add(notice.kind)
    if (!aboutScopes.has(notice.kind)) host.onNotice?.(notice)
  }
  const network = openNetwork(config, { ...host, onNotice }, new Map())
  try {
    const { trustedOrigins } = config.network
    const seen = await readMembers(place, {
      fhir: network.fhir,
      clock: io.clock,
      signal: io.signal,
      trustedOrigins,
    })
    const lacks = asksForGroup(config) === false || heard.has('missing-scopes')
    return 'unknown' in seen && heard.has('refused-scopes') && lacks
      ? { ...seen, scopes: remedy(sync.config) }
      : seen
  } finally {
    await network.close()
  }
}

/** Rejects as `readMembers` does. A token for the group alone that is refused leaves the one that the export has. */
export const readGroup = async (place: GroupPlace, sync: Sync): Promise<GroupReading> => {
  const { config } = sync
  const isDerived = 'clientId' in config.network.auth && config.network.auth.scope === undefined
  if (!isDerived || asksForGroup(config) !== false) return readWith(config, place, sync)
  try {
    return await readWith({ ...config, kickOff: { ...config.kickOff, type: ['Group'] } }, place, sync)
  } catch (error) {
    if (!(error instanceof BulkxError) || error.code !== 'BULKX_TOKEN') throw error
    return readWith(config, place, sync)
  }
}
