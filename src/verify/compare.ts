/** One file as it was stored, against what is there now. */
import type { Inspection } from '../ndjson/inspect.js'
import type { Content } from './content.js'
import type { Listed } from './listed.js'
import { differences, differenceText, type Problem, type Remedies } from './record.js'

const ofContent = ['bytes', 'lines', 'resources', 'badLines', 'sha256']
const ofCounts = ['lines', 'resources', 'badLines', 'otherTypes']

const firstBad = ({ firstBadLine: before }: Listed, { firstBadLine: now }: Inspection) =>
  now !== undefined && now.byte !== before?.byte ? now : undefined

const badText = (first: Problem['firstBadLine']): string =>
  first === undefined ? '' : `; its first bad line is ${first.line} at byte ${first.byte}: ${first.reason}`

const contentProblem = (
  listed: Listed,
  inspection: Inspection,
  { otherName, remedies }: Compared,
): Problem | undefined => {
  const found = differences({ ...listed }, { ...inspection }, ofContent)
  if (!found || (listed.sha256 !== undefined && !('sha256' in found.expected))) return undefined
  const firstBadLine = firstBad(listed, inspection)
  const other = otherName(inspection.sha256)
  const why = other === undefined ? '' : `; it is the content of ${other}`
  return {
    code: 'content',
    file: listed.name,
    message: `its content is not what was stored: ${differenceText(found)}${badText(firstBadLine)}${why}`,
    ...found,
    firstBadLine,
    remedy: 'bytes' in found.expected ? remedies.file : remedies.sameSize,
  }
}

/** The very bytes, and other numbers were written down for them. */
const countsProblem = (
  listed: Listed,
  inspection: Inspection,
  { remedies }: Compared,
): Problem | undefined => {
  const found = differences({ ...listed }, { ...inspection }, ofCounts)
  return (
    found && {
      code: 'counts',
      file: listed.name,
      message: `its content is as it was stored, and what is written down of it is not: ${differenceText(found)}`,
      ...found,
      remedy: remedies.journal,
    }
  )
}

/** A manifest that nobody has checked when it was written: what it says, and what every manifest promises. */
const foreignProblem = (
  { name, count, sha256 }: Listed,
  { resources, lines, badLines, firstBadLine }: Inspection,
  { remedies }: Compared,
): Problem | undefined => {
  // A header `Parameters` is a resource to some tools, and a bad line to nobody.
  if (count !== undefined && (count < resources || count > lines)) {
    const message = `it holds ${resources} resources, and the manifest counts ${count}`
    return {
      code: 'counts',
      file: name,
      message,
      expected: { count },
      found: { resources, lines },
      remedy: remedies.file,
    }
  }
  if (sha256 !== undefined || badLines === 0) return undefined
  return {
    code: 'bad-lines',
    file: name,
    message: `${badLines} of its ${lines} lines are no resources${badText(firstBadLine)}`,
    found: { lines, badLines },
    firstBadLine,
    remedy: remedies.file,
  }
}

export interface Compared {
  /** The name of another file that was stored with this content. */
  otherName: (sha256: string) => string | undefined
  remedies: Remedies
}

/** What of the file is not as it was stored; undefined when all of it is. */
export const compare = (listed: Listed, content: Content, compared: Compared): Problem | undefined => {
  const { inspection, broken, storedBytes } = content
  if (!inspection) {
    const expected = { storedBytes: listed.storedBytes ?? listed.bytes }
    return {
      code: 'broken',
      file: listed.name,
      message: `it cannot be read to its end: ${broken ?? 'it is damaged'}`,
      expected,
      found: { storedBytes },
      remedy: expected.storedBytes === storedBytes ? compared.remedies.sameSize : compared.remedies.file,
    }
  }
  return (
    contentProblem(listed, inspection, compared) ??
    countsProblem(listed, inspection, compared) ??
    (listed.sha256 === undefined ? foreignProblem(listed, inspection, compared) : undefined)
  )
}
