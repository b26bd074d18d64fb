/** What comes out of a process: stdout for data, stderr for people, and neither matters to the job. */
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type ChildOptions, run, start } from './child.js'
import { newPlace, objectsOf, type Place } from './place.js'
import { mixedData, type Served, serve } from './server.js'

const data = mixedData(20)

const command = ({ out }: Place, { fhirUrl }: Served, ...more: string[]): string[] => [
  ...['export', 'Patient', '--server', fhirUrl, '--out', out, ...more],
]

describe.concurrent('stdout', () => {
  test('is exactly the directory', async () => {
    await using place = await newPlace()
    await using server = await serve({ data })
    const { code, stdout, stderr } = await run(place, command(place, server, '--verbose'))
    expect([code, stdout], stderr).toEqual([0, `${place.out}\n`])
    expect(stderr).toContain('complete: ')
    const resumed = await run(place, ['resume', place.out, '--quiet'])
    expect([resumed.code, resumed.stdout, resumed.stderr]).toEqual([0, `${place.out}\n`, ''])
  })

  test('with --json is facts, and the result as its last line', async () => {
    await using place = await newPlace()
    await using server = await serve({ data })
    const { code, stdout, stderr } = await run(place, command(place, server, '--json'))
    expect(code, stderr).toBe(0)
    const lines = objectsOf(stdout)
    expect(lines.every(({ type, at }) => typeof type === 'string' && typeof at === 'string')).toBe(true)
    expect(lines.filter(({ type }) => type === 'result')).toEqual([lines.at(-1)])
    expect(lines.at(-1)).toMatchObject({
      command: 'export',
      phase: 'complete',
      exitCode: 0,
      directory: place.out,
      findings: [],
    })
  })

  const failures = [
    { name: 'a refusal', args: ['--type', 'Patient', '--param', '_nonsense=1'], exitCode: 4 },
    { name: 'an unknown option', args: ['--nonsense'], exitCode: 2 },
    { name: 'a bad value', args: ['--parallel', 'many'], exitCode: 2 },
  ]
  test.each(failures)('with --json ends with the result of $name', async ({ args, exitCode }) => {
    await using place = await newPlace()
    await using server = await serve({ data })
    const { code, stdout, stderr } = await run(place, command(place, server, '--json', ...args))
    expect(code, stderr).toBe(exitCode)
    const last = objectsOf(stdout).at(-1)
    expect(last).toMatchObject({ type: 'result', command: 'export', exitCode, code: expect.any(String) })
    expect(stderr).toContain(`error: ${last?.message}`)
  })

  test('with --json is one result for a command that does not exist', async () => {
    await using place = await newPlace()
    const { code, stdout } = await run(place, ['exprot', '--json'])
    expect([code, objectsOf(stdout)]).toEqual([
      2,
      [expect.objectContaining({ type: 'result', exitCode: 2, code: 'BULKX_USAGE' })],
    ])
  })
})

describe.concurrent('a closed pipe ends the talk, not the job', () => {
  test.each([[], ['--json', '--verbose'], ['--verbose']])('with %j', async (...flags) => {
    await using place = await newPlace()
    await using server = await serve({ data })
    const child = start(place, command(place, server, ...flags))
    await child.saying(/kick-off/)
    child.process.stdout?.destroy()
    child.process.stderr?.destroy()
    expect((await child.ended).code).toBe(0)
    await access(join(place.out, 'manifest.json'))
    expect(server.asked('delete').map(({ status }) => status)).toEqual([202])
  })

  test('as in `| head -c1`', async () => {
    await using place = await newPlace()
    await using server = await serve({ data })
    const pipe: ChildOptions = { pipe: 'head -c1' }
    const { stdout } = await run(place, command(place, server, '--json', '--verbose'), pipe)
    expect(stdout).toBe('{')
    await access(join(place.out, 'manifest.json'))
    expect(server.asked('delete').map(({ status }) => status)).toEqual([202])
  })
})

test('words of a server reach a terminal without control characters', async () => {
  await using place = await newPlace()
  const hook = async (): Promise<Response> =>
    new Response(
      JSON.stringify({
        resourceType: 'OperationOutcome',
        issue: [{ severity: 'error', code: 'invalid', diagnostics: 'no\u001b]0;owned\u0007 \u001b[2Jway' }],
      }),
      { status: 400, headers: { 'content-type': 'application/fhir+json' } },
    )
  await using server = await serve({ data, hook })
  const { code, stdout, stderr } = await run(place, command(place, server, '--json', '--verbose'))
  expect(code).toBe(4)
  expect(stderr).toContain('way')
  expect(`${stdout}${stderr}`).not.toMatch(/[\u0007\u001b]/)
})
