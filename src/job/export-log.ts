/**
 * `log.ndjson`: the community's Bulk Data Export Log Items, version 2, as a projection of the facts. Cumulus ETL
 * reads the last `kickoff` and its `status_complete`: one `exportId` holds for the whole life of a job.
 */
import { originOf, withoutQuery } from '../http/url.js'
import { parameterList } from '../protocol/parameters.js'
import type { Section } from '../protocol/types.js'
import type { JobEvent } from './facts.js'
import type { OutputFile } from './files.js'
import { listedBy } from './pages.js'
import type { JobState } from './state.js'

export const exportLogName = 'log.ndjson'

interface LogItem {
  eventId: string
  eventDetail: Record<string, unknown>
  /** Epoch milliseconds, when it is not the fact's own. */
  at?: number
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

/** To the second, without a time zone. */
const secondChars = 19

/** A day that its month has, an hour that the day has, a year that every reader knows; `Date` takes more. */
const isOfCalendar = (value: string): boolean => {
  const second = value.slice(0, secondChars)
  const at = Date.parse(`${second}Z`)
  if (!instant.test(value) || Number.isNaN(at) || Number.isNaN(Date.parse(value))) return false
  return !value.startsWith('0000') && new Date(at).toISOString().slice(0, secondChars) === second
}

/** Years of four digits. */
const isWritable = (at: number): boolean =>
  at >= Date.parse('0001-01-01T00:00:00Z') && at <= Date.parse('9999-12-31T23:59:59.999Z')

/** Always a full instant: readers crash on less. A leap second becomes the one before it. */
const fullInstant = (text: string | undefined, otherwise: number): string => {
  const value = (text ?? '').replace(/T(\d\d:\d\d):60/, 'T$1:59')
  if (isOfCalendar(value)) return value
  const at = Date.parse(value)
  return new Date(isWritable(at) ? at : otherwise).toISOString()
}

const requestParameters = (state: JobState): Record<string, string> =>
  Object.fromEntries(
    state.kickOff
      ? parameterList(state.kickOff)
          .filter(({ name }) => name !== 'patient')
          .map(({ name, values }) => [name, values.join(',')])
      : [],
  )

const kickoff = (state: JobState, exportUrl: string, answer: Record<string, unknown>): LogItem => ({
  eventId: 'kickoff',
  eventDetail: {
    exportUrl: exportUrl.replaceAll('%24', '$'),
    errorCode: null,
    errorBody: null,
    softwareName: null,
    softwareVersion: null,
    softwareReleaseDate: null,
    fhirVersion: null,
    requestParameters: requestParameters(state),
    logVersion: '2',
    ...answer,
  },
})

const itemTypes: Record<Section, string> = { output: 'output', deleted: 'deleted', outcome: 'error' }

const downloadRequest = (file: OutputFile, fileUrl: string, at: number): LogItem => ({
  eventId: 'download_request',
  at,
  eventDetail: { fileUrl, itemType: itemTypes[file.section], resourceType: file.type || null },
})

const statusError = (code: number, message: string): LogItem => ({
  eventId: 'status_error',
  eventDetail: { body: null, code, message },
})

const countOf = (state: JobState, section: Section): number =>
  [...state.files.values()].filter((file) => file.section === section).length

const manifestItems = (
  event: Extract<JobEvent, { type: 'manifest-received' }>,
  state: JobState,
): LogItem[] => {
  if (state.refreshed.has(event.page)) return []
  const transactionTime = fullInstant(state.transactionTime, state.serverDate ?? state.acceptedAt)
  const { output, deleted, outcome } = listedBy(event)
  const items: LogItem[] = [
    {
      eventId: 'status_page_complete',
      eventDetail: {
        transactionTime,
        outputFileCount: output,
        deletedFileCount: deleted,
        errorFileCount: outcome,
      },
    },
  ]
  if ((state.pages.size === 1 || event.page === state.pollingLocation) && !event.partial) {
    items.unshift({ eventId: 'status_complete', eventDetail: { transactionTime } })
    // A job kicked off elsewhere: what the manifest says of its request is all that is known.
    const asked = state.request ?? ''
    if (state.attached && state.kickOffUrl === undefined && originOf(asked) === originOf(state.fhirUrl))
      items.unshift(kickoff(state, asked, {}))
  }
  if (event.manifest.next === undefined && !event.partial) {
    items.push({
      eventId: 'manifest_complete',
      eventDetail: {
        transactionTime,
        totalOutputFileCount: countOf(state, 'output'),
        totalDeletedFileCount: countOf(state, 'deleted'),
        totalErrorFileCount: countOf(state, 'outcome'),
        totalManifests: state.pages.size,
      },
    })
  }
  return items
}

const fileItems = (
  event: Extract<JobEvent, { type: 'file-completed' | 'file-failed' }>,
  state: JobState,
): LogItem[] => {
  const file = state.files.get(event.name)
  if (!file) return []
  const fileUrl = withoutQuery(file.url)
  if (event.type === 'file-failed') {
    const eventDetail = { body: null, code: event.status ?? event.code, fileUrl, message: event.message }
    return [downloadRequest(file, fileUrl, event.at), { eventId: 'download_error', eventDetail }]
  }
  const eventDetail = { fileUrl, fileSize: event.bytes, resourceCount: event.resources }
  return [
    downloadRequest(file, fileUrl, event.at - event.durationMs),
    { eventId: 'download_complete', eventDetail },
  ]
}

const exportComplete = (state: JobState, at: number): LogItem => {
  const stored = [...state.files.values()].flatMap((file) => (file.stored ? [file.stored] : []))
  return {
    eventId: 'export_complete',
    eventDetail: {
      files: stored.length,
      resources: stored.reduce((sum, { resources }) => sum + resources, 0),
      bytes: stored.reduce((sum, { bytes }) => sum + bytes, 0),
      attachments: null,
      // A clock may have been set back meanwhile.
      duration: Math.max(0, at - state.startedAt),
    },
  }
}

const itemsOf = (event: JobEvent, state: JobState): LogItem[] => {
  switch (event.type) {
    case 'kick-off-accepted':
      // Our own kick-off whose answer was lost has a URL that is known.
      return event.attached && state.kickOffUrl === undefined
        ? []
        : [kickoff(state, state.kickOffUrl ?? '', { responseHeaders: event.headers })]
    case 'kick-off-refused': {
      const answer = { errorCode: event.status, errorBody: event.message, responseHeaders: event.headers }
      return [kickoff(state, state.kickOffUrl ?? '', answer)]
    }
    case 'status-in-progress': {
      const retryAfter = event.retryAfterMs === undefined ? '' : String(Math.ceil(event.retryAfterMs / 1000))
      return [
        {
          eventId: 'status_progress',
          eventDetail: { body: null, xProgress: event.progress ?? '', retryAfter },
        },
      ]
    }
    case 'manifest-received':
      return manifestItems(event, state)
    case 'file-completed':
    case 'file-failed':
      return fileItems(event, state)
    case 'export-failed':
    case 'export-gone':
      return [statusError(event.status, event.message)]
    case 'manifest-written':
      return [exportComplete(state, event.at)]
    default:
      return []
  }
}

/** The lines that one event adds, each ended; empty for events the format does not know. `state`: after the event. */
export const exportLogLines = (event: JobEvent, state: JobState): string =>
  itemsOf(event, state)
    .map(({ eventId, eventDetail, at = event.at }) => {
      const timestamp = new Date(at).toISOString()
      return `${JSON.stringify({ exportId: state.exportId, timestamp, eventId, eventDetail })}\n`
    })
    .join('')
