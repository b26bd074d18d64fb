/** Reading a Group: who is a member of it now. */
import { type Access, insufficientScope } from './access.js'
import { linesIn } from './content.js'
import type { DataSource } from './data/source.js'
import { jsonResponse, Refusal } from './outcome.js'
import { groupOf } from './plan.js'
import { allows } from './token-scopes.js'
import { momentOf, type World } from './world.js'

const everybodyIn = async (data: DataSource): Promise<string[]> => {
  const ids: string[] = []
  for (const content of await data.select('Patient', { supporting: true, key: 'everybody' }, 10_000))
    for (const line of await linesIn(content)) ids.push(String((JSON.parse(line) as { id?: unknown }).id))
  return ids
}

const reference = (patient: string) => ({ reference: `Patient/${patient}` })

/** Answers with the Group as it is now. Throws a Refusal where it is not there, or not to be read. */
export const readGroup = async (world: World, id: string, { scopes }: Access): Promise<Response> => {
  const { refusals } = world.personality
  if (refusals.groupRead !== undefined)
    throw new Refusal(
      refusals.groupRead,
      refusals.groupRead === 403 ? 'forbidden' : 'not-supported',
      'Groups cannot be read here',
    )
  if (!allows(scopes, 'Group', 'r'))
    throw insufficientScope(world, { scopes, mayExport: () => false }, ['Group'])
  const { data } = await momentOf(world)
  const own = groupOf(world.personality, id)
  const members = await data.group(own)
  if (members === undefined) throw new Refusal(404, 'not-found', `There is no Group/${id}`)
  const active = members === 'everybody' ? await everybodyIn(data) : [...members]
  const inactive = [...(data.membership?.(own)?.inactive ?? [])]
  const group = {
    resourceType: 'Group',
    id,
    type: 'person',
    actual: true,
    quantity: active.length,
    member: [
      ...active.map((patient) => ({ entity: reference(patient) })),
      ...inactive.map((patient) => ({ entity: reference(patient), inactive: true })),
    ],
  }
  return jsonResponse(200, group, { 'content-type': 'application/fhir+json' })
}
