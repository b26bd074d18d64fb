/** Twenty steps of a changing world, followed over HTTP alone, by a merge that knows nothing of how the mock works. */
import { expect, test } from 'vitest'
import { createMock, type MockOptions, personality } from '../../src/mock/index.js'
import { fakeClock } from '../helpers/fake-clock.js'
import { ask, exported, FHIR, JOB_MS, type Manifest, posted, textOf } from './conversation.js'

/** What a consumer holds: lines by `Type/id`. */
type Holding = Map<string, string>

interface Server {
  mock: ReturnType<typeof createMock>
  clock: ReturnType<typeof fakeClock>
}

interface Some {
  resourceType: string
  id: string
  subject?: { reference: string }
  patient?: { reference: string }
  entry?: { request: { url: string } }[]
}

const ownerOf = (line: string): string | undefined => {
  const { resourceType, id, subject, patient } = JSON.parse(line) as Some
  return resourceType === 'Patient' ? id : (subject ?? patient)?.reference.replace('Patient/', '')
}

const merge = async ({ mock }: Server, manifest: Manifest, holding: Holding): Promise<void> => {
  const lines = (text: string) => text.split('\n').filter((line) => line !== '')
  for (const line of lines(await textOf(mock, manifest.deleted)))
    for (const { request } of (JSON.parse(line) as Some).entry ?? []) holding.delete(request.url)
  for (const line of lines(await textOf(mock, manifest.output))) {
    const { resourceType, id } = JSON.parse(line) as Some
    holding.set(`${resourceType}/${id}`, line)
  }
}

const forget = (holding: Holding, patients: ReadonlySet<string>): void => {
  for (const [key, line] of holding) if (patients.has(ownerOf(line) ?? '')) holding.delete(key)
}

const activeMembers = async ({ mock }: Server): Promise<Set<string>> => {
  const group = (await (await ask(mock, `${FHIR}/Group/123`)).json()) as {
    member: { entity: { reference: string }; inactive?: boolean }[]
  }
  const active = group.member.filter(({ inactive }) => inactive !== true)
  return new Set(active.map(({ entity }) => entity.reference.replace('Patient/', '')))
}

const textsOf = (holding: Holding): Record<string, string[]> => {
  const byType: Record<string, string[]> = {}
  for (const [key, line] of holding) {
    const type = key.split('/')[0] ?? ''
    byType[type] = [...(byType[type] ?? []), line]
  }
  for (const lines of Object.values(byType)) lines.sort()
  return byType
}

const truthTexts = async ({ mock }: Server, ...args: Parameters<Server['mock']['truth']>) => {
  const truth = await mock.truth(...args)
  return Object.fromEntries([...truth].map(([type, lines]) => [type, [...lines].sort()]))
}

const STEPS = 20

const serverWith = (options: Partial<MockOptions>): Server => {
  const clock = fakeClock()
  return { clock, mock: createMock({ clock, jobMs: JOB_MS, evolve: 'when-told', ...options }) }
}

const kickOffOf = (path: string, since?: string): string =>
  since === undefined ? `${path}/$export` : `${path}/$export?_since=${encodeURIComponent(since)}`

test.each([1, 2])('everybody: incremental exports, merged, are the truth (seed %i)', async (seed) => {
  const server = serverWith({ data: { seed, patients: 30 }, pageSize: 20 })
  const holding: Holding = new Map()
  let since: string | undefined
  for (let step = 0; step <= STEPS; step += 1) {
    const manifest = await exported(server, kickOffOf('Patient', since))
    await merge(server, manifest, holding)
    expect(textsOf(holding), `step ${step}`).toEqual(
      await truthTexts(server, manifest.transactionTime, 'Patient'),
    )
    since = manifest.transactionTime
    await server.mock.evolve()
  }
})

const policies = ['keep', 'remove'] as const

test.each([1, 2].flatMap((seed) => policies.map((departed) => ({ seed, departed }))))(
  'a group: with newcomers whole, departed $departed, it is the truth (seed $seed)',
  async (row) => {
    const { seed, departed } = row
    const server = serverWith({ data: { seed, patients: 30 } })
    const holding: Holding = new Map()
    const seen = { joined: 0, left: 0, rejoined: 0, deleted: 0 }
    const once = new Set<string>()
    let known: Set<string> | undefined
    let since: string | undefined
    for (let step = 0; step <= STEPS; step += 1) {
      const members = await activeMembers(server)
      const manifest = await exported(server, kickOffOf('Group/123', since))
      await merge(server, manifest, holding)
      const newcomers = [...members].filter((patient) => known !== undefined && !known.has(patient))
      const left = [...(known ?? [])].filter((patient) => !members.has(patient))
      if (departed === 'remove') forget(holding, new Set(left))
      if (newcomers.length > 0) {
        // Whole: what was held of who comes back is worth nothing.
        forget(holding, new Set(newcomers))
        const wanted = newcomers.map((id) => ({
          name: 'patient',
          valueReference: { reference: `Patient/${id}` },
        }))
        await merge(server, await exported(server, 'Group/123/$export', posted(wanted)), holding)
      }
      seen.joined += newcomers.length
      seen.left += left.length
      seen.rejoined += newcomers.filter((patient) => once.has(patient)).length
      seen.deleted += manifest.deleted.length
      for (const patient of members) once.add(patient)
      expect(textsOf(holding), `step ${step}`).toEqual(
        await truthTexts(server, manifest.transactionTime, 'Group/123', { departed }),
      )
      known = members
      since = manifest.transactionTime
      await server.mock.evolve()
    }
    expect(Math.min(seen.joined, seen.left, seen.deleted)).toBeGreaterThan(2)
    expect(seen.rejoined).toBeGreaterThan(0)
  },
)

test('where the server brings newcomers whole, nobody has to be asked for', async () => {
  const server = serverWith({
    data: { seed: 5, patients: 30 },
    personality: personality({ since: { newMembers: () => 'history' } }),
  })
  const holding: Holding = new Map()
  let known = await activeMembers(server)
  let since: string | undefined
  for (let step = 0; step <= STEPS; step += 1) {
    const members = await activeMembers(server)
    forget(holding, new Set([...members].filter((patient) => !known.has(patient))))
    forget(holding, new Set([...known].filter((patient) => !members.has(patient))))
    const manifest = await exported(server, kickOffOf('Group/123', since))
    await merge(server, manifest, holding)
    expect(textsOf(holding), `step ${step}`).toEqual(
      await truthTexts(server, manifest.transactionTime, 'Group/123', { departed: 'remove' }),
    )
    known = members
    since = manifest.transactionTime
    await server.mock.evolve()
  }
})

test('some types of it', async () => {
  const server = serverWith({ data: { patients: 30 } })
  await exported(server, 'Group/123/$export')
  await server.mock.evolve()
  const { transactionTime } = await exported(server, 'Group/123/$export')
  const truth = await server.mock.truth(transactionTime, 'Group/123', { types: ['Patient', 'Location'] })
  expect([...truth.keys()].sort()).toEqual(['Location', 'Patient'])
})
