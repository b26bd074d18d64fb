/** What a file is that is no NDJSON: recognised by how it begins, and by how few lines it has. */
import { isObject, parseJson } from '../json.js'

/**
 * `page`: HTML or XML. `outcome`: one OperationOutcome over several lines. `envelope`: a FHIR Binary with the file in
 * its base64. `bundle`, `array`: one JSON value that holds the resources. `pretty`: resources over several lines.
 */
export type Shape = 'page' | 'outcome' | 'envelope' | 'bundle' | 'array' | 'pretty'

/** Bytes from which a file is recognised; an outcome over several lines is read up to this size. */
export const beginningMax = 64 * 1024

export interface Beginning {
  /** The first bytes of the file: all of them, or `beginningMax`. */
  bytes: Buffer
  /** They are all. */
  isAll: boolean
  /** Lines that are not blank. */
  lines: number
  /** Those of them that are resources. */
  resources: number
  expectedType: string
}

/** Of the first member, or of one that stands alone on its line: not of what a resource contains. */
const typeAtFirst = (text: string): string | undefined =>
  /^[[{\s]*"resourceType"\s*:\s*"([A-Za-z]{1,64})"/.exec(text)?.[1] ??
  /\n\s{1,4}"resourceType"\s*:\s*"([A-Za-z]{1,64})"/.exec(text)?.[1]

const asOneValue = (text: string, expectedType: string): Shape | undefined => {
  if (text.startsWith('[')) return 'array'
  const type = typeAtFirst(text)
  if (type === 'Bundle' && expectedType.toLowerCase() !== 'bundle') return 'bundle'
  // Exports that stand on the server as Binary are data where Binary was asked.
  return type === 'Binary' && expectedType.toLowerCase() !== 'binary' && /"data"\s*:/.test(text)
    ? 'envelope'
    : undefined
}

const brace = '{'.charCodeAt(0)

/** What the file is instead of NDJSON; undefined when it is NDJSON, good or bad. `outcome` comes with its value. */
export const shapeOf = (
  beginning: Beginning,
): { shape: Shape; value?: Record<string, unknown> } | undefined => {
  const isOverLines = beginning.lines > 1 && 2 * beginning.resources < beginning.lines
  // Nearly every file: nothing below would say anything of it, and decoding costs more than all the checks of its lines.
  if (beginning.bytes[0] === brace && beginning.lines > 1 && !isOverLines) return undefined
  const text = beginning.bytes.toString('utf8').replace(/^[\ufeff\s]+/, '')
  if (text.startsWith('<')) return { shape: 'page' }
  const [first = ''] = text.split('\n', 1)
  if (isOverLines && /^[[{][[{\s]*$/.test(first)) {
    const value = beginning.isAll ? parseJson(text) : undefined
    if (isObject(value) && value.resourceType === 'OperationOutcome') return { shape: 'outcome', value }
    return { shape: asOneValue(text, beginning.expectedType) ?? 'pretty' }
  }
  const shape = beginning.lines === 1 ? asOneValue(text, beginning.expectedType) : undefined
  return shape && { shape }
}
