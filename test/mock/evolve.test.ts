/** A world that changes: `_since`, `deleted`, membership, and the instants between which all of it happens. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createMock, type Mock, type MockOptions, personality } from '../../src/mock/index.js'
import { type FakeClock, fakeClock } from '../helpers/fake-clock.js'
import {
  ask,
  exported,
  FHIR,
  headers,
  JOB_MS,
  type Json,
  linesOf,
  type Manifest,
  posted,
  pretend,
  start,
  textOf,
} from './conversation.js'

interface Server {
  mock: Mock
  clock: FakeClock
}

const told = (options: Partial<MockOptions> = {}): Server =>
  pretend({ evolve: 'when-told', data: { patients: 40 }, ...options })

const since = (path: string, { transactionTime }: Manifest): string =>
  `${path}?_since=${encodeURIComponent(transactionTime)}`

const resourcesIn = async ({ mock }: Server, { output }: Manifest): Promise<Json[]> =>
  linesOf(await textOf(mock, output))

const deletedIn = async ({ mock }: Server, { deleted }: Manifest): Promise<string[]> =>
  linesOf(await textOf(mock, deleted)).flatMap(({ entry }) =>
    (entry as { request: { method: string; url: string } }[]).map(({ request }) => request.url),
  )

const updatedAt = ({ meta }: Json): number => Date.parse((meta as { lastUpdated: string }).lastUpdated)
const keyOf = ({ resourceType, id }: Json): string => `${resourceType}/${id}`

interface Member {
  entity: { reference: string }
  inactive?: boolean
}

const membersIn = async ({ mock }: Server, group = '123'): Promise<Member[]> => {
  const response = await ask(mock, `${FHIR}/Group/${group}`)
  expect(response.status).toBe(200)
  return ((await response.json()) as { member: Member[] }).member
}

const activeIn = async (server: Server, group?: string): Promise<string[]> =>
  (await membersIn(server, group))
    .filter(({ inactive }) => inactive !== true)
    .map(({ entity }) => entity.reference.replace('Patient/', ''))
    .sort()

describe('without the option', () => {
  test('the world stands still', async () => {
    const server = pretend()
    const first = await exported(server, '$export')
    const second = await exported(server, since('$export', first))
    expect([second.output, second.deleted]).toEqual([[], []])
    await expect(server.mock.evolve()).rejects.toThrow('evolve')
  })

  test('the truth is what is exported', async () => {
    const server = pretend()
    const { transactionTime, output } = await exported(server, 'Group/123/$export')
    const truth = await server.mock.truth(transactionTime, 'Group/123')
    for (const type of truth.keys())
      expect(
        (await textOf(server.mock, output, type)).split('\n').filter((line) => line !== ''),
      ).toHaveLength(truth.get(type)?.size ?? 0)
  })
})

describe('a step', () => {
  test('creates, changes and deletes, between the transactionTimes of the exports around it', async () => {
    const server = told()
    const before = await exported(server, '$export')
    const known = new Set((await resourcesIn(server, before)).map(keyOf))
    await server.mock.evolve()
    const after = await exported(server, since('$export', before))
    const changed = await resourcesIn(server, after)
    const created = changed.filter((one) => !known.has(keyOf(one)))
    expect(created.length).toBeGreaterThan(2)
    expect(changed.length - created.length).toBeGreaterThan(4)
    for (const one of changed) {
      expect(updatedAt(one)).toBeGreaterThan(Date.parse(before.transactionTime))
      expect(updatedAt(one)).toBeLessThan(Date.parse(after.transactionTime))
      const version = Number((one.meta as { versionId: string }).versionId)
      // A resource may be made and corrected within one step.
      if (known.has(keyOf(one)) && one.resourceType !== 'Practitioner') expect(version).toBeGreaterThan(1)
    }
    const deleted = await deletedIn(server, after)
    expect(deleted.length).toBeGreaterThan(1)
    expect(deleted.filter((one) => changed.some((resource) => keyOf(resource) === one))).toEqual([])
    expect(deleted.every((one) => known.has(one))).toBe(true)
  })

  test('is the same for the same seed and number, whenever it is', async () => {
    const play = async (seed: number, at: number): Promise<string> => {
      const clock = fakeClock(at)
      const mock = createMock({ clock, jobMs: JOB_MS, evolve: 'when-told', data: { seed, patients: 30 } })
      for (let step = 0; step < 5; step += 1) await mock.evolve()
      const text = await textOf(mock, (await exported({ mock, clock }, '$export')).output)
      return text.replace(/"lastUpdated":"[^"]+"/g, '')
    }
    const first = await play(5, Date.UTC(2026, 0, 1))
    expect(await play(5, Date.UTC(2030, 0, 1))).toBe(first)
    expect(await play(6, Date.UTC(2026, 0, 1))).not.toBe(first)
  })

  test('leaves the lines of what it does not touch as they are', async () => {
    const server = told()
    const before = await textOf(server.mock, (await exported(server, '$export')).output)
    await server.mock.evolve()
    const after = new Set((await textOf(server.mock, (await exported(server, '$export')).output)).split('\n'))
    const stayed = before.split('\n').filter((line) => after.has(line))
    expect(before.split('\n').length - stayed.length).toBeLessThan(60)
  })

  test('is not seen by a job that was accepted before it', async () => {
    const server = told()
    const whole = await textOf(server.mock, (await exported(server, '$export')).output)
    const location = await start(server.mock, '$export')
    await server.mock.evolve()
    server.clock.advance(JOB_MS)
    const manifest = (await (await ask(server.mock, location)).json()) as Manifest
    expect(await textOf(server.mock, manifest.output)).toBe(whole)
  })
})

describe('by itself', () => {
  const automatic = (): Server => told({ evolve: 'after-exports' })

  test('the world makes one step after each manifest that is handed out', async () => {
    const server = automatic()
    const location = await start(server.mock, '$export')
    const unfinished = await exported(server, '$export')
    const text = await textOf(server.mock, unfinished.output)
    const next = await exported(server, since('$export', unfinished))
    expect((await resourcesIn(server, next)).length).toBeGreaterThan(5)
    // Looked at again, it is no other export.
    for (const look of [1, 2, 3])
      expect([look, (await ask(server.mock, location)).status]).toEqual([look, 200])
    const all = await exported(server, since('$export', unfinished))
    expect(all.transactionTime > next.transactionTime).toBe(true)
    expect(await textOf(server.mock, unfinished.output)).toBe(text)
  })

  test('an export that nobody has looked at moves nothing', async () => {
    const server = automatic()
    const { clock, mock } = server
    await start(mock, '$export')
    clock.advance(JOB_MS)
    const first = await exported(server, '$export')
    await start(mock, '$export')
    const truth = await mock.truth(first.transactionTime)
    expect(await mock.truth(clock.now() + 1000)).not.toEqual(truth)
  })
})

describe('instants', () => {
  const skewed = (now: () => number): Server => {
    const clock = fakeClock()
    return {
      clock,
      mock: createMock({
        clock: { ...clock, now },
        jobMs: 0,
        evolve: 'when-told',
        data: { patients: 20 },
      }),
    }
  }

  test('exports and changes within one millisecond are told apart', async () => {
    const server = skewed(() => Date.UTC(2026, 0, 1))
    const times: string[] = []
    let last = await exported(server, '$export')
    for (let step = 0; step < 5; step += 1) {
      times.push(last.transactionTime)
      await server.mock.evolve()
      last = await exported(server, since('$export', last))
      expect((await resourcesIn(server, last)).length).toBeGreaterThan(3)
    }
    expect(new Set(times).size).toBe(5)
    expect([...times].sort()).toEqual(times)
  })

  test('time never goes backwards, where the clock does', async () => {
    let now = Date.UTC(2026, 5, 1)
    const server = skewed(() => now)
    const first = await exported(server, '$export')
    now -= 40 * 86_400_000
    await server.mock.evolve()
    const second = await exported(server, since('$export', first))
    expect(Date.parse(second.transactionTime)).toBeGreaterThan(Date.parse(first.transactionTime))
    for (const one of await resourcesIn(server, second))
      expect(updatedAt(one)).toBeGreaterThan(Date.parse(first.transactionTime))
  })
})

describe('groups', () => {
  const until = async (server: Server, change: 'join' | 'leave' | 'inactive') => {
    for (let step = 1; step < 40; step += 1) {
      const before = await activeIn(server)
      const manifest = await exported(server, 'Group/123/$export')
      await server.mock.evolve()
      const now = await activeIn(server)
      const inactive = (await membersIn(server)).flatMap(({ entity, inactive: is }) =>
        is ? [entity.reference.replace('Patient/', '')] : [],
      )
      const joined = now.filter((one) => !before.includes(one) && !one.startsWith('step-'))
      const left = before.filter((one) => !now.includes(one))
      const met = { join: joined, leave: left, inactive: left.filter((one) => inactive.includes(one)) }[
        change
      ]
      if (met[0] !== undefined) return { patient: met[0], manifest }
    }
    throw new Error(`nobody was there to ${change}`)
  }

  const ofPatient = (resources: Json[], patient: string): Json[] =>
    resources.filter(
      (one) => keyOf(one) === `Patient/${patient}` || JSON.stringify(one).includes(`"Patient/${patient}"`),
    )

  test('are read, with their members of now', async () => {
    const server = told()
    expect(await activeIn(server)).toHaveLength(10)
    expect(await activeIn(server, 'all')).toHaveLength(40)
    expect((await ask(server.mock, `${FHIR}/Group/9`)).status).toBe(404)
    expect((await ask(server.mock, `${FHIR}/Group/123`, { method: 'POST' })).status).toBe(405)
  })

  test('are read by those who may export', async () => {
    const { mock } = pretend({ token: 'secret' })
    expect((await ask(mock, `${FHIR}/Group/123`)).status).toBe(401)
    const signed = { headers: { authorization: 'Bearer secret' } }
    expect((await ask(mock, `${FHIR}/Group/123`, signed)).status).toBe(200)
  })

  test('are not read where the personality says so', async () => {
    const { mock } = pretend({ personality: personality({ refusals: { groupRead: 403 } }) })
    expect((await ask(mock, `${FHIR}/Group/123`)).status).toBe(403)
  })

  test('a newcomer comes with what changed, and whole when he is asked for', async () => {
    const server = told()
    const { patient, manifest } = await until(server, 'join')
    const truth = await server.mock.truth(Date.UTC(2100, 0, 1), `Patient/${patient}`)
    const all = [...truth.values()].flatMap((lines) => [...lines])
    const delta = await exported(server, since('Group/123/$export', manifest))
    expect(ofPatient(await resourcesIn(server, delta), patient).length).toBeLessThan(all.length)
    const chosen = posted([{ name: 'patient', valueReference: { reference: `Patient/${patient}` } }])
    for (const path of ['Group/123/$export', 'Patient/$export']) {
      const whole = await exported(server, path, chosen)
      expect(ofPatient(await resourcesIn(server, whole), patient)).toHaveLength(all.length)
    }
  })

  test('a newcomer comes whole where the server is like that', async () => {
    const server = told({ personality: personality({ since: { newMembers: () => 'history' } }) })
    const { patient, manifest } = await until(server, 'join')
    const delta = await exported(server, since('Group/123/$export', manifest))
    const truth = await server.mock.truth(delta.transactionTime, `Patient/${patient}`)
    const all = [...truth.values()].flatMap((lines) => [...lines])
    expect(ofPatient(await resourcesIn(server, delta), patient)).toHaveLength(all.length)
  })

  test.each(['leave', 'inactive'] as const)('who is no member any more is out of scope: %s', async (way) => {
    const server = told()
    const { patient } = await until(server, way)
    const everything = await resourcesIn(server, await exported(server, 'Group/123/$export'))
    expect(ofPatient(everything, patient)).toEqual([])
    const chosen = posted([{ name: 'patient', valueReference: { reference: `Patient/${patient}` } }])
    const refused = await ask(server.mock, `${FHIR}/Group/123/$export`, chosen)
    expect(refused.status).toBe(400)
  })
})

describe('data of a directory', () => {
  const directory = mkdtempSync(join(tmpdir(), 'bulkx-evolve-'))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))
  const patients = Array.from(
    { length: 20 },
    (_, n) => `{"id":"p${n}",  "resourceType":"Patient","active":true,"name":[{"family":"Żółć"}]}`,
  )
  const observations = Array.from(
    { length: 80 },
    (_, n) =>
      `{"resourceType":"Observation","id":"o${n}","meta":{"lastUpdated":"2020-01-01T00:00:00Z"},"status":"final","subject":{"reference":"Patient/p${n % 20}"},"valueQuantity":{"value":${n}.50}}`,
  )
  writeFileSync(join(directory, 'Patient.ndjson'), `${patients.join('\n')}\n`)
  writeFileSync(join(directory, 'Observation.ndjson'), `${observations.join('\n')}\nnot JSON\n`)

  test('evolve too: some are new, some are changed, all others are the bytes they were', async () => {
    const server = told({ data: { directory } })
    const before = await exported(server, '$export')
    expect(await textOf(server.mock, before.output, 'Patient')).toBe(`${patients.join('\n')}\n`)
    for (let step = 0; step < 3; step += 1) await server.mock.evolve()
    const after = await exported(server, '$export')
    const lines = (await textOf(server.mock, after.output)).split('\n').filter((line) => line !== '')
    const original = new Set([...patients, ...observations, 'not JSON'])
    const changed = lines.filter((line) => !original.has(line)).map((line) => JSON.parse(line) as Json)
    expect(changed.length).toBeGreaterThan(10)
    expect(lines.length - changed.length).toBeGreaterThan(50)
    expect(lines).toContain('not JSON')
    for (const one of changed) expect(updatedAt(one)).toBeGreaterThan(Date.parse(before.transactionTime))
    expect(lines.some((line) => /"id":"step-.*"value":\d+\.50/.test(line))).toBe(true)
    const truth = await server.mock.truth(after.transactionTime)
    expect(new Set(lines.filter((line) => line !== 'not JSON'))).toEqual(
      new Set([...truth.values()].flatMap((some) => [...some])),
    )
  })
})

test('headers are asked for in a world that changes, too', async () => {
  const server = told()
  expect((await ask(server.mock, `${FHIR}/$export`)).status).toBe(400)
  expect((await ask(server.mock, `${FHIR}/$export`, { headers })).status).toBe(202)
})
