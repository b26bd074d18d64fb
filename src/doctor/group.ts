/** Check: is the group there, and how many members has it? Reading it is not needed for an export. */

import type { AuthMethod } from '../auth/method.js'
import { missingScopes } from '../auth/scopes.js'
import { BulkxError } from '../errors.js'
import { type Answer, DecodeError, readAnswer } from '../http/body.js'
import { NetworkError } from '../http/network-error.js'
import { withoutEndSlashes } from '../http/url.js'
import { parseJson } from '../json.js'
import { serverWords } from '../protocol/operation-outcome.js'
import { failed, ok, skipped, type Verdict, warning } from './check.js'
import type { Doctor } from './doctor.js'
import { grantedScopes } from './token.js'

const membersOf = (body: string): number | undefined => {
  const group = parseJson(body)
  if (typeof group !== 'object' || group === null) return undefined
  if ('member' in group && Array.isArray(group.member)) return group.member.length
  return 'quantity' in group && typeof group.quantity === 'number' ? group.quantity : undefined
}

/** How to show another credential, or one at all. */
export const refusedRemedy = ({ kind }: AuthMethod): string =>
  kind === 'none'
    ? 'say who you are: --client-id with --key or --client-secret-file, or a token by --token-file or BULKX_TOKEN'
    : 'check the token (--token-file or BULKX_TOKEN) and what this client may export'

/** A group that is not there looks like any other where none can be read. */
const unseenRemedy =
  'a wrong id is not seen here: who registered this client knows the right one, or the portal of the vendor'

const mayRead = (doctor: Doctor): boolean => {
  const { asked, granted = asked } = grantedScopes(doctor) ?? { asked: '' }
  return granted === '' || missingScopes('system/Group.r', granted).length === 0
}

/** The credential is refused, the group is not there, or groups cannot be read here. */
const withoutGroup = ({ learned, method }: Doctor, answer: Answer, name: string): Verdict => {
  const { status } = answer
  const words = serverWords(answer)
  const says = `GET ${name} answers HTTP ${status}${words === '' ? '' : `: ${words}`}`
  if (status === 401) return failed('BULKX_UNAUTHORIZED', says, refusedRemedy(method))
  const declared = learned.capability?.readable.includes('Group') === true
  if (!declared || status === 403) return skipped(`${says}; an export may work all the same`, unseenRemedy)
  if (status !== 404 && status !== 410) return warning(says, 'an export may work all the same')
  const remedy = 'check the id of the group; whoever runs the server gives it out'
  return failed('BULKX_KICK_OFF_REFUSED', says, remedy)
}

export const group = async (doctor: Doctor): Promise<Verdict> => {
  const { config, fhir, signal } = doctor
  const { target } = config.kickOff
  if (target.kind !== 'instance' || target.type !== 'Group') return skipped('no group is asked for')
  const name = `Group/${target.id}`
  if (!mayRead(doctor))
    return skipped(`${name} cannot be read with these scopes, which an export need not`, unseenRemedy)
  const url = `${withoutEndSlashes(config.fhirUrl)}/Group/${encodeURIComponent(target.id)}`
  try {
    const answer = await readAnswer(
      await fhir({ method: 'GET', url, headers: { accept: 'application/fhir+json' }, signal }),
      doctor.clock,
    )
    if (answer.status === 200) {
      const members = membersOf(answer.body)
      return ok(members === undefined ? `${name} is there` : `${name} is there, members: ${members}`)
    }
    return withoutGroup(doctor, answer, name)
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof NetworkError || error instanceof DecodeError || error instanceof BulkxError))
      throw error
    return warning(`GET ${name}: ${error.message}`, 'an export may work all the same')
  }
}
