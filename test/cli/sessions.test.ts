import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { lockPath } from '../../src/job/directory.js'
import { takeLock } from '../../src/job/lock.js'
import { faults } from '../../src/mock/index.js'
import { expectGolden } from './golden.js'
import { type Session, session } from './session.js'

const filesIn = (directory: string): string[] => readdirSync(directory).sort()

describe('the first run, against mock:', () => {
  test('needs nothing but a directory, and the second one says what to do', async () => {
    const { run, cwd, plain } = await session()
    const first = await run([
      'export',
      'Group/123',
      '--server',
      'mock:',
      '--type',
      'Patient,Observation',
      // One at a time: whichever of two is whole first is told first.
      '--parallel',
      '1',
      '-o',
      'out',
    ])
    expect(first.code).toBe(0)
    expect(first.out).toBe(`${join(cwd, 'out')}\n`)
    expectGolden('transcripts/first-run', plain(first.err))
    expect(filesIn(join(cwd, 'out'))).toEqual([
      '.bulkx',
      'Observation.0001.ndjson',
      'Patient.0001.ndjson',
      'log.ndjson',
      'manifest.json',
    ])

    const second = await run([
      'export',
      'Group/123',
      '--server',
      'mock:',
      '--type',
      'Patient,Observation',
      '-o',
      'out',
    ])
    expect([second.code, second.out]).toEqual([2, ''])
    expect(second.err).toMatch(/holds a finished export\nhint: .*--again.*--out/)

    const other = await run(['export', 'Patient', '--server', 'mock:', '-o', 'out', '--json'])
    expect(other.result).toMatchObject({ exitCode: 2, code: 'BULKX_OTHER_JOB', phase: 'complete' })

    const resumed = await run(['resume', 'out'])
    expect([resumed.code, resumed.out]).toEqual([0, `${join(cwd, 'out')}\n`])
  })

  test('the default directory is named after mock and target', async () => {
    const { run, cwd } = await session()
    await run(['export', 'Group/123', '--server', 'mock:', '--type', 'Patient', '-q'])
    expect(existsSync(join(cwd, 'mock-Group-123/manifest.json'))).toBe(true)
  })

  test('--quiet says nothing but the directory', async () => {
    const { run, cwd } = await session()
    const ran = await run(['export', 'Patient', '--server', 'mock:', '--type', 'Patient', '-o', 'out', '-q'])
    expect([ran.code, ran.out, ran.err]).toEqual([0, `${join(cwd, 'out')}\n`, ''])
  })

  test('--json: every line has type and time, the last one is the result', async () => {
    const { run, cwd, plain } = await session()
    const argv = [
      'export',
      'Group/123',
      '--server',
      'mock:',
      '--type',
      'Patient',
      '-o',
      'out',
      '--json',
      '-q',
    ]
    const { code, out, err, lines, result } = await run(argv)
    expect([code, err]).toEqual([0, ''])
    expectGolden('transcripts/first-run-json', plain(out))
    for (const line of lines)
      expect(line).toMatchObject({ type: expect.any(String), at: expect.stringMatching(/Z$/) })
    expect(result).toMatchObject({
      type: 'result',
      command: 'export',
      phase: 'complete',
      exitCode: 0,
      directory: join(cwd, 'out'),
      files: 1,
      resources: 10,
      findings: [],
    })
  })

  test('--again moves what is there aside', async () => {
    const { run, cwd } = await session()
    const argv = ['export', 'Patient', '--server', 'mock:', '--type', 'Patient', '-o', 'out']
    await run(argv)
    const before = readFileSync(join(cwd, 'out/manifest.json'), 'utf8')
    for (const number of [1, 2]) {
      const ran = await run([...argv, '--again'])
      expect(ran.code).toBe(0)
      expect(ran.err).toMatch(`moved ./out to ./out.${number}`)
    }
    expect(readFileSync(join(cwd, 'out.1/manifest.json'), 'utf8')).toBe(before)
    expect(existsSync(join(cwd, 'out.1/.bulkx/lock'))).toBe(false)
    const { result } = await run(['jobs', '--json'])
    expect(result.jobs).toMatchObject([
      { phase: 'complete', directory: join(cwd, 'out') },
      { phase: 'complete', directory: join(cwd, 'out.2') },
      { phase: 'complete', directory: join(cwd, 'out.1') },
    ])
  })

  test('a job of a mock that has ended is gone', async () => {
    const { run } = await session()
    const argv = ['export', 'Patient', '--server', 'mock:', '-o', 'out']
    const ran = await run(argv, { watch: (io, text) => void (/in progress/.test(text) && io.interrupt()) })
    expect(ran.code).toBe(130)
    expect(ran.err).toMatch(/the mock has ended with this process/)
    for (const command of [['resume', 'out'], ['status', 'out'], argv]) {
      const { code, result } = await run([...command, '--json'])
      expect(code).toBe(6)
      expect(result).toMatchObject({ code: 'BULKX_MOCK_ENDED', hint: expect.stringMatching(/--again/) })
    }
    expect((await run([...argv, '--again'])).code).toBe(0)
  })
})

const kickedOff = async (given: Session, more: string[] = []): Promise<string> => {
  const ran = await given.run([
    'kickoff',
    'Patient',
    '--server',
    given.server,
    '--type',
    'Patient',
    '-o',
    'out',
    ...more,
  ])
  expect(ran.code).toBe(0)
  expect(ran.out).toBe(`${join(given.cwd, 'out')}\n`)
  return ran.err
}

const statusRequests = ({ mock }: Session): number =>
  mock.requests.filter(({ phase }) => phase === 'status').length

describe('detached', () => {
  test('kickoff, status, resume --once, resume', async () => {
    const talk = await session()
    const { run, clock, plain, server, cwd } = talk
    const transcript = [await kickedOff(talk)]
    expect(statusRequests(talk)).toBe(0)

    const again = await run(['kickoff', 'Patient', '--server', server, '--type', 'Patient', '-o', 'out'])
    expect([again.code, again.out]).toEqual([0, `${join(cwd, 'out')}\n`])
    expect(talk.mock.requests).toHaveLength(1)

    const status = await run(['status', 'out'])
    transcript.push(`$ bulkx status out\n${status.out}${status.err}`)
    expect([status.code, statusRequests(talk)]).toEqual([9, 1])

    const soon = await run(['resume', 'out', '--once'])
    transcript.push(`$ bulkx resume out --once\n${soon.err}`)
    expect([soon.code, statusRequests(talk)]).toEqual([9, 1])

    clock.advance(1000)
    const once = await run(['resume', 'out', '--once', '--json'])
    expect(once.code).toBe(9)
    expect(once.result).toMatchObject({ phase: 'in-progress', code: 'BULKX_STILL_RUNNING' })
    expect(statusRequests(talk)).toBe(2)

    clock.advance(10_000)
    const ready = await run(['status', 'out', '--json'])
    expect(ready.result).toMatchObject({ phase: 'downloading', exitCode: 9, files: 0, listed: 1 })
    expect(filesIn(join(cwd, 'out'))).toEqual(['.bulkx', 'log.ndjson'])

    const resumed = await run(['resume', 'out'])
    transcript.push(`$ bulkx resume out\n${resumed.err}`)
    expect(resumed.code).toBe(0)
    const done = await run(['status', 'out'])
    transcript.push(`$ bulkx status out\n${done.out}${done.err}`)
    expect(done.code).toBe(0)
    expectGolden('transcripts/detached', plain(transcript.join('\n')))
  })

  test('status tells programs where the job is', async () => {
    const talk = await session()
    await kickedOff(talk)
    const { result } = await talk.run(['status', 'out', '--json'])
    expect(result).toMatchObject({
      type: 'result',
      command: 'status',
      phase: 'in-progress',
      exitCode: 9,
      code: 'BULKX_STILL_RUNNING',
      message: expect.stringMatching(/still running on the server: 0% complete/),
      progress: '0% complete',
      nextPollAt: '2026-01-01T00:00:01.000Z',
      target: 'Patient',
    })
  })

  test('status --offline asks nothing', async () => {
    const talk = await session()
    await kickedOff(talk)
    expect((await talk.run(['status', 'out', '--offline'])).code).toBe(9)
    expect(statusRequests(talk)).toBe(0)
  })

  test('where another process works, status reads and the others end 11', async () => {
    const talk = await session()
    await kickedOff(talk)
    const directory = join(talk.cwd, 'out')
    const self = { pid: 1, host: 'elsewhere', isAlive: () => true }
    const lock = await takeLock(lockPath(directory), { directory, self, clock: talk.clock })
    const status = await talk.run(['status', 'out'])
    expect([status.code, statusRequests(talk)]).toEqual([9, 0])
    expect(status.err).toMatch(/Another process works in .*out.*; this is what is written down/)
    const argv = ['export', 'Patient', '--server', talk.server, '--type', 'Patient', '-o', 'out']
    for (const command of [['resume', 'out'], ['cancel', 'out'], argv, [...argv, '--again']]) {
      expect((await talk.run(command)).code).toBe(11)
    }
    await lock.release()
    expect((await talk.run(['resume', 'out'])).code).toBe(0)
  })

  test('cancel: the job ends on the server, and every later command knows', async () => {
    const talk = await session()
    const { run } = talk
    await kickedOff(talk)
    expect(await run(['cancel', 'out'])).toMatchObject({ code: 0, out: '' })
    expect(talk.mock.requests.at(-1)).toMatchObject({ method: 'DELETE', status: 202 })
    expect((await run(['cancel', 'out', '--json'])).result).toMatchObject({ exitCode: 0, phase: 'cancelled' })
    expect((await run(['resume', 'out', '--json'])).result).toMatchObject({ exitCode: 6, phase: 'cancelled' })
    const again = await run(['export', 'Patient', '--server', talk.server, '--type', 'Patient', '-o', 'out'])
    expect([again.code, again.err]).toEqual([6, expect.stringMatching(/--again/)])
  })

  test('an undecided kick-off is not repeated; its status URL attaches', async () => {
    const talk = await session({ faults: [faults.loseKickOffAnswer({ times: 1 })] })
    const argv = ['export', 'Patient', '--server', talk.server, '--type', 'Patient', '-o', 'out']
    const lost = await talk.run(argv)
    expect([lost.code, lost.err]).toEqual([4, expect.stringMatching(/resume <status-url>/)])
    expect((await talk.run(argv)).code).toBe(4)
    expect((await talk.run(['resume', 'out', '--json'])).result).toMatchObject({
      exitCode: 4,
      phase: 'undecided',
    })
    expect(talk.mock.requests.filter(({ phase }) => phase === 'kick-off')).toHaveLength(1)
  })
})

describe('a status URL', () => {
  const statusUrl = async (talk: Session): Promise<string> => {
    const reply = await fetch(`${talk.server}/Patient/$export?_type=Patient`, {
      headers: { accept: 'application/fhir+json', prefer: 'respond-async' },
    })
    return reply.headers.get('content-location') ?? ''
  }

  test('is looked at, attached to, and cancelled', async () => {
    const talk = await session()
    const url = await statusUrl(talk)
    expect((await talk.run(['status', url, '--json'])).result).toMatchObject({
      exitCode: 9,
      phase: 'in-progress',
    })
    talk.clock.advance(20_000)
    const attached = await talk.run(['resume', url, '-o', 'out'])
    expect(attached.code).toBe(0)
    expect(attached.err).toMatch(/^resume: a job from http:/)
    expect(existsSync(join(talk.cwd, 'out/Patient.0001.ndjson'))).toBe(true)

    const other = await statusUrl(talk)
    expect((await talk.run(['cancel', other])).code).toBe(0)
    expect((await talk.run(['status', other])).code).toBe(6)
    expect(readdirSync(join(talk.cwd, 'state/passing'))).toEqual([])
  })

  test('of a job of ours means that job', async () => {
    const talk = await session()
    await kickedOff(talk)
    const { lines } = await talk.run(['status', 'out', '--json'])
    expect(lines.length).toBeGreaterThan(1)
    const journal = readFileSync(join(talk.cwd, 'out/.bulkx/journal'), 'utf8')
    const url = /"pollingLocation":"([^"]+)"/.exec(journal)?.[1] ?? ''
    expect((await talk.run(['cancel', url])).code).toBe(0)
    expect((await talk.run(['status', 'out', '--offline'])).code).toBe(6)
  })
})

describe('interrupted', () => {
  test.each([
    ['BULKX_INTERRUPTED', 130, 'Interrupted'],
    ['BULKX_TERMINATED', 143, 'Ended by SIGTERM'],
    ['BULKX_HANGUP', 129, 'Ended by SIGHUP'],
  ] as const)('%s ends %i, the job goes on', async (signal, exitCode, words) => {
    const talk = await session()
    const argv = ['export', 'Patient', '--server', talk.server, '--type', 'Patient', '-o', 'out']
    const ran = await talk.run([...argv, '--json'], {
      watch: (io, text) => void (/in progress/.test(text) && io.interrupt(signal)),
    })
    expect(ran.code).toBe(exitCode)
    expect(ran.result).toMatchObject({ exitCode, code: signal, phase: 'in-progress' })
    expect(ran.err.split('\n').slice(-3)).toEqual([
      `error: ${words}; the job goes on at the server`,
      'hint: continue with `bulkx resume ./out`, stop it with `bulkx cancel ./out`',
      '',
    ])
    const resumed = await talk.run(argv)
    expect(resumed.code).toBe(0)
    expect(talk.mock.requests.filter(({ phase }) => phase === 'kick-off')).toHaveLength(1)
  })

  test('before the kick-off nothing was started; during it its answer is waited for', async () => {
    const talk = await session()
    const argv = ['export', 'Patient', '--server', talk.server, '--type', 'Patient', '-o', 'out']
    const early = await talk.run(argv, {
      watch: (io, text) => void (/^export:/.test(text) && io.interrupt()),
    })
    expect([early.code, early.err]).toEqual([
      130,
      expect.stringMatching(/Interrupted before anything was started/),
    ])
    expect(talk.mock.requests).toEqual([])
    const during = await talk.run(argv, {
      watch: (io, text) => void (/^kick-off:/.test(text) && io.interrupt()),
    })
    expect(during.code).toBe(130)
    expect(during.err).toMatch(/waiting for the answer to the kick-off/)
    expect(during.err).toMatch(/the job goes on at the server/)
    expect((await talk.run(['resume', 'out'])).code).toBe(0)
  })
})

describe('which job', () => {
  test('the current directory, else the only unfinished one, else the list', async () => {
    const talk = await session()
    await kickedOff(talk)
    expect((await talk.run(['status', '--json'])).result).toMatchObject({ directory: join(talk.cwd, 'out') })
    const inside = join(talk.cwd, 'out')
    const options = { cwd: inside, env: { BULKX_STATE_DIR: join(talk.cwd, 'none') } }
    expect((await talk.run(['status', '--json'], options)).result).toMatchObject({ directory: inside })

    talk.clock.advance(1000)
    await talk.run(['kickoff', 'Patient', '--server', talk.server, '-o', 'out2'])
    const several = await talk.run(['resume'])
    expect(several.code).toBe(2)
    expect(several.err).toMatch(/Several jobs are unfinished \(2\)\n {2}\.\/out2 .*\n {2}\.\/out /)
    await talk.run(['cancel', 'out2'])
    expect((await talk.run(['resume'])).code).toBe(0)
    expect((await talk.run(['resume'])).code).toBe(2)
  })

  test('jobs: newest first, and what is not there any more', async () => {
    const talk = await session()
    expect(await talk.run(['jobs'])).toMatchObject({
      code: 0,
      out: '',
      err: 'no jobs were started here yet\n',
    })
    for (const name of ['a', 'b', 'c']) {
      talk.clock.advance(60_000)
      await talk.run(['kickoff', 'Group/123', '--server', talk.server, '-o', name])
    }
    await talk.run(['cancel', 'b'])
    rmSync(join(talk.cwd, 'c'), { recursive: true })
    expectGolden('transcripts/jobs', talk.plain((await talk.run(['jobs'])).out))
    const { result } = await talk.run(['jobs', '--json'])
    expect(result).toMatchObject({
      exitCode: 0,
      jobs: [{}, { phase: 'cancelled' }, { phase: 'in-progress' }],
    })
    const folder = join(talk.cwd, 'state/jobs')
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
  })

  test('without a usable list the job runs all the same, and says so', async () => {
    const talk = await session()
    writeFileSync(join(talk.cwd, 'file'), '')
    const argv = ['export', 'Patient', '--server', talk.server, '--type', 'Patient', '-o', 'out']
    const ran = await talk.run(argv, { env: { BULKX_STATE_DIR: join(talk.cwd, 'file') } })
    expect([ran.code, ran.err]).toEqual([0, expect.stringMatching(/job list cannot be written/)])
  })

  test('pointers to directories that are long gone are dropped', async () => {
    const talk = await session()
    await talk.run(['kickoff', 'Group/123', '--server', talk.server, '-o', 'a'])
    rmSync(join(talk.cwd, 'a'), { recursive: true })
    talk.clock.advance(100 * 86_400_000)
    await talk.run(['kickoff', 'Group/123', '--server', talk.server, '-o', 'b'])
    expect(readdirSync(join(talk.cwd, 'state/jobs'))).toHaveLength(1)
  })
})

describe('identity', () => {
  const withToken = () => session({ token: 'good' })
  const exportTo = (talk: Session) => [
    'export',
    'Patient',
    '--server',
    talk.server,
    '--type',
    'Patient',
    '-o',
    'out',
  ]

  test('without, with a wrong, and with the right token', async () => {
    const talk = await withToken()
    const without = await talk.run(exportTo(talk))
    expect([without.code, without.err]).toEqual([
      3,
      expect.stringMatching(/hint: no credential was given: .*BULKX_TOKEN/),
    ])
    expect((await talk.run(exportTo(talk), { env: { BULKX_TOKEN: 'bad' } })).code).toBe(3)
    expect((await talk.run(exportTo(talk), { env: { BULKX_TOKEN: 'good' } })).code).toBe(0)
  })

  test('the directory remembers where the token is, never the token', async () => {
    const talk = await withToken()
    writeFileSync(join(talk.cwd, 'token'), 'good\n')
    await kickedOff(talk, ['--token-file', 'token'])
    expect(readFileSync(join(talk.cwd, 'out/.bulkx/journal'), 'utf8')).not.toContain('good')
    mkdirSync(join(talk.cwd, 'elsewhere'))
    const resumed = await talk.run(['resume', '../out'], { cwd: join(talk.cwd, 'elsewhere') })
    expect(resumed.code).toBe(0)
  })

  test('status --offline needs no credential', async () => {
    const talk = await withToken()
    writeFileSync(join(talk.cwd, 'token'), 'good')
    await kickedOff(talk, ['--token-file', 'token'])
    rmSync(join(talk.cwd, 'token'))
    expect((await talk.run(['status', 'out', '--offline'])).code).toBe(9)
    const online = await talk.run(['status', 'out'])
    expect([online.code, online.err]).toEqual([
      2,
      expect.stringMatching(/token: there is no such file\nhint: .*--token-file/),
    ])
  })

  test('--verbose has a line for each request, without secrets', async () => {
    const talk = await withToken()
    const ran = await talk.run([...exportTo(talk), '-v'], { env: { BULKX_TOKEN: 'good' } })
    expect(ran.code).toBe(0)
    expect(ran.err.match(/^GET http\S+ 20[02] /gm)?.length).toBe(talk.mock.requests.length - 1)
    expect(ran.err).not.toContain('good')
  })
})

test('a file that cannot be had whole: incomplete, with no manifest.json', async () => {
  // Of a file that brings a little each time nothing would be missing in the end.
  const talk = await session({ faults: [faults.truncateLying({ file: 1, keepBytes: 0, times: 200 })] })
  const argv = ['export', 'Patient', '--server', talk.server, '--type', 'Patient,Observation', '-o', 'out']
  const ran = await talk.run(argv, {})
  expect(ran.code).toBe(7)
  expect(ran.err).toMatch(/hint: .*`bulkx resume/)
  expect(filesIn(join(talk.cwd, 'out'))).not.toContain('manifest.json')
  expect((await talk.run(['status', 'out', '--json'])).result).toMatchObject({
    exitCode: 7,
    phase: 'incomplete',
  })
})

describe('bulkx mock', () => {
  test('prints its base and an example, serves, and ends with 0', async () => {
    const talk = await session()
    const ran = await talk.run(['mock', '--port', '0', '--patients', '10', '--fault', 'busy:times=1'], {
      watch: (io, text) => void (/Ctrl-C/.test(text) && io.interrupt()),
    })
    expect(ran.code).toBe(0)
    expect(ran.out).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/fhir\n$/)
    expect(ran.err).toMatch(
      /bulkx export Group\/123 --type Patient --server http:\/\/127\.0\.0\.1:\d+\/fhir -o out\n/,
    )
  })

  test('a port that is taken', async () => {
    const talk = await session()
    const port = new URL(talk.server).port
    const ran = await talk.run(['mock', '--port', port])
    expect([ran.code, ran.err]).toEqual([
      2,
      expect.stringMatching(new RegExp(`Port ${port} is in use\nhint: .*--port`)),
    ])
  })

  test('data that are none', async () => {
    const talk = await session()
    const ran = await talk.run(['mock', '--port', '0', '--data', 'nowhere'])
    expect([ran.code, ran.err]).toEqual([2, expect.stringMatching(/--data: /)])
  })
})
