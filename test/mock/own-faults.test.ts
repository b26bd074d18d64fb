/** What is wrong with a test is said to whoever wrote it: faults that throw, and options that there are not. */
import { expect, test } from 'vitest'
import { createMock, fault, faults, listen, type MockOptions } from '../../src/mock/index.js'

const broken = fault('mine', { on: 'metadata' }, async () => {
  throw new TypeError('x is not a function')
})

test('a fault that throws is told to the client, and kept for the test', async () => {
  const mock = createMock({ faults: [broken] })
  const server = await listen(mock)
  try {
    const answer = await fetch(`${server.fhirUrl}/metadata`)
    expect(answer.status).toBe(500)
    expect(await answer.text()).toContain(
      'The fault \\"mine\\" of the mock failed: TypeError: x is not a function',
    )
    expect(mock.errors).toEqual([{ fault: 'mine', error: expect.any(TypeError) }])
    expect(mock.requests[0]).toMatchObject({ fault: 'mine', status: 500 })
  } finally {
    await server.close()
  }
})

test.each<[string, () => unknown, RegExp]>([
  ['an option', () => createMock({ jobms: 0 } as MockOptions), /no option "jobms"; did you mean jobMs\?/],
  ['a personality', () => createMock({ personality: 'oracle' as never }), /personalities\["oracle"\]/],
  [
    'a parameter',
    () => faults.truncate({} as never),
    /^The fault truncate needs keepBytes: faults.truncate\(/,
  ],
])('%s that is not right is an error', (_name, make, expected) => {
  expect(make).toThrow(TypeError)
  expect(() => make()).toThrow(expected)
})
