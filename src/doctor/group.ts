/** Check: is the group there, and how many members has it? Reading it is not needed for an export. */
import { missingScopes } from '../auth/scopes.js'
import { BulkxError } from '../errors.js'
import { DecodeError, readAnswer } from '../http/body.js'
import { NetworkError } from '../http/network-error.js'
import { parseJson, serverWords } from '../protocol/operation-outcome.js'
import { failed, ok, skipped, type Verdict, warning } from './check.js'
import type { Doctor } from './doctor.js'
import { baseOf } from './network.js'
import { grantedScopes } from './token.js'

const membersOf = (body: string): number | undefined => {
  const group = parseJson(body)
  if (typeof group !== 'object' || group === null) return undefined
  if ('member' in group && Array.isArray(group.member)) return group.member.length
  return 'quantity' in group && typeof group.quantity === 'number' ? group.quantity : undefined
}

const mayRead = (doctor: Doctor): boolean => {
  const { asked, granted = asked } = grantedScopes(doctor) ?? { asked: '' }
  return granted === '' || missingScopes('system/Group.r', granted).length === 0
}

export const group = async (doctor: Doctor): Promise<Verdict> => {
  const { config, learned, fhir, signal } = doctor
  const { target } = config.kickOff
  if (target.kind !== 'instance' || target.type !== 'Group') return skipped('no group is asked for')
  const name = `Group/${target.id}`
  if (!mayRead(doctor)) return skipped(`${name} cannot be read with these scopes, which an export need not`)
  const url = `${baseOf(config.fhirUrl)}/Group/${encodeURIComponent(target.id)}`
  try {
    const answer = await readAnswer(
      await fhir({ method: 'GET', url, headers: { accept: 'application/fhir+json' }, signal }),
    )
    const { status } = answer
    if (status === 200) {
      const members = membersOf(answer.body)
      return ok(members === undefined ? `${name} is there` : `${name} is there, members: ${members}`)
    }
    const words = serverWords(answer)
    const says = `GET ${name} answers HTTP ${status}${words === '' ? '' : `: ${words}`}`
    const declared = learned.capability?.readable.includes('Group') === true
    if ((status === 404 || status === 410) && declared) {
      return failed(
        'BULKX_KICK_OFF_REFUSED',
        says,
        'check the id of the group; the operator of the server gives it out',
      )
    }
    return declared && status !== 401 && status !== 403
      ? warning(says, 'an export may work all the same')
      : skipped(`${says}; an export may work all the same`)
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof NetworkError || error instanceof DecodeError || error instanceof BulkxError))
      throw error
    return warning(`GET ${name}: ${error.message}`, 'an export may work all the same')
  }
}
