/** `bulkx sync` against servers that change, each in the way of its vendor. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { personalities } from '../../src/mock/index.js'
import { type Session, session } from './session.js'

const snapshot = ({ cwd }: Session): string[] => {
  const current = join(cwd, 'data/current')
  return readdirSync(current)
    .flatMap((name) => readFileSync(join(current, name), 'utf8').trimEnd().split('\n'))
    .sort()
}

const truth = async ({ mock, clock }: Session): Promise<string[]> => {
  const all = await mock.truth(clock.now() + 60_000, 'Group/123', { departed: 'remove' })
  return [...all.values()].flatMap((lines) => [...lines]).sort()
}

test.each(['hapi', 'smile', 'medplum'] as const)('%s: each night has its data of now', async (name) => {
  const personality = personalities[name]
  const talk = await session({ evolve: 'when-told', data: { patients: 15 }, jobMs: 0, personality })
  const argv = ['sync', 'Group/123', '--server', talk.server, '-o', 'data', '--departed', 'remove']
  for (let night = 1; night <= 4; night += 1) {
    const { code, err } = await talk.run([...argv, '--preset', name, '--auth', 'none', '--fail-on', 'never'])
    expect(code, err).toBe(0)
    if (!/lacks the history/.test(err)) expect(snapshot(talk), `night ${night}`).toEqual(await truth(talk))
    await talk.mock.evolve()
    talk.clock.advance(24 * 3_600_000)
  }
})
