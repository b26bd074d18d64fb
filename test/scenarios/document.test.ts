/** Every situation that is known of real servers is accounted for; docs/scenarios.md lists them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scenarios } from '../../src/mock/index.js'
import { knownIds, listedIds, openIds } from './document.js'
import { identityRows } from './identity.js'

const root = join(import.meta.dirname, '../..')

test('there are 214 of them', () => {
  expect(knownIds).toHaveLength(214)
})

test('none is unknown, none is there twice', () => {
  expect([...listedIds, ...scenarios.keys()].filter((id) => !knownIds.includes(id))).toEqual([])
  expect(listedIds.filter((id, index) => listedIds.indexOf(id) !== index)).toEqual([])
})

test.each(identityRows.map((row) => [row.id, row.proofs] as const))(
  '%s is proved where it says',
  (_, proofs) => {
    expect(proofs.length).toBeGreaterThan(0)
    for (const { file, title } of proofs) {
      expect(readFileSync(join(root, file), 'utf8'), `${file}: ${title}`).toContain(`'${title}'`)
    }
  },
)

test('all are accounted for', () => {
  expect(openIds()).toEqual([])
})
