/** What the content of one stored file says: lines that are none, types, counts and checksums that do not fit. */
import type { StoredFile } from '../fetch/task.js'
import type { Finding } from './facts.js'
import { expectedType, type OutputFile } from './files.js'

type Told = Omit<Finding, 'file'>

/** `2,000`. */
export const grouped = (number: number): string => String(number).replace(/\B(?=(\d{3})+$)/g, ',')

/** `1 file`, `2,000 files`. */
export const many = (number: number, what: string): string =>
  `${grouped(number)} ${what}${number === 1 ? '' : 's'}`

const forms = {
  pretty: 'pretty-printed JSON over several lines',
  array: 'a JSON array',
  bundle: 'a FHIR Bundle',
} as const

/** A file of another form is told as that, and not line by line. */
const formFinding = ({ notLines, lines }: StoredFile): Told[] => {
  if (notLines === undefined) return []
  const message = `the file is ${forms[notLines]} (${many(lines, 'line')}), not NDJSON with a resource on each line`
  return [{ severity: 'error', code: 'not-ndjson', message }]
}

const lineFindings = ({ badLines, firstBadLine: first }: StoredFile): Told[] => {
  if (badLines === 0) return []
  const where = first ? `, the first is line ${first.line} at byte ${first.byte}: ${first.reason}` : ''
  return [{ severity: 'error', code: 'bad-lines', message: `${many(badLines, 'bad line')}${where}` }]
}

/** A bad line may be one of the resources that the server counts, and so may a header of `organizeOutputBy`. */
const countFindings = ({ resources, lines }: StoredFile, count: number | undefined): Told[] => {
  if (count === undefined || (resources <= count && count <= lines)) return []
  const message = `the server counts ${many(count, 'resource')}, the file has ${grouped(resources)}`
  return [{ severity: 'error', code: 'wrong-count', message }]
}

/** OperationOutcomes are told by their issues. Where no type is expected, none is unexpected. */
const typeFindings = ({ otherTypes = {}, issues }: StoredFile, expected: string): Told[] =>
  Object.entries(expected === '' ? {} : otherTypes)
    .filter(([type]) => type !== 'OperationOutcome' || Object.keys(issues?.counts ?? {}).length === 0)
    .map(([type, number]) => {
      const message = `${many(number, 'resource')} of type ${type} where ${expected} was expected`
      return { severity: 'warning', code: 'unexpected-type', message }
    })

/** Those of a file that is on disk. */
export const contentFindings = (file: OutputFile): Finding[] => {
  const { name, count, stored } = file
  if (!stored) return []
  const form = formFinding(stored)
  const told = [
    ...(form.length > 0 ? form : [...lineFindings(stored), ...countFindings(stored, count)]),
    ...(stored.wrongChecksum === undefined ? [] : [wrongChecksum]),
    ...(form.length > 0 ? [] : typeFindings(stored, expectedType(file))),
    ...(stored.lines === 0 ? [empty] : []),
  ]
  return told.map((finding) => ({ ...finding, file: name }))
}

const wrongChecksum: Told = {
  severity: 'error',
  code: 'wrong-checksum',
  message: 'its sha256 is not the one the server gave',
}

const empty: Told = { severity: 'information', code: 'no-lines', message: 'the file is empty' }
