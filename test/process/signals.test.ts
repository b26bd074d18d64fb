/** Ctrl-C and its relatives: the run ends, the job does not, and everything to go on with is kept. */
import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { faults } from '../../src/mock/index.js'
import { type Child, type Ended, run, start } from './child.js'
import { factsOf, filesBelow, newPlace, type Place } from './place.js'
import { type Hook, mixedData, type Served, serve, untilTold } from './server.js'

const data = mixedData(20)

const command = ({ out }: Place, { fhirUrl }: Served): string[] => [
  ...['export', 'Patient', '--server', fhirUrl, '--out', out, '--poll-min', '50ms'],
]

const expectInterrupted = async (place: Place, ended: Ended, code: number): Promise<void> => {
  expect([ended.code, ended.signal], ended.stderr).toEqual([code, null])
  expect(ended.stderr).toContain('bulkx resume ./out')
  expect(ended.stderr).toContain('bulkx cancel ./out')
  expect(ended.stdout).toBe(`${place.out}\n`)
  expect(await filesBelow(place.out)).not.toContain('.bulkx/lock')
  expect(await filesBelow(place.out)).not.toContain('manifest.json')
}

const expectResumes = async (place: Place, server: Served): Promise<void> => {
  expect(server.asked('delete')).toEqual([])
  server.finishJobs()
  const resumed = await run(place, ['resume', place.out])
  expect(resumed.code, resumed.stderr).toBe(0)
  await access(join(place.out, 'manifest.json'))
  expect(server.asked('kick-off')).toHaveLength(1)
  expect(server.asked('delete').map(({ status }) => status)).toEqual([202])
}

describe.concurrent('once, while the server works', () => {
  const rows = [
    { signal: 'SIGINT', code: 130 },
    { signal: 'SIGTERM', code: 143 },
    { signal: 'SIGHUP', code: 129 },
  ] as const
  test.each(rows)('$signal ends $code; resume completes', async ({ signal, code }) => {
    await using place = await newPlace()
    await using server = await serve({ data, jobMs: untilTold })
    const child = start(place, command(place, server))
    await child.saying(/in progress/)
    child.kill(signal)
    await expectInterrupted(place, await child.ended, code)
    expect((await factsOf(place.out)).at(-1)?.type).toBe('status-in-progress')
    await expectResumes(place, server)
  })

  test('SIGINT ends 130 at once while a status request hangs', async () => {
    await using place = await newPlace()
    let child: Child | undefined
    const hook: Hook = (call, next) => {
      if (call.phase === 'status') child?.kill('SIGINT')
      return next(call)
    }
    await using server = await serve({
      data,
      jobMs: untilTold,
      hook,
      faults: [faults.hang({ on: 'status' })],
    })
    child = start(place, command(place, server))
    await expectInterrupted(place, await child.ended, 130)
    child = undefined
    await expectResumes(place, server)
  })

  test('SIGINT in the middle of a file keeps what came', async () => {
    await using place = await newPlace()
    await using server = await serve({ data, faults: [faults.stall({ file: 1, keepBytes: 5_000 })] })
    const child = start(place, command(place, server))
    // Small as it is, it stands in memory: that it came is known when all the others have come behind it.
    const isLast = async (): Promise<boolean> => {
      const facts = await factsOf(place.out).catch(() => [])
      const listed = facts.flatMap((fact) =>
        fact.type === 'manifest-received' ? fact.manifest.items.output : [],
      )
      const here = facts.filter(({ type }) => type === 'file-completed')
      return listed.length > 0 && here.length === listed.length - 1
    }
    await vi.waitUntil(isLast, { timeout: 100_000 })
    child.kill('SIGINT')
    await expectInterrupted(place, await child.ended, 130)
    await expectResumes(place, server)
    const first = server.asked('file').filter(({ url }) => url.endsWith('/Patient.1.ndjson'))
    expect(first.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=5000-'])
  })
})

describe.concurrent('when everything is on disk', () => {
  test('SIGINT during the DELETE ends 130; the same command cleans up', async () => {
    await using place = await newPlace()
    let child: Child | undefined
    const hook: Hook = (call, next) => {
      if (call.phase === 'delete') child?.kill('SIGINT')
      return next(call)
    }
    await using server = await serve({ data, hook, faults: [faults.hang({ on: 'delete' })] })
    child = start(place, command(place, server))
    const ended = await child.ended
    child = undefined
    expect(ended.code, ended.stderr).toBe(130)
    expect(ended.stderr).toContain('bulkx resume ./out')
    await access(join(place.out, 'manifest.json'))
    const next = await run(place, command(place, server))
    expect(next.code, next.stderr).toBe(0)
    expect(server.asked('delete')).toHaveLength(2)
    expect(server.asked('kick-off')).toHaveLength(1)
  })
})

describe.concurrent('while the answer to a kick-off is awaited', () => {
  test('SIGINT waits for it, and keeps the polling location', async () => {
    await using place = await newPlace()
    let child: Child | undefined
    const hook: Hook = async (call, next) => {
      if (call.phase !== 'kick-off') return next(call)
      child?.kill('SIGINT')
      await child?.saying(/waiting for the answer to the kick-off/)
      return next(call)
    }
    await using server = await serve({ data, jobMs: untilTold, hook })
    child = start(place, command(place, server))
    await expectInterrupted(place, await child.ended, 130)
    const last = (await factsOf(place.out)).at(-1)
    expect(last).toMatchObject({
      type: 'kick-off-accepted',
      pollingLocation: expect.stringContaining('/bulkstatus/'),
    })
    expect(server.mock.requests.map(({ phase }) => phase)).toEqual(['kick-off'])
    await expectResumes(place, server)
  })

  test('a second SIGINT ends at once, even if the server never answers', async () => {
    await using place = await newPlace()
    let child: Child | undefined
    const hook: Hook = async (call, next) => {
      if (call.phase === 'kick-off') child?.kill('SIGINT')
      return next(call)
    }
    await using server = await serve({ data, hook, faults: [faults.hang({ on: 'kick-off' })] })
    child = start(place, command(place, server))
    await child.saying(/waiting for the answer to the kick-off/)
    child.kill('SIGINT')
    expect((await child.ended).code).toBe(130)
    const next = await run(place, command(place, server))
    expect(next.code, next.stderr).toBe(4)
    expect(server.mock.requests.map(({ phase }) => phase)).toEqual(['kick-off'])
  })

  test('SIGTERM told twice, to the group and by the script in between, waits for the answer all the same', async () => {
    await using place = await newPlace()
    let child: Child | undefined
    let answer = (): void => {}
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    const hook: Hook = async (call, next) => {
      if (call.phase === 'kick-off') {
        child?.kill('SIGTERM')
        await answered
      }
      return next(call)
    }
    await using server = await serve({ data, hook })
    child = start(place, command(place, server))
    await child.saying(/waiting for the answer to the kick-off/)
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) child.kill(signal)
    answer()
    expect((await child.ended).code).toBe(143)
    expect(server.mock.requests.map(({ phase }) => phase)).toEqual(['kick-off'])
    await expectResumes(place, server)
  })

  test('a second signal of another kind ends with its own code', async () => {
    await using place = await newPlace()
    await using server = await serve({ data, faults: [faults.hang({ on: 'kick-off' })] })
    const child = start(place, command(place, server))
    await child.saying(/^kick-off: GET/)
    child.kill('SIGINT')
    await child.saying(/waiting for the answer to the kick-off/)
    child.kill('SIGTERM')
    expect((await child.ended).code).toBe(143)
  })
})

describe.concurrent('whoever insists', () => {
  test('is told how to go on before the process ends', async () => {
    await using place = await newPlace()
    // Until the answer comes, the first Ctrl-C waits.
    await using server = await serve({ data, faults: [faults.hang({ on: 'kick-off' })] })
    const child = start(place, command(place, server))
    await child.saying(/^kick-off: GET/)
    child.kill('SIGINT')
    await child.saying(/waiting for the answer to the kick-off/)
    child.kill('SIGINT')
    const { code, stderr } = await child.ended
    expect(code).toBe(130)
    expect(stderr).toMatch(
      /\nerror: Interrupted; whether the server has taken the kick-off is not known\nhint: .*bulkx resume <status-url> --out \.\/out/,
    )
  })
})

describe.skipIf(process.platform !== 'linux')('a hangup that is to be ignored', () => {
  const rows: [string, string, Record<string, string>][] = [
    ['a shell that ignores it', `trap '' HUP; "$0" "$@"; exit $?`, {}],
    ['nohup', 'exec "$0" "$@"', { _: '/usr/bin/nohup' }],
  ]
  test.each(rows)('by %s', async (_who, script, env) => {
    await using place = await newPlace()
    await using server = await serve({ data, jobMs: untilTold })
    const child = start(place, command(place, server), { script, env })
    await child.saying(/in progress/)
    const { pid } = JSON.parse(await readFile(join(place.out, '.bulkx/lock'), 'utf8'))
    process.kill(pid, 'SIGHUP')
    server.finishJobs()
    const { code, stderr } = await child.ended
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('SIGHUP')])
  })
})
