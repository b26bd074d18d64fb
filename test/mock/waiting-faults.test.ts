/** Faults while a client waits, as the mock alone has them. */
import { expect, onTestFinished, test } from 'vitest'
import { createMock, faults, listen, parseFault } from '../../src/mock/index.js'
import { fakeClock } from '../helpers/fake-clock.js'
import { ask, headers, pretend, start } from './conversation.js'

test.each([
  ['by default at the status', faults.reset()],
  ['as text', parseFault('reset:times=1')],
])('reset ends the connection instead of an answer: %s', async (_name, fault) => {
  const mock = createMock({ clock: fakeClock(), faults: [fault] })
  const at = await listen(mock)
  onTestFinished(() => at.close())
  const location = (await fetch(`${at.fhirUrl}/$export`, { headers })).headers.get('content-location') ?? ''
  await expect(fetch(location)).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } })
  expect(mock.requests.at(-1)).toMatchObject({ phase: 'status', fault: 'reset' })
  expect((await fetch(location)).status).toBe(202)
})

test('reset needs a wire, and says so', async () => {
  const { mock } = pretend({ faults: [faults.reset()] })
  await expect(ask(mock, await start(mock, '$export'))).rejects.toThrow(/"reset"/)
})
