/** What was asked of the server, in words; who was asked for is left out. */
import { count } from '../cli/text.js'
import { withoutQuery } from '../http/url.js'
import type { JobState } from '../job/state.js'
import { targetText } from '../options/target.js'
import { parameterList } from '../protocol/parameters.js'
import type { KickOffRequest, Target } from '../protocol/types.js'
import { foreignWords } from './words.js'

/** A row: what, and what it is. */
export type Row = readonly [name: string, value: string]

/** Search parameters whose values are of one person. */
const personal =
  /^_?(id|patient|subject|identifier|name|family|given|phone|email|telecom|address[\w-]*|birthdate|member|beneficiary)([:.].*)?$/i

/** A search with its values, except for those that say who. */
const impersonal = (filter: string): string =>
  filter.replace(/([?&])([^=&]+)=([^&]*)/g, (whole, mark: string, name: string) =>
    personal.test(name) ? `${mark}${name}=…` : whole,
  )

/** The target as a URL loses its query. */
export const targetWords = (target: Target): string => withoutQuery(targetText(target))

const targetSentence = (target: Target): string => {
  switch (target.kind) {
    case 'system':
      return 'Everything on the server'
    case 'type':
      return target.type === 'Patient' ? 'All patients' : `All of ${target.type}`
    case 'instance':
      return target.type === 'Group' ? `The patients of group ${target.id}` : `${target.type} ${target.id}`
    case 'url':
      return `The kick-off URL ${withoutQuery(target.url)}`
    default:
      return target satisfies never
  }
}

const words: Readonly<Record<string, string>> = {
  _outputFormat: 'Format',
  _since: 'Changed since',
  _until: 'Changed until',
  _type: 'Resource types',
  _elements: 'Elements only',
  _typeFilter: 'Filters',
  includeAssociatedData: 'Associated data',
  organizeOutputBy: 'Files organised by',
  allowPartialManifests: 'Partial manifests',
}

const parameterRow = (name: string, values: readonly string[]): Row => {
  if (/^patient$/i.test(name)) return ['Patients', `${count(values.length, 'patient')}, not named here`]
  const label = Object.hasOwn(words, name) ? (words[name] ?? name) : `Parameter ${foreignWords(name)}`
  const shown = values.map((value) => (personal.test(name) ? '…' : foreignWords(impersonal(value))))
  return [label, shown.join(', ')]
}

const parameterRows = (kickOff: KickOffRequest): Row[] =>
  parameterList(kickOff).map(({ name, values }) => parameterRow(name, values))

const scope = ({ type, since }: KickOffRequest): Row[] => [
  ...(type === undefined || type.length === 0
    ? [['Resource types', 'all that the server has'] as const]
    : []),
  ...(since === undefined ? [['Changed since', 'no limit: everything'] as const] : []),
]

const methods = { get: 'GET', post: 'POST', 'post-query': 'POST with a query' } as const

const signedIn = ({ identity: { auth, profile, preset } }: JobState): Row[] => [
  ...(auth === undefined ? [] : [['Signed in by', foreignWords(auth)] as const]),
  ...(profile === undefined ? [] : [['Profile', foreignWords(profile)] as const]),
  ...(preset === undefined ? [] : [['Preset', foreignWords(preset)] as const]),
]

const serverRows = ({ server, fhirUrl }: JobState): Row[] => {
  const named = foreignWords(withoutQuery(server))
  const base = foreignWords(withoutQuery(fhirUrl))
  return [['Server', named], ...(base === named || base === '' ? [] : [['FHIR base URL', base] as const])]
}

/** Each thing that is known of the question. */
export const askedRows = (state: JobState): Row[] => {
  const { kickOff } = state
  if (!kickOff) {
    const why = 'not known: the job was kicked off elsewhere'
    return [...serverRows(state), ['What was asked', why], ...signedIn(state)]
  }
  const operation = kickOff.operation === '$export' ? '' : `, as ${foreignWords(kickOff.operation)}`
  return [
    ...serverRows(state),
    ['What', foreignWords(targetSentence(kickOff.target), targetWords(kickOff.target))],
    ...parameterRows(kickOff),
    ...scope(kickOff),
    ...(state.sinceLast ? [['Since the last export', 'yes (--since last)'] as const] : []),
    ['Request', `${methods[kickOff.method]}${operation}${kickOff.lenient ? ', lenient' : ''}`],
    ...signedIn(state),
  ]
}
