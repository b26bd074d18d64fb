/** What makes two kick-offs the same question, and two questions one series: CONTRACT part 1. */
import { withoutEndSlashes } from '../http/url.js'
import { isObject } from '../json.js'
import type { KickOffRequest } from '../protocol/types.js'
import { shellWord } from './next-command.js'

const parameterText = (parameter: unknown): string => {
  if (!isObject(parameter)) return String(parameter)
  const { name, value, datatype } = parameter
  return `${name}${datatype === undefined ? '' : `:${datatype}`}=${value}`
}

/** Neither says anything: a list of nothing, least of all. */
const isAsked = (value: unknown): boolean =>
  value !== undefined && !(Array.isArray(value) && value.length === 0)

/** Everything asked, not how this server wants it put. */
export const questionText = (server: string, kickOff: KickOffRequest): string => {
  const { method: _method, listStyle: _listStyle, lenient: _lenient, ...asked } = kickOff
  return JSON.stringify([
    withoutEndSlashes(server),
    Object.entries(asked)
      .filter(([, value]) => isAsked(value))
      .map(
        ([name, value]) =>
          [
            name,
            Array.isArray(value) ? [...value].map((item) => JSON.stringify(item)).sort() : value,
          ] as const,
      )
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  ])
}

const times: readonly string[] = ['_since', '_until']

const queryOf = ({ target }: KickOffRequest): URLSearchParams =>
  new URLSearchParams(target.kind === 'url' ? (/\?(.*)$/s.exec(target.url)?.[1] ?? '') : '')

/** Whether a time of that name is asked for in any way: as an option, as `--param`, or inside a kick-off URL. */
export const hasTime = (kickOff: KickOffRequest, name: 'since' | 'until'): boolean =>
  kickOff[name] !== undefined ||
  kickOff.extra?.some((parameter) => parameter.name === `_${name}`) === true ||
  queryOf(kickOff).has(`_${name}`)

/** The question without `_since` and `_until`: what successive incremental exports share. */
export const seriesOf = ({
  since: _since,
  until: _until,
  extra,
  ...kickOff
}: KickOffRequest): KickOffRequest => {
  const others = extra?.filter(({ name }) => !times.includes(name))
  return others === undefined || others.length === 0 ? kickOff : { ...kickOff, extra: others }
}

/** What is asked beside the target, in the options of the command line. */
export const askedWords = (asked: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(asked).flatMap(([name, value]) => {
    if (value === undefined) return []
    const option = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    if (value === true) return [option]
    if (!Array.isArray(value)) return [`${option} ${shellWord(String(value))}`]
    if (name === 'extra') return value.map((parameter) => `--param ${shellWord(parameterText(parameter))}`)
    // A comma inside a search separates nothing.
    if (name === 'typeFilter') return value.map((query) => `${option} ${shellWord(String(query))}`)
    return [`${option} ${shellWord(value.join(','))}`]
  })

/** Equal for two questions of one series. */
export const seriesText = (server: string, kickOff: KickOffRequest): string =>
  questionText(server, seriesOf(kickOff))
