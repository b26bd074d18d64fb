/** The exit codes of the contract, as a shell sees them. */
import { describe, expect, test } from 'vitest'
import { faults, type MockOptions } from '../../src/mock/index.js'
import { run } from './child.js'
import { newPlace, objectsOf } from './place.js'
import { mixedData, serve, untilTold } from './server.js'

const data = mixedData(20)

interface Row {
  code: number
  when: string
  error?: string
  server?: Partial<Omit<MockOptions, 'personality' | 'clock'>>
  args?: string[]
  env?: Record<string, string>
  phase?: string
}

const always = Number.POSITIVE_INFINITY
const rows: Row[] = [
  { code: 0, when: 'all is well', phase: 'complete' },
  { code: 2, when: 'a value makes no sense', args: ['--deadline', 'soon'], error: 'BULKX_USAGE' },
  { code: 3, when: 'the server wants a token', server: { token: 'wanted' }, error: 'BULKX_UNAUTHORIZED' },
  {
    code: 3,
    when: 'the status is a page to sign in at',
    server: { token: 'wanted', faults: [faults.html({ on: 'status', times: always })] },
    env: { BULKX_TOKEN: 'wanted' },
    error: 'BULKX_UNAUTHORIZED',
    phase: 'in-progress',
  },
  {
    code: 4,
    when: 'a web page answers the kick-off',
    server: { faults: [faults.html({ on: 'kick-off' })] },
    error: 'BULKX_NOT_BULK_DATA',
  },
  {
    code: 4,
    when: 'the answer to the kick-off is lost',
    server: { faults: [faults.loseKickOffAnswer()] },
    error: 'BULKX_KICK_OFF_UNDECIDED',
    phase: 'undecided',
  },
  {
    code: 5,
    when: 'the server refuses to go on',
    server: { faults: [faults.busy({ on: 'status', status: 400, times: always })] },
    error: 'BULKX_EXPORT_FAILED',
    phase: 'failed',
  },
  {
    code: 6,
    when: 'the job is gone',
    server: { faults: [faults.busy({ on: 'status', status: 410, times: always })] },
    error: 'BULKX_JOB_GONE',
    phase: 'gone',
  },
  {
    code: 7,
    when: 'a file cannot be had',
    server: { faults: [faults.busy({ file: 1, status: 404, times: always })] },
    error: 'BULKX_FILES_FAILED',
    phase: 'incomplete',
  },
  {
    code: 9,
    when: 'the deadline comes first',
    server: { jobMs: untilTold },
    args: ['--deadline', '300ms'],
    error: 'BULKX_DEADLINE',
    phase: 'in-progress',
  },
  {
    code: 10,
    when: 'the server counts wrongly',
    server: { faults: [faults.wrongCount({})] },
    error: 'BULKX_FINDINGS',
    phase: 'complete',
  },
]

describe.concurrent('export ends', () => {
  // The first one, for it waits for ten seconds.
  test('9 when nobody listens: three attempts, and nothing was started', async () => {
    await using place = await newPlace()
    // Of a port that was just given back, somebody else may have made use.
    const nobody = 'http://127.0.0.1:1/fhir'
    const ended = await run(place, ['export', '--server', nobody, '--out', place.out, '--json'])
    expect(ended.code, ended.stderr).toBe(9)
    const lines = objectsOf(ended.stdout)
    expect(lines.filter(({ type }) => type === 'kick-off-unsent')).toHaveLength(3)
    expect(lines.at(-1)).toMatchObject({ code: 'BULKX_UNREACHABLE', phase: 'new', exitCode: 9 })
  })

  test.each(rows)('$code when $when', async ({ code, error, server: options, args = [], env, phase }) => {
    await using place = await newPlace()
    await using server = await serve({ data, ...options })
    const asked = ['--server', server.fhirUrl, '--out', place.out, '--json', ...args]
    const hurry = ['--patience', '2s', '--poll-min', '50ms', '--poll-max', '100ms']
    const ended = await run(place, ['export', 'Patient', ...asked, ...hurry], { env })
    expect(ended.code, ended.stderr).toBe(code)
    expect(objectsOf(ended.stdout).at(-1)).toMatchObject({
      exitCode: code,
      ...(error ? { code: error } : {}),
      ...(phase ? { phase } : {}),
    })
  })

  test.skipIf(process.platform !== 'linux').each(['--version', '--help'])(
    '8 when %s cannot be said',
    async (option) => {
      await using place = await newPlace()
      const ended = await run(place, [option], { script: '"$0" "$@" >/dev/full' })
      expect([ended.code, ended.stderr]).toEqual([
        8,
        expect.stringMatching(/^error: stdout cannot be written: /),
      ])
    },
  )

  test.skipIf(process.platform === 'win32')('8 where the working directory is gone', async () => {
    await using place = await newPlace()
    const script = 'mkdir gone && cd gone && rmdir ../gone && "$0" "$@"'
    const ended = await run(place, ['export', '--server', 'mock:', '--json'], { script })
    expect([ended.code, objectsOf(ended.stdout).at(-1)]).toEqual([
      8,
      expect.objectContaining({ code: 'BULKX_STORAGE', hint: expect.stringContaining('cd') }),
    ])
  })

  test('2 when no server is named', async () => {
    await using place = await newPlace()
    const ended = await run(place, ['export', '--json'])
    expect([ended.code, objectsOf(ended.stdout).at(-1)]).toEqual([
      2,
      expect.objectContaining({ code: 'BULKX_USAGE', hint: expect.stringContaining('--server') }),
    ])
  })

  test('1, with its stack, for a defect', async () => {
    await using place = await newPlace()
    const defect = 'data:text/javascript,Object.fromEntries = () => { throw new TypeError("planted") }'
    await using server = await serve({ data })
    const args = ['export', '--server', server.fhirUrl, '--out', place.out]
    const ended = await run(place, args, { preload: [defect] })
    expect(ended.code, ended.stderr).toBe(1)
    expect(ended.stderr).toMatch(/planted[\s\S]*\n {4}at /)
  })
})
