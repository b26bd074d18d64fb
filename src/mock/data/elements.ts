/** `_elements`: keeps some elements of a line as the text they were, and tags the resource as SUBSETTED. */
import { mandatoryElements } from '../fhir-types.js'

const SUBSETTED = {
  system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue',
  code: 'SUBSETTED',
  display: 'subsetted',
}

/** Where the JSON string that begins at `start` ends, one after its closing quote. */
const stringEnd = (line: string, start: number): number => {
  for (let at = start + 1; at < line.length; at += 1) {
    if (line[at] === '\\') at += 1
    else if (line[at] === '"') return at + 1
  }
  return line.length
}

/** Where the member value that begins at `start` ends: at its comma, or at the brace that closes the resource. */
const valueEnd = (line: string, start: number): number => {
  let depth = 0
  for (let at = start; at < line.length; at += 1) {
    const letter = line[at]
    if (letter === '"') at = stringEnd(line, at) - 1
    else if (letter === '{' || letter === '[') depth += 1
    else if ((letter === '}' || letter === ',') && depth === 0) return at
    else if (letter === '}' || letter === ']') depth -= 1
  }
  return line.length
}

/** The members of a JSON object with their values as text, so that a decimal stays the decimal it was. */
export function* membersOf(line: string): Generator<[name: string, valueText: string]> {
  let at = line.indexOf('{') + 1
  while (at > 0 && at < line.length) {
    const nameStart = line.indexOf('"', at)
    if (nameStart === -1) return
    const nameEnd = stringEnd(line, nameStart)
    const valueStart = line.indexOf(':', nameEnd) + 1
    const end = valueEnd(line, valueStart)
    yield [JSON.parse(line.slice(nameStart, nameEnd)) as string, line.slice(valueStart, end).trim()]
    at = end + 1
  }
}

const taggedMeta = (text: string | undefined): string => {
  const meta = (text === undefined ? {} : JSON.parse(text)) as { tag?: unknown[] }
  return JSON.stringify({ ...meta, tag: [...(meta.tag ?? []), SUBSETTED] })
}

/** The elements of R4 that are written with their type behind the name: `value` as `valueQuantity`. */
const choiceElements =
  /^(abatement|age|born|deceased|effective|item|medication|multipleBirth|occurrence|onset|performed|reported|serviced|timing|value)[A-Z]/

/** `value` names `valueQuantity` too, and every element brings its `_element` of extensions. */
const isNamed = (member: string, elements: ReadonlySet<string>): boolean => {
  const name = member.replace(/^_/, '')
  const choice = choiceElements.exec(name)?.[1]
  return elements.has(name) || (choice !== undefined && elements.has(choice))
}

/**
 * Reads the values of `_elements` (`id`, `Patient.name`) into a function that rewrites lines of a type, or
 * undefined when they say nothing about this type.
 */
export const elementsRewriter = (
  elements: readonly string[],
  type: string,
): ((line: string) => string) | undefined => {
  const wanted = elements.flatMap((element) => {
    const [first, second] = element.split('.')
    if (second === undefined) return [element]
    return first === type ? [second] : []
  })
  if (wanted.length === 0) return undefined
  const keep = new Set(['resourceType', 'id', ...mandatoryElements(type), ...wanted])
  return (line) => {
    const members = [...membersOf(line)]
    const meta = members.find(([name]) => name === 'meta')?.[1]
    const kept = members.filter(([name]) => name !== 'meta' && isNamed(name, keep))
    kept.splice(kept.findIndex(([name]) => name === 'id') + 1, 0, ['meta', taggedMeta(meta)])
    return `{${kept.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`
  }
}
