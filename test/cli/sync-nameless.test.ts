/** `bulkx sync` and resources without an id: they are never left out without a word, and the clock waits for it. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { editContent } from '../../src/mock/edit.js'
import { faults } from '../../src/mock/index.js'
import { session } from './session.js'

const argvOf = (server: string, ...more: string[]): string[] => [
  'sync',
  'Group/123',
  '--server',
  server,
  '--type',
  'Patient',
  '-o',
  'data',
  '--quiet',
  ...more,
]

test('the round is not committed, and the same command keeps saying so until they are accepted', async () => {
  const nameless = editContent('nameless', {}, (content) =>
    Buffer.from(content.toString().replace('"id":"', '"ident":"')),
  )
  const talk = await session({ faults: [nameless] })
  const description = join(talk.cwd, 'data/dataset.json')
  for (let run = 1; run <= 2; run += 1) {
    const { code, err } = await talk.run(argvOf(talk.server))
    expect(code).toBe(10)
    expect(err).toMatch(
      /1 resource of .\/data\/exports\/001 has no type and id, and no place in a snapshot\nhint: .*--fail-on never/,
    )
    expect(existsSync(description)).toBe(false)
  }
  expect((await talk.run(argvOf(talk.server, '--fail-on', 'never'))).code).toBe(0)
  expect(JSON.parse(readFileSync(description, 'utf8')).generation).toBe(1)
  expect(talk.mock.requests.filter(({ phase }) => phase === 'kick-off')).toHaveLength(1)
})

test('bad lines are accepted with the findings of their export', async () => {
  const talk = await session({ faults: [faults.badLines({ times: 9 })] })
  expect((await talk.run(argvOf(talk.server))).code).toBe(10)
  expect((await talk.run(['resume', 'data/exports/001', '--fail-on', 'never'])).code).toBe(0)
  expect((await talk.run(argvOf(talk.server))).code).toBe(0)
  expect(existsSync(join(talk.cwd, 'data/dataset.json'))).toBe(true)
})
