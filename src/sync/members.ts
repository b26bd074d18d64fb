/** Who is in a group now: read before the kick-off, so that nobody who joins later is taken for known. */
import type { Clock } from '../clock.js'
import { DecodeError } from '../http/body.js'
import { NetworkError } from '../http/network-error.js'
import { asHttps, isHttp, originOf, resolveUrl, withoutEndSlashes, withoutQuery } from '../http/url.js'
import { isObject, type Json, parseJson } from '../json.js'
import { plainText } from '../protocol/operation-outcome.js'
import { isId } from './description.js'
import { assertOwn, readPage, Unknown, type Wire } from './group-page.js'

/**
 * Ids of patients, each once, and how many members may be patients too but are not named as one of this server; or why
 * they cannot be told.
 */
export type GroupMembers = { ids: readonly string[]; unnamed: number } | { unknown: string }

export interface GroupPlace {
  fhirUrl: string
  /** Of the group. */
  id: string
}

/** Pages of a Bundle. */
const pagesMax = 1000
/** All of them together, milliseconds: the export waits for it. */
const readingMaxMs = 10 * 60_000
/** How often that is looked at, milliseconds. */
const readingCheckMs = 10_000

/** The id that a reference names, where that is a patient of this server. */
const patientOf = (reference: unknown, fhirUrl: string): string | undefined => {
  if (typeof reference !== 'string') return undefined
  const own = `${withoutEndSlashes(fhirUrl)}/`
  const local = reference.startsWith(own) ? reference.slice(own.length) : reference
  const [, id] = /^Patient\/([^/]+)(?:\/_history\/[^/]+)?$/.exec(local) ?? []
  return isId(id) ? id : undefined
}

/** What a reference, or what is said beside it, is to. */
const typeOf = ({ type, reference }: Json): unknown =>
  typeof reference === 'string'
    ? (/(?:^|\/)([A-Z][A-Za-z]*)\/[^/]+(?:\/_history\/[^/]+)?$/.exec(reference)?.[1] ?? type)
    : type

/** A group within the group has patients, too. */
const mayBePatient = (entity: unknown): boolean => {
  const type = isObject(entity) ? typeOf(entity) : undefined
  return typeof type !== 'string' || type === 'Patient' || type === 'Group'
}

/** The patients that one page names; undefined for a member who may be one. */
const patientsIn = (group: Json, fhirUrl: string): (string | undefined)[] => {
  if (!Array.isArray(group.member) || group.member.length === 0) throw new Unknown('it lists no members')
  const { quantity } = group
  const active = group.member.filter((member) => !isObject(member) || member.inactive !== true)
  if (typeof quantity === 'number' && quantity > group.member.length)
    throw new Unknown(`it has ${quantity} members, and lists ${group.member.length} of them`)
  return active.flatMap((member) => {
    const entity = isObject(member) ? member.entity : undefined
    const id = isObject(entity) ? patientOf(entity.reference, fhirUrl) : undefined
    return id !== undefined || mayBePatient(entity) ? [id] : []
  })
}

/** A list that ends where the server says that it goes on would take everybody else for departed. */
const nextOf = ({ link }: Json, url: string, fhirUrl: string): string | undefined => {
  const next = Array.isArray(link) ? link.find((one) => isObject(one) && one.relation === 'next') : undefined
  if (next === undefined) return undefined
  const resolved = typeof next.url === 'string' ? resolveUrl(next.url, url) : ''
  if (!isHttp(resolved)) throw new Unknown('its next page has no address')
  // A server behind a proxy may not know that it is asked over https.
  return originOf(asHttps(resolved)) === originOf(fhirUrl) ? asHttps(resolved) : resolved
}

const groupsIn = (value: Json): Json[] => {
  if (value.resourceType === 'Group') return [value]
  const entries = Array.isArray(value.entry) ? value.entry : []
  return entries.flatMap((entry) =>
    isObject(entry) && isObject(entry.resource) && entry.resource.resourceType === 'Group'
      ? [entry.resource]
      : [],
  )
}

/** A server may answer with a Bundle of the group, on pages. */
const readPages = async (
  { fhirUrl, id }: GroupPlace,
  wire: Wire,
): Promise<{ ids: string[]; unnamed: number }> => {
  const ids = new Set<string>()
  let unnamed = 0
  const seen = new Set<string>()
  let url: string | undefined = `${withoutEndSlashes(fhirUrl)}/Group/${encodeURIComponent(id)}`
  while (url !== undefined) {
    if (seen.has(url) || seen.size === pagesMax) throw new Unknown('its pages have no end')
    seen.add(url)
    assertOwn(url, fhirUrl, wire)
    const answer = await readPage(url, fhirUrl, wire)
    const value = parseJson(answer.body)
    if (!isObject(value)) throw new Unknown('its answer is no JSON')
    const groups = groupsIn(value)
    if (groups.length === 0 && seen.size === 1)
      throw new Unknown(
        `its answer is no Group but ${plainText(String(value.resourceType ?? 'something else'), 64)}`,
      )
    for (const group of groups)
      for (const patient of patientsIn(group, fhirUrl)) {
        if (patient === undefined) unnamed += 1
        else ids.add(patient)
      }
    url = value.resourceType === 'Bundle' ? nextOf(value, answer.url, fhirUrl) : undefined
  }
  if (ids.size === 0) throw new Unknown('none of its members is named as a patient of this server')
  return { ids: [...ids], unnamed }
}

/** The same wire, whose signal aborts when all has taken too long. */
const bounded = (wire: Wire, clock: Clock) => {
  const { signal } = wire
  const tooLong = new AbortController()
  const endsAt = clock.now() + readingMaxMs
  const stop = clock.every(readingCheckMs, () => {
    if (clock.now() >= endsAt) tooLong.abort(new Unknown('it takes more than ten minutes'))
  })
  const signals = signal === undefined ? [tooLong.signal] : [signal, tooLong.signal]
  return { wire: { ...wire, signal: AbortSignal.any(signals) }, tooLong: tooLong.signal, stop }
}

/**
 * Reads `[base]/Group/<id>` with the job's own network, each page up to three times, all of them in ten minutes. A group
 * that is refused, hides its members, lists some of them or leads to another origin is `unknown`, for a list that is too
 * short would take everybody else for departed; so would members who are listed, and not named: they are counted. Rejects
 * with what the identity says (no token), and with the signal's reason.
 */
export const readMembers = async (group: GroupPlace, given: Wire): Promise<GroupMembers> => {
  const { wire, tooLong, stop } = bounded(given, given.clock)
  try {
    return await readPages(group, wire)
  } catch (caught) {
    given.signal?.throwIfAborted()
    const error: unknown = tooLong.aborted ? tooLong.reason : caught
    if (error instanceof Unknown || error instanceof NetworkError || error instanceof DecodeError)
      return { unknown: withoutQuery(error.message) }
    throw error
  } finally {
    stop()
  }
}
