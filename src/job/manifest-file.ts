/** `manifest.json`: a FHIR bulk data manifest of what is on disk. Its presence means that all of it is there. */
import { withoutQuery } from '../http/url.js'
import type { Section } from '../protocol/types.js'
import { version } from '../version.js'
import type { Finding } from './facts.js'
import { expectedType, type OutputFile, storedName, typesOf } from './files.js'
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
  const file = state.files.get(state.namesByUrl.get(url ?? '') ?? '')
  return file && storedName(file)
}

/** As STU4 writes them. */
const countSeverity = ({ severities }: OutputFile): object[] | undefined =>
  severities && Object.entries(severities).map(([code, count]) => ({ code, count }))

const entry = (file: OutputFile, state: JobState): object => {
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

/** The text of `manifest.json`. `completedAt`: epoch milliseconds. */
export const manifestText = (state: JobState, findings: Finding[], completedAt: number): string => {
  const files = [...state.files.values()]
  const section = (name: Section): object[] =>
    files.filter((file) => file.section === name).map((file) => entry(file, state))
  const { resourceType: _resourceType, ...rest } = state.manifestRest
  const manifest = {
    ...rest,
    transactionTime: state.transactionTime,
    request: state.kickOffUrl ?? state.request,
    requiresAccessToken: false,
    output: section('output'),
    deleted: section('deleted'),
    error: section('outcome'),
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
  }
  return `${JSON.stringify(manifest, null, 2)}\n`
}
