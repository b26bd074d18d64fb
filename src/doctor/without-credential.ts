/** A harmless request: does the server want a credential, or another one? */

import { BulkxError } from '../errors.js'
import { DecodeError, readAnswer } from '../http/body.js'
import { NetworkError } from '../http/network-error.js'
import { withoutEndSlashes } from '../http/url.js'
import { serverWords } from '../protocol/operation-outcome.js'
import { failed, skipped, type Verdict, warning } from './check.js'
import type { Doctor } from './doctor.js'
import { refusedRemedy } from './group.js'
import { credentialText } from './identity.js'

/** Nobody's: reading it changes nothing and brings nothing. */
const nobody = 'Patient/bulkx-doctor'

/** What the server says to such a read, with the credential there is, where that is that it wants to know who asks. */
export const refusal = async ({ config, fhir, clock, signal }: Doctor): Promise<string | undefined> => {
  const url = `${withoutEndSlashes(config.fhirUrl)}/${nobody}`
  try {
    const answer = await readAnswer(
      await fhir({ method: 'GET', url, headers: { accept: 'application/fhir+json' }, signal }),
      clock,
    )
    if (answer.status !== 401) return undefined
    const words = serverWords(answer)
    return `GET ${nobody} answers HTTP 401${words === '' ? '' : `: ${words}`}`
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof NetworkError || error instanceof DecodeError || error instanceof BulkxError)
      return undefined
    throw error
  }
}

export const withoutCredential = async (doctor: Doctor): Promise<Verdict> => {
  const { learned, method, config } = doctor
  const words = credentialText(doctor)
  const says = await refusal(doctor)
  if (Object.keys(config.network.secretHeaders).length > 0) {
    if (says === undefined) return skipped(words)
    return failed(
      'BULKX_UNAUTHORIZED',
      `${words}, and the server does not take them: ${says}`,
      'check --header-file',
    )
  }
  const remedy = refusedRemedy(method)
  if (says !== undefined)
    return failed('BULKX_UNAUTHORIZED', `${words}, and the server wants one: ${says}`, remedy)
  return learned.capability?.isSecured === true
    ? warning(`${words}, and the server wants one, says its CapabilityStatement`, remedy)
    : skipped(words)
}
