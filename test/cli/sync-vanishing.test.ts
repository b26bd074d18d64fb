/** `bulkx sync` and what is gone all at once: nothing of it reaches the snapshot before somebody says so. */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bytesOf, editManifest, withBody } from '../../src/mock/edit.js'
import { fault } from '../../src/mock/index.js'
import { type Ran, type Session, session } from './session.js'

const hour = 3_600_000

const syncOf = (talk: Session, ...more: string[]): Promise<Ran> =>
  talk.run([
    'sync',
    'Group/all',
    '--server',
    talk.server,
    '--type',
    'Patient,Observation,Condition',
    '-o',
    'data',
    ...more,
  ])

const generation = ({ cwd }: Session): number =>
  JSON.parse(readFileSync(join(cwd, 'data/dataset.json'), 'utf8')).generation

const typesIn = ({ cwd }: Session): string[] => readdirSync(realpathSync(join(cwd, 'data/current'))).sort()

const linesOf = ({ cwd }: Session, type: string): number =>
  readFileSync(join(cwd, 'data/current', `${type}.ndjson`), 'utf8')
    .trimEnd()
    .split('\n').length

test.each<[string, (type: unknown) => boolean, string[]]>([
  ['a base that is empty', () => false, ['Condition', 'Observation', 'Patient']],
  ['a base without a type', (type) => type !== 'Condition', ['Condition']],
])('%s waits until it is accepted', async (_what, isBrought, gone) => {
  let shrunken = false
  const fewer = editManifest('fewer', {}, (manifest) => {
    if (!shrunken) return
    manifest.output = (manifest.output as { type: unknown }[]).filter(({ type }) => isBrought(type))
  })
  const talk = await session({ faults: [fewer] })
  expect((await syncOf(talk)).code).toBe(0)
  const numbers = Object.fromEntries(gone.map((type) => [type, linesOf(talk, type)]))
  shrunken = true
  talk.clock.advance(24 * hour)
  for (let run = 1; run <= 2; run += 1) {
    const { code, err } = await syncOf(talk, '--full')
    expect([code, generation(talk), typesIn(talk).length]).toEqual([10, 1, 3])
    for (const type of gone) expect(err).toMatch(`all ${numbers[type]} ${type}`)
    expect(err).toMatch(/^hint: the data set stays as it is; .* --fail-on never takes it so, --again/m)
  }
  const stuck = await talk.run(['status', 'data', '--json'])
  expect(stuck.code).toBe(10)
  expect(stuck.result).toMatchObject({
    code: 'BULKX_FINDINGS',
    message: expect.stringMatching(/^Round 2: \.\/data\/exports\/002 would take away all /),
    hint: expect.stringMatching(/--fail-on never takes it so, --again/),
    transactionTime: '2026-01-01T00:00:00.000Z',
    dataset: { generation: 1, transactionTime: '2026-01-01T00:00:00.000Z' },
  })
  const shown = await talk.run(['status', 'data'])
  expect(shown.out).not.toContain('The export is complete')
  expect(shown.err).toContain('error: Round 2: ')
  // What changes from now on is not asked of a base that nobody has accepted.
  expect((await syncOf(talk)).code).toBe(10)
  const accepted = await syncOf(talk, '--full', '--fail-on', 'never')
  expect([accepted.code, accepted.err, generation(talk), typesIn(talk).length]).toEqual([
    0,
    expect.stringMatching(/warning: accepted: \S+ would take away all /),
    2,
    3 - gone.length,
  ])
})

test('--again begins the round anew', async () => {
  let shrunken = false
  const fewer = editManifest('fewer', {}, (manifest) => {
    if (shrunken) manifest.output = []
  })
  const talk = await session({ faults: [fewer] })
  await syncOf(talk)
  shrunken = true
  expect((await syncOf(talk, '--full')).code).toBe(10)
  shrunken = false
  const again = await syncOf(talk, '--full', '--again')
  expect([again.code, generation(talk), typesIn(talk).length]).toEqual([0, 2, 3])
})

/** A group whose answer is edited once `edit` is there. */
const groupThat = async (patients: number) => {
  const world: { edit?: (members: { entity: Record<string, unknown> }[]) => unknown[] } = {}
  const group = fault('group', { times: Number.POSITIVE_INFINITY }, async (call, next) => {
    const response = await next(call)
    if (!world.edit || !/Group\/all$/.test(call.request.url)) return response
    const said = JSON.parse((await bytesOf(response)).toString())
    return withBody(
      response,
      Buffer.from(JSON.stringify({ ...said, quantity: undefined, member: world.edit(said.member) })),
    )
  })
  const talk = await session({ faults: [group], data: { patients } })
  expect((await syncOf(talk)).code).toBe(0)
  talk.clock.advance(24 * hour)
  return { talk, world }
}

test('members who leave all at once are taken out when that is accepted', async () => {
  const { talk, world } = await groupThat(30)
  const before = linesOf(talk, 'Patient')
  let size = 0
  world.edit = (members) => {
    size = members.length
    return members.slice(0, 3)
  }
  const { code, err } = await syncOf(talk, '--departed', 'remove')
  expect([code, generation(talk), linesOf(talk, 'Patient')]).toEqual([10, 1, before])
  expect(err).toMatch(
    `${size - 3} of the ${size} patients held of Group/all have left it, and would be taken out`,
  )
  expect((await syncOf(talk, '--departed', 'remove', '--fail-on', 'never')).code).toBe(0)
  expect([generation(talk), linesOf(talk, 'Patient')]).toEqual([2, 3])
})

test('nobody is taken out while some members are not named', async () => {
  const { talk, world } = await groupThat(30)
  const before = linesOf(talk, 'Patient')
  world.edit = (members) =>
    members
      .slice(1)
      .map((member, at) =>
        at % 2 === 0 ? member : { entity: { type: 'Patient', identifier: { value: `${at}` } } },
      )
  const unnamed = await syncOf(talk, '--departed', 'remove')
  expect([unnamed.code, linesOf(talk, 'Patient')]).toEqual([0, before])
  expect(unnamed.err).toMatch(
    /^\d+ members of Group\/all are not named as a patient of this server: who has left cannot be told/m,
  )
  expect(unnamed.err).not.toMatch(/no longer in|new in/)
  talk.clock.advance(24 * hour)
  world.edit = (members) => members.slice(1)
  const named = await syncOf(talk, '--departed', 'remove', '--json')
  expect(named.result).toMatchObject({ exitCode: 0, members: { new: 0, departed: 1 } })
  expect(linesOf(talk, 'Patient')).toBe(before - 1)
  expect(existsSync(join(talk.cwd, 'data/.bulkx/round.json'))).toBe(false)
})
