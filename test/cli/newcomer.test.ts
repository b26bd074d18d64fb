/** What people meet in their first hour: each command that a message names works, and each cause is told once. */
import { describe, expect, test } from 'vitest'
import { faults } from '../../src/mock/index.js'
import { session } from './session.js'

const patients = ['export', 'Patient', '--type', 'Patient', '-o', 'out', '--server']

describe('a file that was fetched twice', () => {
  test('says why, in its own line', async () => {
    const { run, server } = await session({ faults: [faults.truncate({ keepBytes: 300, times: 1 })] })
    const { code, err } = await run([...patients, server])
    expect(code).toBe(0)
    expect(err).toMatch(/^Patient\.0001\.ndjson: 10 resources, .* at the 2nd attempt \(before: .+\)$/m)
  })

  test('with the same bytes: they are what the server has, and the job is deleted there all the same', async () => {
    const { run, server } = await session({ faults: [faults.wrongCount({})] })
    const { code, err } = await run([...patients, server])
    expect(code).toBe(10)
    expect(err).toContain('and the same bytes came again)')
    expect(err).toMatch(/^error: .*; the same bytes came twice, so the server's own copy is like that$/m)
    expect(err).toContain('cleaned up: the job is deleted on the server')
  })

  test('bad lines that were looked at once: as the server sent them', async () => {
    const { run, server } = await session({ faults: [faults.badLines({})] })
    const { code, err } = await run([...patients, server])
    expect(code).toBe(10)
    expect(err).toMatch(/^error: .*; the file is whole, and its bytes are as the server sent them$/m)
  })
})
