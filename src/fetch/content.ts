/** What a whole content means for the file: data, something else in its place, or not what was promised. */
import type { Shape } from '../ndjson/shape.js'
import { AttemptError } from './attempt-error.js'
import type { FileTask, StoredFile } from './task.js'
import type { Transferred } from './transfer.js'

/** What no second look changes into data, and what to do about it. */
const instead: Readonly<Partial<Record<Shape, { message: string; hint: string }>>> = {
  page: {
    message: 'the file is a web page or XML, not NDJSON',
    hint: 'a proxy or a sign-in page may answer in place of the server: `bulkx doctor`, with the same options, looks for it',
  },
  envelope: {
    message: 'the file is a FHIR Binary that holds data as base64, not NDJSON',
    hint: 'application/fhir+ndjson was asked for: a proxy may have changed the Accept header, or the server has no files without this envelope',
  },
}

/** Content that is whole and no data: a page, or nothing but OperationOutcomes where resources were expected. */
export const notData = (task: FileTask, { inspection, issues }: Transferred): AttemptError | undefined => {
  const { lines, outcomes, resources, otherTypes, notLines } = inspection
  const found = notLines && instead[notLines]
  if (found) return new AttemptError('not-data', found.message, { hint: found.hint, refresh: true })
  if (resources > 0 && otherTypes.unknown === resources && task.section === 'output') {
    return new AttemptError('not-data', 'no line of the file is a FHIR resource', { refresh: true })
  }
  const outcomesOnly = notLines === 'outcome' || (lines > 0 && lines === outcomes)
  if (task.section === 'outcome' || task.type === 'OperationOutcome' || !outcomesOnly) return undefined
  const words = issues.first.map((issue) => issue.text).join('; ')
  const message = 'the file is an OperationOutcome instead of data'
  const hint = 'the server could not write this file: if it stays so, start a new export with --again'
  return new AttemptError('not-data', words === '' ? message : `${message}: ${words}`, {
    hint,
    refresh: true,
  })
}

/** Servers that give a checksum do not say of which bytes: those that they keep, perhaps compressed, or the content. */
const wrongChecksum = ({ sha256 }: FileTask, { inspection, sentSha256 }: Transferred): string | undefined =>
  sha256 === undefined || sha256 === inspection.sha256 || sha256 === sentSha256 ? undefined : sha256

/**
 * A bad line may be a resource, one of those that the server counts; it is told of in any case. The headers of
 * `organizeOutputBy` are resources to some servers.
 */
const isWrongCount = ({ count }: FileTask, { inspection: { resources, lines } }: Transferred): boolean =>
  count !== undefined && (count < resources || count > lines)

/**
 * How it was not what was promised, although it ended properly: worth one more look before it counts as the server's.
 * A file that has another form has no count to keep.
 */
export const disappointment = (task: FileTask, transferred: Transferred): string | undefined => {
  if (wrongChecksum(task, transferred) !== undefined) return 'its sha256 was not the one the server gave'
  if (transferred.inspection.notLines === undefined && isWrongCount(task, transferred))
    return "its number of resources was not the server's"
  return transferred.inspection.brokenEnd ? 'its last line was broken' : undefined
}

/** The facts of a stored file; empty ones are left out, for there may be a million files. */
export const storedFile = (
  task: FileTask,
  transferred: Transferred,
  run: Pick<StoredFile, 'attempts' | 'durationMs' | 'again'>,
): StoredFile => {
  const { inspection, issues, storedBytes, raisedToHttps, notCompressed, endUnproved } = transferred
  const { notLines } = inspection
  return {
    bytes: inspection.bytes,
    storedBytes,
    sha256: inspection.sha256,
    lines: inspection.lines,
    resources: inspection.resources,
    badLines: inspection.badLines,
    firstBadLine: inspection.firstBadLine,
    otherTypes: Object.keys(inspection.otherTypes).length > 0 ? inspection.otherTypes : undefined,
    issues: task.section === 'outcome' || inspection.outcomes > 0 ? issues : undefined,
    notLines: notLines === 'pretty' || notLines === 'array' || notLines === 'bundle' ? notLines : undefined,
    wrongChecksum: wrongChecksum(task, transferred),
    raisedToHttps: raisedToHttps || undefined,
    notCompressed: notCompressed || undefined,
    endUnproved: (endUnproved && task.count === undefined && task.sha256 === undefined) || undefined,
    ...run,
  }
}
