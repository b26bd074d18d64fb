/** What was met on real servers, played by the mock and met by the client: one test an id. */
import { describe, expect, test } from 'vitest'
import { type Scenario, scenarios, variantOf } from '../../src/mock/index.js'
import { play } from './play.js'
import type { Row } from './row.js'
import { sections } from './sections.js'

const playVariants = (scenario: Scenario, row: Row): void => {
  for (const name of Object.keys(scenario.variants ?? {})) {
    const variant = variantOf(scenario, name) ?? scenario
    test(`${row.id} ${scenario.server}, ${name}: ${row.client}`, () =>
      play(variant, { ...row, ...row.variants?.[name] }))
  }
}

for (const [section, rows] of Object.entries(sections)) {
  describe(section, () => {
    for (const row of rows) {
      if ('waived' in row) {
        test.skip(`${row.id} ${row.server}: ${row.waived}`)
        continue
      }
      const scenario = scenarios.get(row.id)
      test(`${row.id} ${scenario?.server ?? 'not played by the mock'}: ${row.client}`, async () => {
        if (scenario === undefined) throw new Error(`the mock has no scenario ${row.id}`)
        expect(Object.keys(scenario.variants ?? {}), 'variants of the row are variants of the mock').toEqual(
          expect.arrayContaining(Object.keys(row.variants ?? {})),
        )
        await play(scenario, row)
      })
      if (scenario !== undefined) playVariants(scenario, row)
    }
  })
}

test('every scenario of the mock has a row', () => {
  const ids = Object.values(sections).flatMap((rows) => rows.map(({ id }) => id))
  expect(new Set(ids).size).toBe(ids.length)
  expect([...scenarios.keys()].filter((id) => !ids.includes(id))).toEqual([])
})
