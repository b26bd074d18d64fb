/** `bulkx sync`: rounds of a data set, as somebody sees them who runs the command night after night. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Ran, type Session, session } from './session.js'

const hour = 3_600_000

const argvOf = ({ server }: Session, ...more: string[]): string[] => [
  'sync',
  'Group/123',
  '--server',
  server,
  '--type',
  'Patient,Observation',
  '-o',
  'data',
  ...more,
]

const syncOf = (talk: Session, ...more: string[]): Promise<Ran> => talk.run(argvOf(talk, ...more))

const kickOffs = ({ mock }: Session): string[] =>
  mock.requests.filter(({ phase }) => phase === 'kick-off').map(({ url }) => url)

const description = ({ cwd }: Session) => JSON.parse(readFileSync(join(cwd, 'data/dataset.json'), 'utf8'))

describe('rounds', () => {
  test('the first one exports everything, the next ones what has changed', async () => {
    const talk = await session()
    const first = await syncOf(talk)
    expect(first.err).toBe('')
    expect([first.code, first.out]).toEqual([0, `${join(talk.cwd, 'data')}\n`])
    const { transactionTime } = description(talk)
    talk.clock.advance(24 * hour)
    const second = await syncOf(talk)
    expect(second.err).toBe('')
    expect(second.code).toBe(0)
    expect(kickOffs(talk).map((url) => new URL(url, 'http://mock').searchParams.get('_since'))).toEqual([
      null,
      transactionTime,
    ])
    expect(readlinkSync(join(talk.cwd, 'data/current'))).toBe('snapshots/002')
    expect(readdirSync(join(talk.cwd, 'data/.bulkx')).sort()).toEqual(['members.json'])
    expect(existsSync(join(talk.cwd, 'data/exports/002/manifest.json'))).toBe(true)
  })
})
