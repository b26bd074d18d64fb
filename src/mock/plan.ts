/** Which files an export has: from what was asked to selections of the data. */
import { bytesContent, type Content, gzipContent, linesIn } from './content.js'
import { compartmentsOf } from './data/compartment.js'
import { elementsRewriter } from './data/elements.js'
import { readSearch } from './data/search.js'
import type { Deletion, Resource, Selection } from './data/source.js'
import type { JobFile } from './jobs.js'
import { organizedFiles } from './organized.js'
import { type OutcomeIssue, operationOutcome, Refusal } from './outcome.js'
import type { Query } from './parameters.js'
import type { Level, Personality } from './personality.js'
import type { World } from './world.js'

export interface Target {
  level: Level
  /** The resource type of the path, and its id. */
  type?: string
  id?: string
}

/** Everything that was asked, checked against the data. */
export interface Asked {
  target: Target
  query: Query
  /** The patients whose compartments are wanted; absent: everybody's. */
  patients?: ReadonlySet<string>
  /** What was left out because the client asked for lenience. */
  ignored: readonly OutcomeIssue[]
  /** Whether the client may have a type. */
  mayExport(type: string): boolean
}

const DELETIONS_A_BUNDLE = 100

/** The mock's own id of a group that the personality calls so. */
export const groupOf = ({ groups }: Personality, id: string): string =>
  Object.hasOwn(groups, id) ? (groups[id] ?? id) : id

/** The patients of a target. Throws a Refusal when the group or the patient does not exist. */
export const membersOf = async (
  world: World,
  { level, id = '' }: Target,
): Promise<ReadonlySet<string> | undefined> => {
  if (level === 'instance') {
    if (!(await world.data.hasPatient(id))) throw new Refusal(404, 'not-found', `There is no Patient/${id}`)
    return new Set([id])
  }
  if (level !== 'group') return undefined
  const { refusals } = world.personality
  const members = await world.data.group(groupOf(world.personality, id))
  if (members === undefined) throw new Refusal(refusals.group, 'not-found', `There is no Group/${id}`)
  if (members !== 'everybody' && members.size === 0 && refusals.emptyGroup !== undefined)
    throw new Refusal(refusals.emptyGroup, 'business-rule', `Nobody is in Group/${id}`)
  return members === 'everybody' ? undefined : members
}

/** The types that the personality exports when it is asked for these, or for all. */
export const exportable = (
  { types }: Personality,
  named?: readonly string[],
): ((type: string) => boolean) => {
  const { exported, accompanying } = types
  if (exported === undefined) return () => true
  const accompanies = named === undefined || named.some((type) => exported.includes(type))
  return (type) => exported.includes(type) || (accompanies && accompanying.includes(type))
}

/** The filters of one type, any of which is enough. */
const searchesOf = ({ typeFilter = [] }: Query, type: string) =>
  typeFilter.filter((filter) => filter.type === type).map(({ search }) => readSearch(search).matches)

/** Those whose whole history comes, because they joined the group of the target after `_since`. */
const broughtWhole = (
  { personality, data }: World,
  { target: { level, id = '' }, query: { since } }: Asked,
): ReadonlySet<string> => {
  if (level !== 'group' || since === undefined || personality.since.newMembers(id) === 'changes')
    return new Set()
  const joined = data.membership?.(groupOf(personality, id))?.joinedAt ?? []
  return new Set([...joined].filter(([, at]) => at > since).map(([patient]) => patient))
}

const keepOf = (query: Query, type: string, whole: ReadonlySet<string> = new Set()): Selection['keep'] => {
  const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = query
  const searches = searchesOf(query, type)
  const timed = query.since !== undefined || query.until !== undefined
  if (!timed && searches.length === 0) return undefined
  return (resource: Resource) => {
    const updated = resource.meta?.lastUpdated
    // A resource that does not say when it changed may have changed since then: it is never left out.
    const inTime = updated === undefined || (Date.parse(updated) > since && Date.parse(updated) <= until)
    const comes = inTime || (whole.size > 0 && compartmentsOf(resource).some((id) => whole.has(id)))
    return comes && (searches.length === 0 || searches.some((matches) => matches(resource)))
  }
}

const typesOf = (world: World, { target, query, mayExport }: Asked): string[] => {
  const isExportable = exportable(world.personality, query.types)
  const { files, types } = world.personality
  const listedWithout = files.blank === undefined ? [] : (types.exported ?? [])
  return [...new Set([...world.data.types, ...listedWithout])].filter(
    (type) =>
      mayExport(type) &&
      isExportable(type) &&
      (target.level !== 'type' || type === target.type) &&
      (query.types === undefined || query.types.includes(type)),
  )
}

interface Selected {
  type: string
  contents: Content[]
}

/** Whose compartments an export looks at: all of its patients, or, of a group, those that changed themselves. */
const lookedAt = async (
  { personality, data }: World,
  { target: { level }, query, patients }: Asked,
): Promise<ReadonlySet<string> | undefined> => {
  if (personality.since.groupLooksAt === 'members' || level !== 'group' || query.since === undefined)
    return patients
  const keep = keepOf({ since: query.since, until: query.until }, 'Patient')
  const selection: Selection = { patients, supporting: false, keep, key: JSON.stringify([level, query]) }
  const changed = await data.select('Patient', selection, Number.MAX_SAFE_INTEGER)
  const lines = (await Promise.all(changed.map(linesIn))).flat()
  return new Set(lines.flatMap((line) => (JSON.parse(line) as Resource).id ?? []))
}

const selectedOf = async (world: World, asked: Asked): Promise<Selected[]> => {
  const { target, query } = asked
  const patients = await lookedAt(world, asked)
  const whole = broughtWhole(world, asked)
  const selected: Selected[] = []
  for (const type of typesOf(world, asked)) {
    const keep = keepOf(query, type, whole)
    const rewrite = elementsRewriter(query.elements ?? [], type)
    const selection: Selection = {
      patients,
      supporting: target.level !== 'instance',
      keep,
      rewrite,
      key: JSON.stringify([target.level, query]),
    }
    selected.push({ type, contents: await world.data.select(type, selection, world.pageSize) })
  }
  return selected
}

const outputFiles = async (world: World, asked: Asked): Promise<JobFile[]> => {
  const { blank, name } = world.personality.files
  const { organizeBy } = asked.query
  const selected = await selectedOf(world, asked)
  if (organizeBy !== undefined) return organizedFiles(world, organizeBy, selected)
  return selected.flatMap(({ type, contents }): JobFile[] => {
    if (contents.length === 0 && blank !== undefined)
      return [{ section: 'output', type, name: blank, content: bytesContent(Buffer.alloc(0), 0) }]
    return contents.map((content, index) => {
      const named = { section: 'output', type, number: index + 1 } as const
      return { section: 'output', type, name: name(named), content }
    })
  })
}

const linesFile = (
  { personality }: World,
  section: JobFile['section'],
  type: string,
  lines: readonly unknown[],
): JobFile[] => {
  if (lines.length === 0) return []
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  return [
    {
      section,
      type,
      name: personality.files.name({ section, type, number: 1 }),
      content: bytesContent(Buffer.from(text), lines.length),
    },
  ]
}

/** Whose deletions are told: the patients of the export, and who was one of them until the deletion. */
const reachOf = (
  { personality, data }: World,
  { target: { level, id = '' }, query, patients }: Asked,
): ReadonlySet<string> | undefined => {
  const lost = level === 'group' ? data.membership?.(groupOf(personality, id))?.lost : undefined
  if (patients === undefined || lost === undefined || query.patients !== undefined) return patients
  return new Set([...patients, ...lost])
}

const wasDeleted = (world: World, asked: Asked): Deletion[] => {
  const { since, until = Number.POSITIVE_INFINITY } = asked.query
  if (since === undefined || !world.personality.manifest.deleted) return []
  const types = new Set(typesOf(world, asked))
  const patients = reachOf(world, asked)
  const inReach = ({ type, id, patient = type === 'Patient' ? id : undefined }: Deletion) =>
    patient === undefined ? asked.target.level !== 'instance' : (patients?.has(patient) ?? true)
  const deletions = [...world.data.deletions()].filter(
    (deletion) =>
      types.has(deletion.type) && deletion.at > since && deletion.at <= until && inReach(deletion),
  )
  return [...new Map(deletions.map((deletion) => [`${deletion.type}/${deletion.id}`, deletion])).values()]
}

const deletionBundles = (deletions: readonly Deletion[]) =>
  Array.from({ length: Math.ceil(deletions.length / DELETIONS_A_BUNDLE) }, (_, index) => ({
    resourceType: 'Bundle',
    id: `deleted-${index + 1}`,
    type: 'transaction',
    entry: deletions
      .slice(index * DELETIONS_A_BUNDLE, (index + 1) * DELETIONS_A_BUNDLE)
      .map(({ type, id }) => ({ request: { method: 'DELETE', url: `${type}/${id}` } })),
  }))

const compressed = (file: JobFile): JobFile => ({
  ...file,
  name: `${file.name}.gz`,
  content: gzipContent(file.content),
})

/** The files of an export in the order of its manifest: output, deleted, error. */
export const planFiles = async (world: World, asked: Asked): Promise<JobFile[]> => {
  const files = [
    ...(await outputFiles(world, asked)),
    ...linesFile(world, 'deleted', 'Bundle', deletionBundles(wasDeleted(world, asked))),
    ...linesFile(
      world,
      'error',
      'OperationOutcome',
      [...asked.ignored, ...(world.data.reports?.() ?? [])].map((issue) => operationOutcome([issue])),
    ),
  ]
  const { storedGzip } = world.personality.files
  return storedGzip.includes(asked.query.outputFormat ?? '') ? files.map(compressed) : files
}
