/** What people meet in their first hour: each command that a message names works, and each cause is told once. */
import { describe, expect, test } from 'vitest'
import { main } from '../../src/cli/main.js'
import { faults, personalities, personality } from '../../src/mock/index.js'
import { presets } from '../../src/presets.js'
import { serverWords } from '../../src/protocol/operation-outcome.js'
import { fakeIo } from './fake-io.js'
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

describe('a credential', () => {
  const doctor = (server: string): string[] => ['doctor', 'Patient', '--server', server]

  test('that the server does not take is found by the doctor', async () => {
    const { run, server } = await session({ token: 'good' })
    const bad = await run(doctor(server), { env: { BULKX_TOKEN: 'bad' } })
    expect([bad.code, bad.out]).toEqual([
      3,
      expect.stringMatching(
        /x token: .*the server does not take it: GET .* HTTP 401.*\n {2}hint: check the token/,
      ),
    ])
    const good = await run(doctor(server), { env: { BULKX_TOKEN: 'good' } })
    expect([good.code, good.out]).toEqual([
      0,
      expect.stringContaining('+ token: a ready-made bearer token is used'),
    ])
  })

  test('that another host wants, for many files: told once, with a command that works', async () => {
    const { run, server, mock } = await session({
      token: 'good',
      pageSize: 2,
      personality: personality({
        elsewhere: { used: true, credential: 'required' },
        files: { held: 'elsewhere' },
      }),
    })
    const env = { BULKX_TOKEN: 'good' }
    const failed = await run([...patients, server], { env })
    expect(failed.code).toBe(7)
    expect(failed.err.match(/failed: HTTP 401/g)).toHaveLength(1)
    expect(failed.err).toMatch(/^warning: 4 more files failed likewise: HTTP 401/m)
    const command = /`bulkx (resume \.\/out --trust-origin \S+)`/.exec(failed.err)?.[1] ?? ''
    expect(command).toContain(mock.elsewhere.origin)
    expect((await run(command.split(' '), { env })).code).toBe(0)
  })
})

describe('cancel of a complete export', () => {
  test('whose server deletes nothing: it keeps the job, and all is well', async () => {
    const refuse = faults.answer({ on: 'delete', status: 405, times: 9 })
    const { run, server } = await session({ faults: [refuse] })
    expect((await run([...patients, server])).code).toBe(0)
    const { code, err } = await run(['cancel', 'out'])
    expect([code, err]).toEqual([
      0,
      expect.stringContaining('the export is complete and stays on disk; the server keeps its job'),
    ])
  })
})

describe('what was typed otherwise than it was meant', () => {
  const here = (server: string): string[] => ['--server', server, '-o', 'out']

  test.each<[string, string[], RegExp]>([
    [
      'capitals of a type',
      ['--type', 'patient,Encounter'],
      /hint: capitals matter: did you mean --type Patient\?/,
    ],
    [
      'a period that ends before it begins',
      ['--since', '2026-03-31', '--until', '2026-01-01'],
      /--since 2026-03-31 is later than --until 2026-01-01\nhint: .*exchange the two/,
    ],
    ['two targets', ['Group/124'], /hint: one target at a time: run the command once for each/],
    [
      'no time zone',
      ['--since', '2026-01-01T00:00:00'],
      /hint: the time zone is missing: did you mean --since 2026-01-01T00:00:00Z\?/,
    ],
  ])('%s', async (_name, more, words) => {
    const { run, server, mock } = await session()
    const { code, err } = await run(['export', 'Group/123', ...here(server), ...more])
    expect([code, err]).toEqual([2, expect.stringMatching(words)])
    expect(mock.requests).toEqual([])
  })

  test('a type that there is not: said before, and again where no token is had for it', async () => {
    const { run, server } = await session({
      personality: personalities.oracle,
      clients: [{ id: 'me', secret: 's' }],
    })
    const secret = { env: { BULKX_CLIENT_SECRET: 's' } }
    const argv = ['export', 'Group/123', '--type', 'Patiens', '--client-id', 'me', ...here(server)]
    const { code, err } = await run(argv, secret)
    expect([code, err]).toEqual([3, expect.stringMatching(/^warning: Patiens is no resource type/m)])
    expect(err).toMatch(
      /^hint: Patiens is no resource type of FHIR R4: did you mean --type Patient\?; else /m,
    )
  })

  test('a time that has not come yet is asked for, and said', async () => {
    const { run, server } = await session()
    const { code, err } = await run([
      'export',
      'Group/123',
      '--type',
      'Patient',
      '--since',
      '2999-01-01T00:00:00Z',
      ...here(server),
    ])
    expect([code, err]).toEqual([
      4,
      expect.stringMatching(/^warning: --since 2999-.* is in the future by the clock/m),
    ])
    expect(err).toMatch(/^hint: --since 2999-.* is in the future .*: check the date$/m)
  })

  test('a URL without its operation is asked as it is, with what it may have been', async () => {
    const { run, server } = await session()
    const argv = ['export', `${server}/Group/123`, '-o', 'out']
    const meant = `did you mean the target Group/123 with --server ${server}?`
    const unplaced = await run(argv)
    expect([unplaced.code, unplaced.err]).toEqual([2, expect.stringContaining(`hint: ${meant}`)])
    const { code, err } = await run([...argv, '--server', server])
    expect(code).toBe(4)
    expect(err.split(meant)).toHaveLength(3)
  })

  test('https to a server of plain http: said at once, and not tried again', async () => {
    const { run, server, clock } = await session()
    const before = clock.now()
    const { code, err } = await run([
      'export',
      'Group/123',
      '--auth',
      'none',
      ...here(server.replace('http:', 'https:')),
    ])
    expect([code, err]).toEqual([9, expect.stringMatching(/the server there speaks plain http/)])
    expect(err).toMatch(/^hint: nothing was started; write http:\/\//m)
    const signedIn = { env: { BULKX_CLIENT_SECRET: 's' } }
    const far = ['--client-id', 'me', '--server', server.replace('http:', 'https:'), '-o', 'signed']
    const found = await run(['export', 'Group/123', ...far], signedIn)
    expect([found.code, found.err]).toEqual([
      9,
      expect.stringMatching(/smart-configuration: the server there speaks plain http.*\nhint: .*write http:/),
    ])
    expect(clock.now() - before).toBeLessThan(3_000)
  })

  test('a sign-in that failed: resume takes another key', async () => {
    const { run, server } = await session({
      personality: personalities.oracle,
      clients: [{ id: 'me', secret: 's' }],
    })
    const bad = { env: { BULKX_CLIENT_SECRET: 'other' } }
    const argv = ['export', 'Group/123', '--type', 'Patient', '--client-id', 'me', ...here(server)]
    expect((await run(argv, bad)).code).toBe(3)
    const { err } = await run(['status', 'out'], bad)
    expect(err).toMatch(/hint: start it with `bulkx resume .\/out`; .*another --key or --profile/)
  })

  test('a group that is not there, where groups cannot be read', async () => {
    const { run, server } = await session({
      personality: personalities.oracle,
      clients: [{ id: 'me', secret: 's' }],
    })
    const secret = { env: { BULKX_CLIENT_SECRET: 's' } }
    const argv = ['export', 'Group/nobody', '--type', 'Patient', '--client-id', 'me', ...here(server)]
    const { code, err } = await run(argv, secret)
    expect(code).toBe(4)
    expect(err).toMatch(/hint: check the target, Group\/nobody: who registered this client knows its id/)
    const command = /`bulkx (doctor [^`]*)`/.exec(err)?.[1] ?? ''
    expect(command).toContain('--type Patient')
    const doctor = await run([...command.split(' '), '--client-id', 'me'], secret)
    expect([doctor.code, doctor.out]).toEqual([
      0,
      expect.stringMatching(/group: .*\n {2}hint: a wrong id is not seen here/),
    ])
  })

  test.each(['oracle', 'presets oracle', 'mock:oracle'])('help %s: that preset alone', async (words) => {
    const { run } = await session()
    const { code, out } = await run(['help', ...words.split(' ')])
    expect([code, out]).toEqual([0, expect.stringMatching(/^oracle: /)])
    expect(out).not.toContain('greenway')
  })
})

describe('what a preset knows is said where the server refuses', () => {
  const oracle = ['--server', 'mock:oracle', '--preset', 'oracle', '-o', 'out']

  test('all patients, where only lists of them are exported', async () => {
    const { run } = await session()
    const { code, err } = await run(['export', 'Patient', '--type', 'Patient', ...oracle])
    expect([code, err]).toEqual([
      4,
      expect.stringMatching(/hint: .*an export of Patient needs --patient here: add `--patient @ids.txt`/),
    ])
    expect(err).not.toContain('--method post')
  })

  test('a group with a list of patients', async () => {
    const { run } = await session()
    const { code, err } = await run(['export', 'Group/123', '--type', 'Patient', '--patient', '1', ...oracle])
    expect([code, err]).toEqual([
      4,
      expect.stringMatching(
        /hint: .*an export of Group\/<id> takes no --patient here: leave `--patient` out, or name another target: Patient/,
      ),
    ])
    expect(err).not.toContain('--method')
  })

  test('types are asked to be named only where nothing narrows the export', async () => {
    const { run } = await session()
    const said = async (...more: string[]) =>
      (await run(['export', 'Group/123', '--dry-run', ...oracle, ...more])).err.includes('name the types')
    expect(await said()).toBe(true)
    for (const more of [
      ['--type', 'Patient'],
      ['--since', '2026-01-01T00:00:00Z'],
      ['--param', '_type=Patient'],
    ])
      expect(await said(...more)).toBe(false)
  })

  test('a type that a gateway is not known to export', async () => {
    const { run } = await session()
    const { err } = await run([
      'export',
      'Condition',
      '--dry-run',
      '--server',
      'mock:interopio',
      '--preset',
      'interopio',
    ])
    expect(err).toMatch(/Condition is not known here\nhint: .*Location, Patient, Practitioner/)
  })
})

describe('what is mistyped is guessed, and sent as it was written', () => {
  const dryRun = async (...argv: string[]) => {
    const { run } = await session()
    return run(['export', ...argv, '--dry-run', '--server', 'mock:'])
  }

  test.each<[string[], RegExp]>([
    [['Groups/123'], /Groups is no resource type of FHIR R4\nhint: did you mean Group\/123\?/],
    [['Patients'], /hint: did you mean Patient\?/],
    [['Group'], /the target Group, without an id, .*\nhint: .*Group\/<id>/],
    [['--type', 'Pateint'], /hint: did you mean --type Patient\?/],
    [['--type', 'Zzzzzz'], /Zzzzzz is no resource type of FHIR R4\nhint: check how/],
  ])('%j', async (argv, said) => {
    const { code, err } = await dryRun(...argv)
    expect([code, err]).toEqual([0, expect.stringMatching(said)])
  })

  test('a target in small letters', async () => {
    expect((await dryRun('patients')).err).toMatch(/hint: did you mean Patient\?/)
    expect((await dryRun('group/7')).err).toMatch(/hint: did you mean Group\/7\?/)
  })

  test('known ones are not talked about', async () => {
    expect((await dryRun('Group/1', '--type', 'Patient,ExplanationOfBenefit')).err).not.toContain('warning')
  })

  test('where the server has refused it, nothing else comes first', async () => {
    const { run } = await session()
    const { code, err } = await run([
      'export',
      'Patient',
      '--type',
      'Pateint',
      '--server',
      'mock:',
      '-o',
      'out',
    ])
    expect(code).toBe(4)
    expect(err).toMatch(/\nhint: Pateint is no resource type of FHIR R4: did you mean --type Patient\?\n$/)
    expect(err).not.toContain('--lenient')
  })

  test.each<[string, string]>([
    ['cerner', 'oracle'],
    ['millennium', 'oracle'],
    ['epicgateway', 'interopio'],
    ['1up', '1up-ste'],
    ['1uphealth', '1up-ste'],
    ['greenway intergy', 'greenway'],
    ['athenahealth', 'athena'],
    ['google cloud', 'google'],
    ['allscripts', 'veradigm'],
    ['microsoft', 'azure'],
    ['ibm', 'linuxforhealth'],
    ['orcale', 'oracle'],
    ['epci', 'epic'],
  ])('--preset %s is %s', async (given, preset) => {
    const { code, err } = await dryRun('Patient', '--preset', given)
    expect([code, err]).toEqual([2, expect.stringContaining(`did you mean ${preset}?`)])
  })

  test('mock:cerner', async () => {
    const { run } = await session()
    const { code, err } = await run(['export', 'Patient', '--server', 'mock:cerner', '-o', 'out'])
    expect([code, err]).toEqual([2, expect.stringContaining('did you mean oracle?')])
  })

  test('the variants of a scenario', async () => {
    const { run } = await session()
    const { code, err } = await run(['mock', '--scenario', 'K-02:nope'])
    expect([code, err]).toEqual([
      2,
      expect.stringContaining("hint: there are K-02, 'K-02:a page', K-02:text"),
    ])
  })
})

describe('words too many, and words too few', () => {
  const usage = async (...argv: string[]) => (await (await session()).run(argv)).err

  test('are named', async () => {
    expect(await usage('export', 'Patient', 'and', 'more')).toMatch(
      /Too many arguments for export: "and", "more"\n/,
    )
    expect(await usage('export', 'Patient', '--type', 'Patient,', 'Observation')).toContain(
      'hint: join types by commas: --type Patient,Observation\n',
    )
    expect(await usage('export', 'Patient', 'Observation')).toContain('hint: one target at a time')
    expect(await usage('profile', 'show', 'a', 'b')).toContain('Too many arguments for profile show: "b"')
  })

  test('an empty variable swallows no option', async () => {
    const err = await usage('export', '--server', '--preset', 'oracle')
    expect(err).toMatch(/^error: --server is followed by another option, --preset\nhint: .*may be empty/)
  })
})

describe('the command that the mock suggests works', () => {
  // Their files are out of reach, as the presets say.
  const outOfReach = ['azure', 'google']

  test.each(Object.keys(personalities).filter((name) => !outOfReach.includes(name)))('%s', async (name) => {
    const { run } = await session()
    let words: string[] = []
    const ran: Promise<{ code: number; err: string }>[] = []
    await run(['mock', '--personality', name, '--port', '0', '--patients', '10', '--job-seconds', '0.1'], {
      watch: (io, text) => {
        words = /try: bulkx (.*)\n/.exec(text)?.[1]?.split(' ') ?? words
        if (!text.includes('Ctrl-C stops it')) return
        ran.push(run(words.map((word) => word.replace(/^'(.*)'$/, '$1'))))
        void ran[0]?.finally(() => io.interrupt())
      },
    })
    const [first] = await Promise.all(ran)
    expect(words.includes('--preset')).toBe(Object.hasOwn(presets, name))
    expect([first?.code, first?.err]).toEqual([
      expect.toSatisfy((code) => code === 0 || code === 10),
      expect.anything(),
    ])
  })
})

describe('what is printed on stdout', () => {
  test('no directory where the server took no kick-off', async () => {
    const { run } = await session()
    const { code, out } = await run([
      'export',
      'Patient',
      '--type',
      'Nothing',
      '--server',
      'mock:',
      '-o',
      'out',
    ])
    expect([code, out]).toEqual([4, ''])
  })
})

test('an error of storage is told by its code', () => {
  const body =
    '<?xml version="1.0"?>\n<Error><Code>AuthenticationFailed</Code><Message>Signature\nbad</Message></Error>'
  const answer = { status: 403, headers: {}, url: 'https://s.example/x', body, cut: false }
  expect(serverWords(answer)).toBe('an XML error of storage, AuthenticationFailed: Signature bad')
  expect(serverWords({ ...answer, body: '<html><title>Sign in</title></html>' })).toBe(
    'a web page, "Sign in"',
  )
})

test('a fault that cannot do anything is told of', async () => {
  const { run } = await session()
  const { err } = await run(
    ['mock', '--port', '0', '--personality', 'oracle', '--fault', 'wrongCount:by=2'],
    {
      watch: (io, text) => text.includes('Ctrl-C') && io.interrupt(),
    },
  )
  expect(err).toContain('warning: the fault wrongCount does nothing here: oracle lists no counts')
})

test('the list of jobs fits a terminal, and keeps directories whole', async () => {
  const { run, server, cwd } = await session()
  await run([...patients, server])
  const io = Object.assign(fakeIo({ cwd }), {
    stdout: { write: (text: string) => void said.push(text), isTTY: true, columns: 72 },
  })
  const said: string[] = []
  expect(await main(['jobs'], io)).toBe(0)
  expect(said).toEqual([expect.stringMatching(/^complete {2}.*… {2}\.\/out\n$/)])
  expect(said[0]?.trimEnd().length).toBeLessThanOrEqual(72)
})
