/** Checks: an access token is had, and allows what is asked for. */

import { readTokenResponse } from '../auth/access-token.js'
import { missingScopes } from '../auth/scopes.js'
import { BulkxError } from '../errors.js'
import { NetworkError } from '../http/network-error.js'
import { parseJson } from '../json.js'
import { failed, failedBy, ok, skipped, type Verdict, warning } from './check.js'
import type { Doctor } from './doctor.js'
import { refusedRemedy } from './group.js'
import { credentialText } from './identity.js'
import { causeOf } from './refusal-cause.js'
import { refusal, withoutCredential } from './without-credential.js'

/** The end of a token that is a JWT, epoch milliseconds: nobody but the server may rely on it, but we may warn. */
const endOf = (authorization: string | undefined): number | undefined => {
  const payload = /^Bearer\s+[\w-]+\.([\w-]+)\.[\w-]*$/i.exec(authorization ?? '')?.[1]
  const claims = payload === undefined ? undefined : parseJson(Buffer.from(payload, 'base64url').toString())
  const exp = typeof claims === 'object' && claims !== null && 'exp' in claims ? claims.exp : undefined
  return typeof exp === 'number' ? exp * 1000 : undefined
}

/** Only the server knows whether a token that was made elsewhere is good: one harmless request asks it. */
const ready = async (doctor: Doctor, authorization: string | undefined): Promise<Verdict> => {
  const verdict = unexpired(doctor, authorization)
  if (verdict.status === 'failed') return verdict
  const says = await refusal(doctor)
  return says === undefined
    ? verdict
    : failed(
        'BULKX_UNAUTHORIZED',
        `${credentialText(doctor)}, and the server does not take it: ${says}`,
        refusedRemedy(doctor.method),
      )
}

const unexpired = (doctor: Doctor, authorization: string | undefined): Verdict => {
  const words = credentialText(doctor)
  const end = endOf(authorization)
  if (end === undefined || !Number.isFinite(end) || Math.abs(end) > 8.64e15) return ok(words)
  const at = new Date(end).toISOString().replace(/\.\d{3}Z$/, 'Z')
  if (end > doctor.clock.now() + (doctor.learned.skewMs ?? 0)) return ok(`${words}, good until ${at}`)
  return failed(
    'BULKX_UNAUTHORIZED',
    `The access token expired at ${at}`,
    'get a new one, for --token-file, BULKX_TOKEN or --token-command',
  )
}

/** The words of the error are those that an export ends with; the cause in front is ours. */
const refused = (error: BulkxError): Verdict => {
  const verdict = failedBy(error)
  const cause = causeOf(error.message)
  return cause ? { ...verdict, message: `${cause.words}: ${verdict.message}` } : verdict
}

export const token = async (doctor: Doctor): Promise<Verdict> => {
  const { method, credentials, clock, signal } = doctor
  try {
    const { authorization } = await credentials.headers()
    if (!('clientId' in method)) {
      return method.kind === 'none' ? withoutCredential(doctor) : ready(doctor, authorization)
    }
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof BulkxError) return refused(error)
    if (!(error instanceof NetworkError)) throw error
    return failed(
      'BULKX_UNREACHABLE',
      `No access token can be had now: ${error.message}`,
      'try again later; check the token endpoint',
    )
  }
  const answer = doctor.tokenExchange()?.answer
  const response = answer && readTokenResponse(answer, clock.now())
  if (response?.kind !== 'token') return ok('obtained')
  const notice = doctor.notices.find(({ kind }) => kind === 'clock-skew')
  const minutes = Math.round(response.token.lifetimeMs / 6000) / 10
  const message = `obtained for ${method.clientId}, good for ${minutes} min`
  return notice ? warning(`${message}; ${notice.message}`, notice.hint) : ok(message)
}

/** What was asked for and what was granted; undefined where no token was asked for, or the server does not say. */
export const grantedScopes = (doctor: Doctor): { asked: string; granted?: string } | undefined => {
  const exchange = doctor.tokenExchange()
  if (exchange === undefined) return undefined
  const response = readTokenResponse(exchange.answer, doctor.clock.now())
  if (response.kind !== 'token') return undefined
  return { asked: exchange.scope, granted: response.token.scope }
}

export const scopes = (doctor: Doctor): Verdict => {
  const found = grantedScopes(doctor)
  if (!found) return skipped('no token was asked for')
  const { asked, granted } = found
  if (granted === undefined) return ok(asked === '' ? 'none asked for' : `as asked: ${asked}`)
  const missing = asked === '' ? [] : missingScopes(asked, granted)
  if (missing.length === 0) return ok(`granted: ${granted}`)
  const notice = doctor.notices.find(({ kind }) => kind === 'missing-scopes')
  const message = notice?.message ?? `Not granted: ${missing.join(' ')}`
  // Who names types wants these; less than everything is what many servers grant for everything.
  const isNamed = doctor.config.kickOff.type !== undefined
  return isNamed ? failed('BULKX_UNAUTHORIZED', message, notice?.hint) : warning(message, notice?.hint)
}
