/** How personalities differ where data change: who reads Groups, and with what newcomers come. */
import { describe, expect, test } from 'vitest'
import { createMock, personalities } from '../../src/mock/index.js'
import { fakeClock } from '../helpers/fake-clock.js'
import { JOB_MS } from './conversation.js'

const ORIGIN = 'http://mock.example'

const reading = async (name: keyof typeof personalities, group: string): Promise<number> => {
  const mock = createMock({ clock: fakeClock(), personality: personalities[name] })
  const url = `${ORIGIN}${personalities[name].basePath}/Group/${group}`
  return (await mock.handler(new Request(url))).status
}

describe('reading a Group', () => {
  test.each([
    ['reference', '123', 200],
    ['hapi', '123', 200],
    ['athena', 'a-1.C-195900', 200],
    ['bcda', 'all', 404],
    ['epic', '123', 403],
    ['esus', '123', 404],
  ] as const)('%s, %s: %i', async (name, group, status) => {
    expect(await reading(name, group)).toBe(status)
  })

  test('is declared where it can be done', async () => {
    const groupOf = async (name: keyof typeof personalities) => {
      const personality = personalities[name]
      const mock = createMock({ clock: fakeClock(), personality })
      const response = await mock.handler(new Request(`${ORIGIN}${personality.basePath}/metadata`))
      const { rest } = (await response.json()) as { rest: { resource: { type: string }[] }[] }
      return rest[0]?.resource.find(({ type }) => type === 'Group')
    }
    expect(await groupOf('hapi')).toMatchObject({ interaction: [{ code: 'read' }] })
    expect(await groupOf('epic')).not.toHaveProperty('interaction')
  })

  test('needs a scope that allows it', async () => {
    const clock = fakeClock()
    const { tokenUrl } = personalities.reference.auth
    const scopes = ['system/Patient.rs', 'system/Group.rs']
    const mock = createMock({ clock, clients: [{ id: 'me', secret: 'secret', scopes }] })
    const tokenFor = async (scope: string): Promise<string> => {
      const response = await mock.handler(
        new Request(ORIGIN + tokenUrl, {
          method: 'POST',
          headers: { authorization: `Basic ${btoa('me:secret')}` },
          body: new URLSearchParams({ grant_type: 'client_credentials', scope }),
        }),
      )
      return ((await response.json()) as { access_token: string }).access_token
    }
    const statusWith = async (scope: string): Promise<number> => {
      const headers = { authorization: `Bearer ${await tokenFor(scope)}` }
      return (await mock.handler(new Request(`${ORIGIN}/fhir/Group/123`, { headers }))).status
    }
    expect(await statusWith('system/Patient.rs system/Group.rs')).toBe(200)
    expect(await statusWith('system/Patient.rs')).toBe(403)
  })
})

test('a server that looks at changed patients only misses what else is new in a group', async () => {
  const newIn = async (name: 'hapi' | 'reference', group: string): Promise<number> => {
    const clock = fakeClock()
    const row = personalities[name]
    const mock = createMock({ clock, jobMs: JOB_MS, personality: row, evolve: 'when-told' })
    const since = new Date(clock.now()).toISOString()
    clock.advance(1000)
    for (let step = 0; step < 3; step += 1) await mock.evolve()
    const url = `${ORIGIN}${row.basePath}/${group}$export?_type=Observation,Encounter&_since=${since}`
    await mock.handler(
      new Request(url, { headers: { accept: 'application/fhir+json', prefer: 'respond-async' } }),
    )
    const [job] = mock.jobs.all()
    return ((await job?.files) ?? []).reduce((sum, { content }) => sum + content.count, 0)
  }
  expect(await newIn('hapi', 'Group/123/')).toBeLessThan(await newIn('reference', 'Group/123/'))
  expect(await newIn('hapi', '')).toBeGreaterThan(5)
})

test('a server of the last 24 hours exports what changed in them, and old data only when asked', async () => {
  const clock = fakeClock()
  const { greenway } = personalities
  const mock = createMock({ clock, jobMs: JOB_MS, personality: greenway, evolve: 'when-told' })
  const headers = { accept: 'application/fhir+json', prefer: 'respond-async' }
  const count = async (query: string): Promise<number> => {
    const url = `${ORIGIN}${greenway.basePath}/Group/all/$export${query}`
    const kickOff = await mock.handler(new Request(url, { headers }))
    clock.advance(JOB_MS)
    await mock.handler(new Request(kickOff.headers.get('content-location') ?? ''))
    const job = [...mock.jobs.all()].at(-1)
    return ((await job?.files) ?? []).reduce((sum, { content }) => sum + content.count, 0)
  }
  expect(await count('')).toBe(0)
  await mock.evolve()
  const changed = await count('')
  expect(changed).toBeGreaterThan(5)
  clock.advance(25 * 3_600_000)
  expect(await count('')).toBe(0)
  expect(await count('?_since=1900-01-01')).toBeGreaterThan(1000)
})
