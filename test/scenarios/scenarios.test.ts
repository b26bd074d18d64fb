/** What was met on real servers, played by the mock and met by the client: one test an id. */
import { describe, expect, test } from 'vitest'
import { scenarios } from '../../src/mock/index.js'
import { cancelRows } from './cancel.js'
import { fileRows } from './files.js'
import { kickOffRows } from './kick-off.js'
import { manifestRows } from './manifest.js'
import { play } from './play.js'
import { pollingRows } from './polling.js'

const sections = {
  'kick-off': kickOffRows,
  polling: pollingRows,
  manifest: manifestRows,
  files: fileRows,
  'cancel, cleanup, resume': cancelRows,
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
        await play(scenario, row)
      })
    }
  })
}

test('every scenario of the mock has a row', () => {
  const ids = Object.values(sections).flatMap((rows) => rows.map(({ id }) => id))
  expect(new Set(ids).size).toBe(ids.length)
  expect([...scenarios.keys()].filter((id) => !ids.includes(id))).toEqual([])
})
