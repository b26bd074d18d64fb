/** `manifest.json`: a FHIR bulk data manifest of what is on disk. Its presence means that all of it is there. */
import { withoutQuery } from '../http/url.js'
import type { Section } from '../protocol/types.js'
import { version } from '../version.js'
import type { Finding } from './facts.js'
import { expectedType, type OutputFile, storedName, typesOf } from './files.js'
import { nameLike } from './known-files.js'
import type { JobState } from './state.js'

export const manifestName = 'manifest.json'

/** The type in FHIR's words, where there is one: a file without a type may hold a single one. */
const typeOf = (file: OutputFile): string | undefined => {
  if (file.section !== 'output') return expectedType(file)
  const [type, ...others] = typesOf(file)
  return others.length === 0 ? type : undefined
}

/** The name of the file that a URL of the manifest stands for. */
const nameAt = (url: string | undefined, state: JobState): string | undefined => {
  const file = state.files.get(url === undefined ? '' : (nameLike(state, url) ?? ''))
  return file && storedName(file)
}

/** As STU4 writes them. */
const countSeverity = ({ severities }: OutputFile): object[] | undefined =>
  severities && Object.entries(severities).map(([code, count]) => ({ code, count }))

/** What `manifest.json` says of a file; absent facts are undefined. */
export const manifestEntry = (file: OutputFile, state: JobState) => {
  const { bytes, storedBytes, sha256, lines, resources, badLines } = file.stored ?? {}
  return {
    type: typeOf(file),
    url: storedName(file),
    count: resources,
    countSeverity: countSeverity(file),
    continuesInFile: nameAt(file.continuesInFile, state),
    bulkx: { bytes, storedBytes, sha256, lines, badLines, source: withoutQuery(file.url) },
  }
}

const iso = (at: number): string => new Date(at).toISOString()

/** Patients are who, not what: they stay out of everything that is passed on. */
const parametersOf = (state: JobState): object | undefined => {
  if (!state.kickOff) return undefined
  const { target: _target, method: _method, listStyle: _listStyle, patient, ...parameters } = state.kickOff
  return { ...parameters, patients: patient?.length }
}

/** Entries that are made when they are written: a manifest of a hundred thousand files is never one text. */
class Entries {
  readonly state: JobState
  readonly section: Section

  constructor(state: JobState, section: Section) {
    this.state = state
    this.section = section
  }

  *[Symbol.iterator](): Generator<object> {
    for (const file of this.state.files.values())
      if (file.section === this.section) yield manifestEntry(file, this.state)
  }
}

const indented = (value: unknown, by: string): string =>
  JSON.stringify(value, null, 2).replaceAll('\n', `\n${by}`)

function* listText(entries: Entries): Generator<string> {
  let before = '['
  for (const one of entries) {
    yield `${before}\n    ${indented(one, '    ')}`
    before = ','
  }
  yield before === '[' ? '[]' : '\n  ]'
}

function* objectText(fields: Readonly<Record<string, unknown>>): Generator<string> {
  let before = '{'
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) continue
    yield `${before}\n  ${JSON.stringify(key)}: `
    if (value instanceof Entries) yield* listText(value)
    else yield indented(value, '  ')
    before = ','
  }
  yield '\n}\n'
}

/** The text of `manifest.json`, in pieces. `completedAt`: epoch milliseconds. */
export const manifestText = (state: JobState, findings: Finding[], completedAt: number): Iterable<string> => {
  const { resourceType: _resourceType, ...rest } = state.manifestRest
  return objectText({
    ...rest,
    transactionTime: state.transactionTime,
    request: state.kickOffUrl ?? state.request,
    requiresAccessToken: false,
    output: new Entries(state, 'output'),
    // Always there: to the IG an empty list and none are the same, and readers that forget the second do not fail.
    deleted: new Entries(state, 'deleted'),
    error: new Entries(state, 'outcome'),
    bulkx: {
      version,
      exportId: state.exportId,
      server: state.server,
      target: state.kickOff?.target,
      parameters: parametersOf(state),
      startedAt: iso(state.startedAt),
      completedAt: iso(completedAt),
      findings,
    },
  })
}
