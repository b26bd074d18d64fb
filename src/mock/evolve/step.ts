/** One step of the world: what is created, changed and deleted, and who joins and leaves, drawn by lot. */
import { GROUP_OF_TEN } from '../data/source.js'
import type { Random } from '../seeded.js'
import type { Standing, UndatedChange } from './changes.js'
import { aboutAnother, changedLine, copiedLine, versionOf } from './line.js'
import { type Found, found, type Material } from './material.js'
import type { Overlay } from './overlay.js'

/** The world while a step is made. */
export interface Stage {
  /** From 1. */
  step: number
  random: Random
  material: Material
  /** As it is after the changes so far. */
  overlay(): Overlay
  /** The instant of the next change, epoch milliseconds. */
  next(): number
  change(change: UndatedChange): void
}

/** The resource as it is by now, or undefined when it is gone. */
const asItIs = ({ overlay }: Stage, one: Found): Found | undefined => {
  const now = overlay().touched.get(one.type)?.get(one.id)
  if (now === undefined) return one
  return now.deleted ? undefined : { ...one, line: now.line, patients: now.patients }
}

const update = (stage: Stage, one: Found): void => {
  const { step } = stage
  const now = asItIs(stage, one)
  if (now === undefined) return
  const version = { number: versionOf(now.line) + 1, at: stage.next(), step }
  stage.change({ kind: 'put', type: now.type, id: now.id, line: changedLine(now.line, version) })
}

const create = (stage: Stage, like: Found, id: string): void => {
  const { step } = stage
  const line = copiedLine(like.line, id, { at: stage.next(), step })
  stage.change({ kind: 'put', type: like.type, id, line })
}

const remove = (stage: Stage, one: Found): void => {
  const now = asItIs(stage, one)
  if (now !== undefined)
    stage.change({ kind: 'deleted', type: now.type, id: now.id, line: now.line, patients: now.patients })
}

const stand = (stage: Stage, patient: string, as: Standing): void =>
  stage.change({ kind: 'membered', group: GROUP_OF_TEN, patient, as })

/** What can be changed alone, half of it of members. */
const poolOf = ({ focus, compartments, strangers }: Material): Found[] => [
  ...focus.flatMap((patient) => compartments.get(patient) ?? []),
  ...strangers,
]

const times = (count: number, task: (index: number) => void): void => {
  for (let index = 1; index <= count; index += 1) task(index)
}

const changeResources = (stage: Stage): void => {
  const { random, step, material } = stage
  const { strangers } = material
  const pool = poolOf(material)
  const clinical = pool.filter(({ type }) => type !== 'Patient')
  if (pool.length === 0 || clinical.length === 0) return
  times(random.int(5, 9), () => update(stage, random.pick(pool)))
  times(random.int(2, 5), () => update(stage, random.pick(strangers.length > 0 ? strangers : pool)))
  times(random.int(3, 6), (index) => {
    const like = asItIs(stage, random.pick(clinical))
    if (like) create(stage, like, `step-${step}-${index}`)
  })
  times(random.int(2, 4), () => remove(stage, random.pick(clinical)))
}

/** What was deleted is there again, and what was changed a moment ago is deleted. */
const changeMinds = (stage: Stage): void => {
  const { random, step, overlay } = stage
  const isThere = (patient: string) => overlay().touched.get('Patient')?.get(patient)?.deleted !== true
  const gone = [...overlay().touched].flatMap(([type, byId]) =>
    [...byId].flatMap(([id, { deleted, line, patients }]) =>
      deleted && type !== 'Patient' && patients.every(isThere) ? [{ type, id, line }] : [],
    ),
  )
  if (gone.length > 0 && random.chance(0.4)) {
    const { type, id, line } = random.pick(gone)
    const version = { number: versionOf(line) + 1, at: stage.next(), step }
    stage.change({ kind: 'put', type, id, line: changedLine(line, version) })
  }
}

/** A patient whom nobody knew, with as much of another one's data as fits a first visit. */
const admit = (stage: Stage): string | undefined => {
  const { random, step, material } = stage
  const [template] = material.others
  const all = template === undefined ? [] : (material.compartments.get(template) ?? [])
  const patient = all.find(({ type }) => type === 'Patient')
  if (template === undefined || patient === undefined) return undefined
  const id = `step-${step}-patient`
  create(stage, patient, id)
  const rest = all.filter(({ type }) => type !== 'Patient')
  times(Math.min(rest.length, random.int(2, 6)), (index) => {
    const like = random.pick(rest)
    const one = found(aboutAnother(like.line, template, id), like.type)
    if (one) create(stage, one, `step-${step}-first-${index}`)
  })
  return id
}

/** A patient is deleted with all that is his. */
const purge = (stage: Stage, patient: string): void => {
  const { material } = stage
  const theirs = material.compartments.get(patient) ?? []
  for (const [type, byId] of stage.overlay().touched)
    for (const [id, { deleted, line, patients }] of byId)
      if (!deleted && type !== 'Patient' && patients.includes(patient))
        remove(stage, { type, id, line, patients })
  for (const one of theirs) if (one.type !== 'Patient') remove(stage, one)
  for (const one of theirs) if (one.type === 'Patient') remove(stage, one)
  if (activeMembers(stage).includes(patient)) stand(stage, patient, 'lost')
}

const activeMembers = ({ material, overlay }: Stage): string[] => {
  const stood = overlay().stood.get(GROUP_OF_TEN)
  const stayed = material.members.filter((patient) => (stood?.get(patient)?.as ?? 'active') === 'active')
  const came = [...(stood ?? [])].filter(([, { as }]) => as === 'active').map(([patient]) => patient)
  return [...new Set([...stayed, ...came])]
}

const FEWEST_MEMBERS = 4

/** Most steps have a newcomer: somebody new, from outside, or who was a member once. */
const join = (stage: Stage, admitted: string | undefined): void => {
  const { random, material, overlay } = stage
  const stood = [...(overlay().stood.get(GROUP_OF_TEN) ?? [])]
  const former = stood.filter(([, { as }]) => as === 'gone' || as === 'inactive').map(([patient]) => patient)
  const patients = overlay().touched.get('Patient')
  const candidates = [...former, ...material.others.slice(1), ...(admitted === undefined ? [] : [admitted])]
  const active = new Set(activeMembers(stage))
  const free = candidates.filter((id) => !active.has(id) && patients?.get(id)?.deleted !== true)
  if (free.length > 0) stand(stage, random.pick(free), 'active')
}

const leave = (stage: Stage): void => {
  const { random } = stage
  const active = activeMembers(stage)
  if (active.length > FEWEST_MEMBERS)
    stand(stage, random.pick(active), random.chance(0.4) ? 'inactive' : 'gone')
}

/** Makes the step: a function of the seed, of its number and of what came before; only the instants are the clock's. */
export const makeStep = (stage: Stage): void => {
  const { random, material } = stage
  changeResources(stage)
  changeMinds(stage)
  const admitted = random.chance(0.6) ? admit(stage) : undefined
  if (random.chance(0.5)) leave(stage)
  if (random.chance(0.7)) join(stage, admitted)
  const doomed = material.others.at(-1)
  const isTemplate = doomed === material.others[0]
  if (doomed !== undefined && !isTemplate && random.chance(0.25)) purge(stage, doomed)
  else if (random.chance(0.1) && activeMembers(stage).length > FEWEST_MEMBERS) {
    const [member] = material.focus
    if (member !== undefined) purge(stage, member)
  }
  if (random.chance(0.3)) leave(stage)
}
