/** Scenarios by name, as `bulkx mock --scenario` takes them. */
import { expect, test } from 'vitest'
import { playing, type Scenario, scenarioNamed } from '../../src/mock/index.js'
import { ask, pretend, start } from './conversation.js'

const nothing: Scenario = { id: '', priority: 'A', server: '', make: () => ({}) }

test.each([
  ['P-13', '-5'],
  ['p-13', '-5'],
  ['P-13:12.5', '12.5'],
  ['p-13:120, 120', '120, 120'],
])('%s', async (name, retryAfter) => {
  const { mock } = pretend(playing(scenarioNamed(name) ?? nothing))
  const answer = await ask(mock, await start(mock, '$export'))
  expect(answer.headers.get('retry-after')).toBe(retryAfter)
})

test.each(['P-999', '', 'P-13:', 'P-13:nonsense', 'P-09:nonsense', 'P-13:toString'])(
  'there is no %s',
  (name) => {
    expect(scenarioNamed(name)).toBeUndefined()
  },
)
