/** Every situation that is known of real servers is accounted for, and the page says so. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scenarios } from '../../src/mock/index.js'
import { knownIds, listedIds, openIds, scenarioDocument } from './document.js'
import { identityRows } from './identity.js'

const root = join(import.meta.dirname, '../..')
const page = join(root, 'docs/scenarios.md')

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

if (process.env.UPDATE_GOLDEN === '1') writeFileSync(page, scenarioDocument())

test('docs/scenarios.md says what the tables say', () => {
  expect(readFileSync(page, 'utf8')).toBe(scenarioDocument())
})

test('all are accounted for', () => {
  expect(openIds()).toEqual([])
})
