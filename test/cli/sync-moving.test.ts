/** `bulkx sync` of a server whose data change while it is asked: also between two exports of one round. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fault } from '../../src/mock/index.js'
import { type Session, session } from './session.js'

const hour = 3_600_000

const description = ({ cwd }: Session) =>
  JSON.parse(readFileSync(join(cwd, 'data/dataset.json'), 'utf8')) as { transactionTime: string }

const snapshot = ({ cwd }: Session): Record<string, string[]> => {
  const current = join(cwd, 'data/current')
  return Object.fromEntries(
    readdirSync(current)
      .sort()
      .map((name) => [
        name.replace('.ndjson', ''),
        readFileSync(join(current, name), 'utf8').trimEnd().split('\n').sort(),
      ]),
  )
}

const truth = async (talk: Session): Promise<Record<string, string[]>> => {
  const { transactionTime } = description(talk)
  const all = await talk.mock.truth(transactionTime, 'Group/123', { departed: 'remove' })
  return Object.fromEntries(
    [...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([type, lines]) => [type, [...lines].sort()]),
  )
}

test.each([1, 2])('what moves within a round, the next one catches up with (seed %i)', async (seed) => {
  const world = { isMoving: true }
  // Between the look at the members and the export, and between it and the newcomers' one.
  const moving = fault('moving', { on: 'kick-off', times: Number.POSITIVE_INFINITY }, async (call, next) => {
    if (world.isMoving) await talk.mock.evolve()
    return next(call)
  })
  const talk = await session({
    evolve: 'when-told',
    data: { seed, patients: 15 },
    jobMs: 0,
    faults: [moving],
  })
  const argv = ['sync', 'Group/123', '--server', talk.server, '-o', 'data', '--departed', 'remove', '--json']
  const sync = async (night: number): Promise<void> => {
    const { code, err } = await talk.run(argv)
    // The history of a newcomer who is deleted a moment later cannot be had.
    expect(world.isMoving ? [0, 10] : [0], `night ${night}: ${err}`).toContain(code)
    talk.clock.advance(24 * hour)
  }
  for (let night = 1; night <= 7; night += 1) {
    world.isMoving = true
    await sync(night)
    world.isMoving = false
    await sync(night)
    expect(snapshot(talk), `night ${night}`).toEqual(await truth(talk))
  }
})
