/** What a step of the world works on: patients drawn by lot with all that is theirs, and some resources beside them. */
import { type Content, linesIn } from '../content.js'
import { compartmentsOf } from '../data/compartment.js'
import { type DataSource, GROUP_OF_TEN, type Resource } from '../data/source.js'
import type { Random } from '../seeded.js'
import type { Overlay } from './overlay.js'

export interface Found {
  type: string
  id: string
  line: string
  patients: readonly string[]
}

/** Draws one resource of a type, or nothing when the lot falls on one that is gone or cannot be read. */
export type Draw = (random: Random, type: string, overlay: Overlay) => Promise<Found | undefined>

const PAGE = 500

/** A line as a resource that can be changed: of this type, with an id. */
export const found = (line: string, type: string): Found | undefined => {
  try {
    const resource = JSON.parse(line) as Resource
    const { resourceType, id } = resource
    if (resourceType !== type || typeof id !== 'string') return undefined
    return { type, id, line, patients: compartmentsOf(resource) }
  } catch {
    return undefined
  }
}

/** Draws from the data of the beginning and from what came since then, without holding either. */
export const drawFrom = (base: DataSource): Draw => {
  const pages = new Map<string, Promise<Content[]>>()
  const pagesOf = (type: string): Promise<Content[]> => {
    const known = pages.get(type) ?? base.select(type, { supporting: true, key: '' }, PAGE)
    pages.set(type, known)
    return known
  }
  const lineAt = async (contents: readonly Content[], index: number): Promise<string | undefined> => {
    let left = index
    for (const content of contents) {
      if (left < content.count) return (await linesIn(content))[left]
      left -= content.count
    }
    return undefined
  }
  return async (random, type, { touched }) => {
    const contents = await pagesOf(type)
    const before = contents.reduce((sum, { count }) => sum + count, 0)
    const changed = touched.get(type)
    const since = [...(changed?.values() ?? [])].filter(({ deleted }) => !deleted)
    if (before + since.length === 0) return undefined
    const index = random.int(0, before + since.length - 1)
    const line = index < before ? await lineAt(contents, index) : since[index - before]?.line
    const drawn = line === undefined ? undefined : found(line, type)
    if (drawn === undefined) return undefined
    const now = changed?.get(drawn.id)
    if (now?.deleted === true) return undefined
    return now === undefined ? drawn : { ...drawn, line: now.line, patients: now.patients }
  }
}

export interface Material {
  /** Active members of the group that changes. */
  members: readonly string[]
  /** Some of them, whose data are worked on. */
  focus: readonly string[]
  /** Patients from anywhere, some of whom may be members. */
  others: readonly string[]
  /** What is in the compartments of all of these, by patient. */
  compartments: ReadonlyMap<string, readonly Found[]>
  /** Resources from anywhere. */
  strangers: readonly Found[]
}

const FOCUS = 3
const OTHERS = 3
const STRANGERS = 10

const some = <T>(random: Random, list: readonly T[], count: number): T[] => [
  ...new Set(Array.from({ length: Math.min(count, list.length) }, () => random.pick(list))),
]

const compartmentsIn = async (
  data: DataSource,
  patients: readonly string[],
): Promise<Map<string, Found[]>> => {
  const compartments = new Map<string, Found[]>(patients.map((id) => [id, []]))
  const wanted = new Set(patients)
  for (const type of data.types) {
    const contents = await data.select(type, { patients: wanted, supporting: false, key: 'step' }, PAGE)
    for (const content of contents)
      for (const line of await linesIn(content)) {
        const one = found(line, type)
        for (const patient of one?.patients ?? []) if (one) compartments.get(patient)?.push(one)
      }
  }
  return compartments
}

/** Gathers, from the data as they are now with the overlay. */
export const gather = async (
  random: Random,
  data: DataSource,
  overlay: Overlay,
  draw: Draw,
): Promise<Material> => {
  const group = await data.group(GROUP_OF_TEN)
  const members = group === undefined || group === 'everybody' ? [] : [...group]
  const focus = some(random, members, FOCUS)
  const others: string[] = []
  for (let count = 0; count < OTHERS; count += 1) {
    const patient = await draw(random, 'Patient', overlay)
    if (patient) others.push(patient.id)
  }
  const strangers: Found[] = []
  for (let count = 0; count < STRANGERS; count += 1) {
    const one = await draw(random, random.pick(data.types), overlay)
    if (one) strangers.push(one)
  }
  const compartments = await compartmentsIn(data, [...new Set([...focus, ...others])])
  return { members, focus, others, compartments, strangers }
}
