/** Check: is this the FHIR base URL? And if not, where could it be? */

import { discover } from '../auth/discovery.js'
import { BulkxError } from '../errors.js'
import { type Answer, DecodeError, readAnswer } from '../http/body.js'
import { compose } from '../http/exchange.js'
import { NetworkError } from '../http/network-error.js'
import { followRedirects } from '../http/redirects.js'
import { originOf, withoutEndSlashes, withoutQuery } from '../http/url.js'
import { parseJson } from '../json.js'
import { checkServerHint } from '../protocol/base-url.js'
import { isPage, serverWords } from '../protocol/operation-outcome.js'
import { readCapability } from './capability.js'
import { failed, ok, type Verdict, warning } from './check.js'
import type { Doctor } from './doctor.js'

/** What people copy along with the base. */
const tail =
  /\/(metadata|\.well-known\/smart-configuration|(Patient|Group(\/[^/]+)?)?(\/?(\$|%24)[a-z-]+)?|(Patient|Group\/[^/]+))$/i

/** Where servers mostly have their FHIR base, the likeliest first. */
const likelyPaths = ['/fhir', '/r4', '/fhir/r4', '/fhir/R4', '/api/FHIR/R4', '/baseR4']

/** How many other places are asked. */
const guessesMax = 8
/** A guess that takes longer is none, milliseconds. */
const guessTimeoutMs = 5_000

/** Other places on the same origin that may be the base. */
export const likelyBases = (fhirUrl: string): string[] => {
  const base = withoutEndSlashes(fhirUrl)
  const origin = originOf(fhirUrl) ?? ''
  const bare = withoutEndSlashes(base.replace(tail, ''))
  const below = base === origin ? [] : likelyPaths.slice(0, 3).map((path) => bare + path)
  const all = [bare, ...below, ...likelyPaths.map((path) => origin + path)]
  return [...new Set(all)].filter((url) => url !== base && url.startsWith(origin)).slice(0, guessesMax)
}

const answersAsFhir = async (doctor: Doctor, base: string): Promise<boolean> => {
  const request = {
    method: 'GET',
    url: `${base}/metadata`,
    headers: { accept: 'application/fhir+json' },
    timeoutMs: guessTimeoutMs,
    signal: doctor.signal,
  }
  try {
    const answer = await readAnswer(await compose(followRedirects)(doctor.exchange)(request), doctor.clock)
    return answer.status === 200 && readCapability(parseJson(answer.body), '') !== undefined
  } catch (error) {
    doctor.signal?.throwIfAborted()
    if (error instanceof NetworkError || error instanceof DecodeError) return false
    throw error
  }
}

const findBase = async (doctor: Doctor): Promise<string | undefined> => {
  const guesses = likelyBases(doctor.config.fhirUrl)
  const right = await Promise.all(guesses.map((guess) => answersAsFhir(doctor, guess)))
  return guesses.find((_, index) => right[index])
}

const needsDiscovery = ({ method }: Doctor): boolean => 'clientId' in method && method.tokenUrl === undefined

/** Who has to look for a token endpoint first gets no further than that: an export ends with those words. */
const discoveryError = async (doctor: Doctor): Promise<BulkxError | undefined> => {
  if (!needsDiscovery(doctor)) return undefined
  const { exchange, config, clock, signal } = doctor
  try {
    await discover({ exchange, fhirUrl: config.fhirUrl, clock, signal })
  } catch (error) {
    if (error instanceof BulkxError) return error
    signal?.throwIfAborted()
  }
  return undefined
}

/** What stands at `metadata` instead of a CapabilityStatement. */
const strangerText = (answer: Answer, fhirUrl: string): string => {
  const { status, url, body } = answer
  const elsewhere = originOf(url) === originOf(fhirUrl) ? '' : `, after a redirect to ${originOf(url)}`
  const json = parseJson(body)
  const version = /"resourceType"\s*:\s*"Conformance"/.test(body)
    ? ' of FHIR DSTU2, which has no bulk export'
    : ''
  if (version !== '') return `a server${version}`
  const words = isPage(body) || status >= 300 || json === undefined ? serverWords(answer) : 'some other JSON'
  return `HTTP ${status}${words === '' ? '' : `, ${words}`}${elsewhere}`
}

const wrongBase = async (doctor: Doctor, answer: Answer): Promise<Verdict> => {
  const { fhirUrl } = doctor.config
  const message = `${withoutQuery(fhirUrl)} is no FHIR base URL, its /metadata is ${strangerText(answer, fhirUrl)}`
  const [found, discovery] = await Promise.all([findBase(doctor), discoveryError(doctor)])
  const remedies = [
    found === undefined ? [] : `a FHIR server answers at --server ${found}`,
    discovery?.hint ?? checkServerHint,
  ].flat()
  return failed(discovery?.code ?? 'BULKX_NOT_BULK_DATA', message, remedies.join('; '))
}

export const baseUrl = async (doctor: Doctor): Promise<Verdict> => {
  const { config, learned } = doctor
  const { metadata: answer } = learned
  const shown = withoutQuery(config.fhirUrl)
  if (answer === undefined) return warning(`${shown} was not asked`)
  const { status, body } = answer
  if (status >= 200 && status < 300) {
    learned.capability = readCapability(parseJson(body), config.kickOff.operation)
    return learned.capability ? ok(shown) : wrongBase(doctor, answer)
  }
  const says = `/metadata answers HTTP ${status}`
  if ((status === 401 || status === 403) && !isPage(body)) {
    return warning(`${shown}: ${says}, though it should be open`, 'what it declares cannot be checked')
  }
  if ([502, 503, 504].includes(status)) {
    const words = serverWords(answer)
    const message = `Cannot reach ${shown}: ${says}${words === '' ? '' : `: ${words}`}; maintenance?`
    return failed('BULKX_UNREACHABLE', message, 'try again later')
  }
  if (status === 408 || status === 429 || status >= 500) {
    return warning(`${shown}: ${says}`, 'try again later; what it declares cannot be checked')
  }
  return wrongBase(doctor, answer)
}
