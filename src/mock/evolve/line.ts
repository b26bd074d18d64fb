/** Lines made from lines: a later version, a copy under another id. What is not changed stays the text it was. */
import { membersOf } from '../data/elements.js'
import { instant } from '../data/population.js'

export interface Version {
  /** From 1. */
  number: number
  /** Of `meta.lastUpdated`, epoch milliseconds. */
  at: number
  /** The step of the world that made it. */
  step: number
}

interface Meta {
  versionId?: string
  [element: string]: unknown
}

const metaOf = (line: string): Meta => {
  const text = [...membersOf(line)].find(([name]) => name === 'meta')?.[1]
  return text === undefined ? {} : (JSON.parse(text) as Meta)
}

/** The version that a line says it is; 1 where it does not say. */
export const versionOf = (line: string): number => Number(metaOf(line).versionId ?? 1) || 1

/** What becomes of some elements in a later version, so that it does not differ in its meta alone. */
const corrected: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  active: { true: 'false', false: 'true' },
  status: { '"final"': '"amended"' },
}

const written = (line: string, replaced: ReadonlyMap<string, string>): string => {
  const members = [...membersOf(line)]
  if (!members.some(([name]) => name === 'meta')) members.splice(2, 0, ['meta', '{}'])
  return `{${members.map(([name, text]) => `${JSON.stringify(name)}:${replaced.get(name) ?? text}`).join(',')}}`
}

const metaText = (line: string, { number, at, step }: Version): string =>
  JSON.stringify({
    ...metaOf(line),
    versionId: String(number),
    lastUpdated: instant(at),
    source: `urn:bulkx:mock:step:${step}`,
  })

/** A later version of the same resource. */
export const changedLine = (line: string, version: Version): string => {
  const replaced = new Map([['meta', metaText(line, version)]])
  for (const [name, text] of membersOf(line)) {
    const other = corrected[name]?.[text]
    if (other !== undefined) replaced.set(name, other)
  }
  return written(line, replaced)
}

/** The first version of another resource that says the same. */
export const copiedLine = (line: string, id: string, version: Omit<Version, 'number'>): string =>
  written(
    line,
    new Map([
      ['id', JSON.stringify(id)],
      ['meta', metaText(line, { ...version, number: 1 })],
    ]),
  )

/** The same about another patient. */
export const aboutAnother = (line: string, patient: string, other: string): string =>
  line.replaceAll(`Patient/${patient}"`, `Patient/${other}"`)
