/** What the exports of a data set share: written into it, and compared before anything is asked again. */
import { createHash } from 'node:crypto'
import { withoutEndSlashes, withoutQuery } from '../http/url.js'
import { askedWords, seriesOf as withoutTimes } from '../job/question.js'
import { isObject, type Json } from '../json.js'
import type { KickOffRequest } from '../protocol/types.js'

/** A list as a set, for neither its order nor what is in it twice asks anything else. */
const plain = (value: unknown): unknown => {
  if (!Array.isArray(value)) return value
  const byText = new Map(value.map((item) => [JSON.stringify(item), item]))
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item)
}

/** Who they are is not written down; that they are the same can be told all the same. */
const crowd = (patients: readonly string[] | undefined): Json | undefined => {
  if (patients === undefined) return undefined
  const ids = [...new Set(patients.map((id) => id.replace(/^Patient\//, '')))].sort()
  return { count: ids.length, sha256: createHash('sha256').update(ids.join('\n')).digest('hex') }
}

/** `target`: as the command line writes it. */
export const seriesOf = (server: string, target: string, kickOff: KickOffRequest): Json => {
  const {
    target: _target,
    method: _method,
    listStyle: _listStyle,
    lenient: _lenient,
    operation,
    patient,
    ...asked
  } = withoutTimes(kickOff)
  const given = Object.entries(asked).filter(([, value]) => value !== undefined)
  const patients = crowd(patient)
  return {
    server: withoutEndSlashes(server),
    target,
    ...(operation === '$export' ? {} : { operation }),
    parameters: Object.fromEntries(given.map(([name, value]) => [name, plain(value)])),
    ...(patients === undefined ? {} : { patients }),
  }
}

/** The same whatever the order of the keys. */
const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (!isObject(value)) return JSON.stringify(value) ?? ''
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join()}}`
}

export const isSameSeries = (a: Json, b: Json): boolean => canonical(a) === canonical(b)

/** The types of a data set where they are all that another question differs in. */
export const otherTypes = (there: Json, asked: Json): readonly string[] | undefined => {
  const [own, other] = [there.parameters, asked.parameters]
  if (!isObject(own) || !isObject(other) || !Array.isArray(own.type)) return undefined
  const alike = { ...asked, parameters: { ...other, type: own.type } }
  return isSameSeries(there, alike) ? own.type.map(String) : undefined
}

/** For messages: target, server, parameters. */
export const seriesWords = ({ server, target, operation, parameters, patients }: Json): string => {
  const words = [
    `${withoutQuery(String(target))} from ${withoutQuery(String(server))}`,
    ...(operation === undefined ? [] : [String(operation)]),
    ...(isObject(parameters) ? askedWords(parameters) : []),
    ...(isObject(patients) ? [`${patients.count} patients`] : []),
  ]
  return words.join(' ')
}
