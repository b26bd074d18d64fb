/** `manifest.json`: a FHIR bulk data manifest of what is on disk. Its presence means that all of it is there. */
import { withoutQuery } from '../http/url.js'
import type { Section } from '../protocol/types.js'
import { version } from '../version.js'
import type { Finding } from './facts.js'
import { type OutputFile, storedName } from './files.js'
import type { JobState } from './state.js'

export const manifestName = 'manifest.json'

const entry = (file: OutputFile): object => {
  const { bytes, storedBytes, sha256, lines, resources, badLines } = file.stored ?? {}
  return {
    type:
      file.section === 'deleted'
        ? 'Bundle'
        : file.section === 'outcome'
          ? 'OperationOutcome'
          : file.type || undefined,
    url: storedName(file),
    count: resources,
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
  const section = (name: Section): object[] => files.filter((file) => file.section === name).map(entry)
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
