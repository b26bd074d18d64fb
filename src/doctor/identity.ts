/** Checks: where tokens are had, with which key, and by whose clock. */

import { skewText, skewThatMattersMs } from '../auth/clock-skew.js'
import { checkMethod } from '../auth/credentials-for.js'
import { discover, readSmartConfiguration } from '../auth/discovery.js'
import { signerFrom } from '../auth/held-keys.js'
import { BulkxError } from '../errors.js'
import { readAnswer } from '../http/body.js'
import { compose, type Exchange } from '../http/exchange.js'
import { NetworkError } from '../http/network-error.js'
import { followRedirects } from '../http/redirects.js'
import { withoutEndSlashes, withoutQuery } from '../http/url.js'
import { parseJson } from '../json.js'
import { failed, ok, skipped, type Verdict, warning } from './check.js'
import type { Doctor } from './doctor.js'
import { causeOf } from './refusal-cause.js'

/** SMART: an assertion lives no longer. */
const assertionLifetimeMs = 5 * 60_000

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []

/** Where a ready-made credential comes from, in words. */
export const credentialText = ({ method, config }: Pick<Doctor, 'method' | 'config'>): string => {
  switch (method.kind) {
    case 'none':
      return Object.keys(config.network.secretHeaders).length === 0
        ? 'no credential is used'
        : 'headers of a file are the credential'
    case 'bearer':
      return 'a ready-made bearer token is used'
    case 'headers':
      return 'headers of a file are the credential'
    case 'command':
      return 'a program gives the token'
    case 'backend-services':
    case 'client-secret-basic':
    case 'client-secret-post':
      return `tokens are asked for, by ${method.kind}`
    default:
      return method satisfies never
  }
}

/** What smart-configuration lists; every page was asked for before, and is remembered. */
const learnAlgs = async ({ exchange, config, learned, clock, signal }: Doctor): Promise<void> => {
  const url = `${withoutEndSlashes(config.fhirUrl)}/.well-known/smart-configuration`
  try {
    const request = { method: 'GET', url, headers: { accept: 'application/json' }, signal }
    const answer = await readAnswer(await compose(followRedirects)(exchange)(request), clock)
    const json = answer.status === 200 ? parseJson(answer.body) : undefined
    if (readSmartConfiguration(json) === undefined) return
    const { token_endpoint_auth_signing_alg_values_supported: algs } = json as Record<string, unknown>
    learned.signingAlgs = texts(algs)
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof Error)) throw error
  }
}

const watched =
  (exchange: Exchange, urls: string[]): Exchange =>
  (request) => {
    urls.push(request.url)
    return exchange(request)
  }

export const discovery = async (doctor: Doctor): Promise<Verdict> => {
  const { method, exchange, config, learned, clock, signal } = doctor
  if (!('clientId' in method)) return skipped(`${credentialText(doctor)}: no token endpoint is needed`)
  if (method.tokenUrl !== undefined) {
    await learnAlgs(doctor)
    return ok(`token endpoint ${withoutQuery(method.tokenUrl)}, from --token-url`)
  }
  const urls: string[] = []
  try {
    const deps = { exchange: watched(exchange, urls), clock, signal }
    const found = await discover({ ...deps, fhirUrl: config.fhirUrl })
    learned.hints = found.hints
    await learnAlgs(doctor)
    const source = urls.some((url) => url.endsWith('/metadata'))
      ? 'the CapabilityStatement'
      : 'smart-configuration'
    return ok(`token endpoint ${withoutQuery(found.tokenUrl)}, says ${source}`)
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error
    const message = `Cannot find the token endpoint: ${error.message}`
    return failed('BULKX_UNREACHABLE', message, 'try again later, or name it with --token-url')
  }
}

/** Reads the key or secret as a token request does. */
export const key = async (doctor: Doctor): Promise<Verdict> => {
  const { method, learned } = doctor
  await checkMethod(method)
  if (method.kind === 'none' || method.kind === 'headers') return skipped(credentialText(doctor))
  if (method.kind === 'command') return skipped(credentialText(doctor))
  if (method.kind === 'bearer') return ok('the bearer token is readable')
  if (method.kind !== 'backend-services') return ok(`the client secret of ${method.clientId} is readable`)
  const { alg, kid } = await signerFrom(await method.readKey(), { kid: method.kid, alg: method.alg })
  const algs = learned.signingAlgs ?? []
  if (algs.length === 0 || algs.includes(alg)) return ok(`readable, signs with ${alg}, kid ${kid}`)
  return warning(
    `It signs with ${alg} (kid ${kid}), and the server lists ${algs.join(', ')}`,
    'if the token is refused, use another key (`bulkx auth keygen`) or --alg',
  )
}

/** Assertions are made by the server's time when it refuses those of ours: only what that does not mend is a failure. */
const skewedAssertion = async (doctor: Doctor, skewMs: number): Promise<Verdict> => {
  const text = skewText(skewMs)
  const mend = 'set the clock of this computer'
  try {
    await doctor.credentials.headers()
  } catch (error) {
    doctor.signal?.throwIfAborted()
    if (error instanceof BulkxError && error.code === 'BULKX_TOKEN') {
      const cause = causeOf(error.message)
      const message = `${text}, and the server refuses assertions of another time: ${error.message}`
      const remedy = error.hint === undefined ? mend : `${mend}; ${error.hint}`
      if (cause === undefined || cause.id === 'clock') return failed('BULKX_TOKEN', message, remedy)
    }
    return warning(text, mend)
  }
  return warning(`${text}; assertions are made by the server's time`, mend)
}

export const clock = async (doctor: Doctor): Promise<Verdict> => {
  const { method, learned } = doctor
  const { skewMs } = learned
  if (skewMs === undefined) return skipped('the server does not tell its time')
  if (Math.abs(skewMs) <= skewThatMattersMs) return ok("agrees with the server's")
  if (method.kind === 'backend-services' && Math.abs(skewMs) > assertionLifetimeMs) {
    return skewedAssertion(doctor, skewMs)
  }
  return warning(skewText(skewMs), 'set the clock of this computer')
}
