/** What a good line is, in the words of the platform; all that the validator does is compared with this. */
import type { Inspection } from '../../src/ndjson/inspect.js'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export interface Verdict {
  isGood: boolean
  /** Of the object; empty when it names none. */
  type: string
}

const bad: Verdict = { isGood: false, type: '' }

/** Of a line without its end. */
export const verdictOf = (line: Uint8Array): Verdict => {
  try {
    const value: unknown = JSON.parse(decoder.decode(line))
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return bad
    const type = (value as Record<string, unknown>).resourceType
    return { isGood: true, type: typeof type === 'string' ? type : '' }
  } catch {
    return bad
  }
}

export const isBlank = (line: Uint8Array): boolean =>
  line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d)

/** Lines with the offsets of their first bytes; a last one without an end is a line when it has bytes. */
export const linesOf = (content: Buffer): { line: Buffer; byte: number }[] => {
  const lines: { line: Buffer; byte: number }[] = []
  for (let byte = 0; byte < content.length; ) {
    const found = content.indexOf(10, byte)
    const end = found === -1 ? content.length : found
    lines.push({ line: content.subarray(byte, end), byte })
    byte = end + 1
  }
  return lines
}

export type Counts = Pick<
  Inspection,
  'bytes' | 'lines' | 'resources' | 'badLines' | 'otherTypes' | 'outcomes' | 'brokenEnd'
> & { firstBad?: { line: number; byte: number } }

/** Counts of a file without a byte order mark and header lines, and with fewer than 100 other types. */
export const countsOf = (content: Buffer, expectedType: string): Counts => {
  const counts: Counts = {
    bytes: content.length,
    lines: 0,
    resources: 0,
    badLines: 0,
    otherTypes: {},
    outcomes: 0,
    brokenEnd: false,
  }
  for (const [index, { line, byte }] of linesOf(content).entries()) {
    if (isBlank(line)) continue
    counts.lines += 1
    const { isGood, type } = verdictOf(line)
    if (!isGood) {
      counts.badLines += 1
      counts.firstBad ??= { line: index + 1, byte }
      counts.brokenEnd = byte + line.length === content.length
      continue
    }
    if (type === 'OperationOutcome') counts.outcomes += 1
    if (type === 'Parameters' && expectedType !== 'Parameters') continue
    counts.resources += 1
    if (expectedType !== '' && type.toLowerCase() === expectedType.toLowerCase()) continue
    const name = /^[A-Za-z]{1,64}$/.test(type) ? type : 'unknown'
    counts.otherTypes[name] = (counts.otherTypes[name] ?? 0) + 1
  }
  return counts
}

/** The same of what the inspector says. */
export const countsFrom = ({ firstBadLine, ...inspection }: Inspection): Counts => {
  const { bytes, lines, resources, badLines, otherTypes, outcomes, brokenEnd } = inspection
  const counts: Counts = { bytes, lines, resources, badLines, otherTypes, outcomes, brokenEnd }
  if (firstBadLine) counts.firstBad = { line: firstBadLine.line, byte: firstBadLine.byte }
  return counts
}
