import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { main } from '../../src/cli/main.js'
import { type FakeIoOptions, fakeIo, temporaryDirectory } from './fake-io.js'
import { session } from './session.js'

const user = () => {
  const cwd = temporaryDirectory()
  const config = join(cwd, 'config')
  const run = async (argv: string[], options: FakeIoOptions = {}) => {
    const env = { BULKX_CONFIG_DIR: config, ...options.env }
    const io = fakeIo({ cwd, ...options, env })
    const code = await main(argv, io)
    const last = io.out().trimEnd().split('\n').at(-1) ?? ''
    const result: Record<string, unknown> = last.startsWith('{"type":"result"') ? JSON.parse(last) : {}
    return { code, out: io.out(), err: io.err(), result }
  }
  const file = join(config, 'profiles.json')
  return { cwd, config, file, run, kept: () => JSON.parse(readFileSync(file, 'utf8')) }
}

const server = 'https://ehr.example/fhir'

describe('the commands', () => {
  test('set, list, show, use, remove', async () => {
    const { run, kept, cwd } = user()
    writeFileSync(join(cwd, 'k.pem'), '')
    expect((await run(['profile', 'list'])).err).toContain('bulkx profile set')
    const first = await run([
      'profile',
      'set',
      'epic',
      '--server',
      server,
      '--client-id',
      '42',
      '--key',
      'k.pem',
    ])
    expect([first.code, first.err]).toEqual([0, 'profile epic is set, and in use: it is the first one\n'])
    const second = await run([
      'profile',
      'set',
      'my.host.example',
      '--server',
      'https://b.example',
      '--type',
      'Patient',
      '--type',
      'X',
    ])
    expect(second.err).toBe(
      'profile my.host.example is set; epic is still in use: `bulkx profile use my.host.example` changes that, --profile my.host.example for one run\n',
    )
    expect((await run(['profile', 'set', 'epic', '--unset', 'kid'])).err).toBe(
      'profile epic is set, and in use\n',
    )
    expect(kept()).toEqual({
      inUse: 'epic',
      profiles: {
        epic: { server, 'client-id': '42', key: join(cwd, 'k.pem') },
        'my.host.example': { server: 'https://b.example', type: ['Patient', 'X'] },
      },
    })
    expect((await run(['profile', 'list'])).out).toBe(
      '*  epic             https://ehr.example/fhir  backend-services\n' +
        '   my.host.example  https://b.example         none\n',
    )
    expect((await run(['profile', 'use', 'my.host.example'])).code).toBe(0)
    expect((await run(['profile', 'show'])).out).toBe('server  https://b.example\ntype    Patient,X\n')
    expect((await run(['profile', 'show', 'epic', '--json'])).result).toMatchObject({
      profile: 'epic',
      inUse: false,
      settings: { 'client-id': '42' },
    })
    expect((await run(['profile', 'list', '--json'])).result.profiles).toMatchObject([
      { name: 'epic', inUse: false },
      { name: 'my.host.example', inUse: true },
    ])
    expect((await run(['profile', 'remove', 'my.host.example'])).err).toContain('no profile is in use')
    expect(kept()).toMatchObject({ profiles: { epic: {} } })
    expect(kept().inUse).toBeUndefined()
    await run(['profile', 'use', 'epic'])
    await run(['profile', 'use', '--none'])
    expect(kept().inUse).toBeUndefined()
  })

  test('set adds to what is there, and --unset takes away', async () => {
    const { run, kept } = user()
    await run(['profile', 'set', 'a', '--server', server, '--kid', '1', '--gzip'])
    await run(['profile', 'set', 'a', '--alg', 'ES384', '--unset', 'kid,--gzip'])
    expect(kept().profiles.a).toEqual({ server, alg: 'ES384' })
  })

  test('a file that cannot be read is told of at once, and later with the profile that names it', async () => {
    const { run, cwd } = user()
    const mock = ['--server', 'http://127.0.0.1:9/fhir']
    const set = await run(['profile', 'set', 'clinic', ...mock, '--client-id', '1', '--key', 'missing.pem'])
    expect([set.code, set.err]).toEqual([
      0,
      expect.stringContaining(`warning: --key ${join(cwd, 'missing.pem')}: there is no such file`),
    ])
    const doctor = await run(['doctor'])
    expect(doctor.code).toBe(2)
    expect(doctor.out).toContain('hint: profile clinic names it: check the file')
    expect(doctor.out).toContain('`bulkx profile set clinic --key <file>`')
    const typed = await run(['doctor', '--key', 'other.pem'])
    expect(typed.out).toContain('hint: check `--key`')
    const jwks = await run(['auth', 'jwks', 'missing.pem'])
    expect([jwks.code, jwks.err]).toEqual([2, expect.stringMatching(/hint: name the file of a private key/)])
  })

  test('paths and programs hold from every directory', async () => {
    const { run, kept, cwd } = user()
    writeFileSync(join(cwd, 'get token'), '')
    await run(['profile', 'set', 'a', '--token-command', './get token'])
    await run(['profile', 'set', 'b', '--token-command', './get.sh --for "a b"'])
    await run(['profile', 'set', 'c', '--token-command', 'gcloud auth print-access-token'])
    const commands = ['a', 'b', 'c'].map((name) => kept().profiles[name]['token-command'])
    expect(commands).toEqual([
      `'${join(cwd, 'get token')}'`,
      `${join(cwd, 'get.sh')} --for 'a b'`,
      'gcloud auth print-access-token',
    ])
  })

  test('only its owner can read it', async () => {
    const { run, config, file } = user()
    await run(['profile', 'set', 'a', '--server', server])
    expect(statSync(config).mode & 0o777).toBe(0o700)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(config)).toEqual(['profiles.json'])
  })

  test('twenty writers at once lose nothing', async () => {
    const { run, kept } = user()
    const names = Array.from({ length: 20 }, (_, index) => `p.${index}`)
    // The first one that holds the lock would wait for it in real time, the others in that of the fake clock.
    await import('conf')
    const ran = await Promise.all(names.map((name) => run(['profile', 'set', name, '--server', server])))
    expect(ran.map(({ code }) => code)).toEqual(names.map(() => 0))
    expect(Object.keys(kept().profiles).sort()).toEqual([...names].sort())
  })

  test.each([
    [['profile', 'set', 'a b', '--server', server], /"a b" is no profile name/],
    [['profile', 'set', '__proto__', '--server', server], /is no profile name/],
    [['profile', 'set', 'none', '--server', server], /stands for no profile at all/],
    [['profile', 'set', 'a', '--key', 'k', '--token-file', 't'], /are two ways to say who we are/],
    [['profile', 'set', 'a', '--server', 'nonsense'], /is not an http/],
    [['profile', 'set', 'a', '--proxy', 'http://me:s3cret@proxy:1'], /--proxy holds a password/],
    [['profile', 'set', 'a', '--token', 's3cret'], /A secret is never an argument/],
    [['profile', 'set', 'a', '--client-secret=s3cret'], /A secret is never an argument/],
    [['profile', 'set', 'a', '--token-file', 'eyJhbGciOiJub25lIn0.s3cret.x'], /looks like the secret itself/],
    [['profile', 'use', 'nobody'], /There is no profile "nobody"/],
    [['profile', 'use'], /No profile was named/],
    [['profile', 'use', 'a', '--none'], /cannot both be given/],
    [['profile', 'remove', 'nobody'], /There is no profile/],
    [['profile', 'show'], /No profile is in use/],
    [['export', '--profile', 'nobody'], /There is no profile "nobody"/],
  ])('%j is refused', async (argv, message) => {
    const { run } = user()
    const { code, err, out } = await run(argv)
    expect(code).toBe(2)
    expect(err).toMatch(message)
    expect(err).toMatch(/^hint: /m)
    expect(`${out}${err}`).not.toContain('s3cret')
  })

  test('what was written by hand: secrets are shown as ***, and never used', async () => {
    const { run, config, file } = user()
    mkdirSync(config)
    const a = { server, token: 's3cret', proxy: 'http://me:s3cret@proxy:1', parallel: 3, gzip: true }
    writeFileSync(file, JSON.stringify({ inUse: 'a', profiles: { a } }))
    const shown = await run(['profile', 'show'])
    expect(shown.out).toContain('token     ***')
    expect(shown.out).toContain('proxy     http://***@proxy:1')
    const used = await run(['export', '--dry-run'])
    expect([used.code, used.err]).toEqual([2, expect.stringContaining('holds "token", which is no option')])
    writeFileSync(file, '{"token": "s3cret"')
    const broken = await run(['profile', 'list'])
    expect([broken.code, broken.err]).toEqual([2, expect.stringContaining('it is no JSON')])
    for (const { out, err } of [shown, used, broken]) expect(`${out}${err}`).not.toContain('s3cret')
  })
})

describe('in a run', () => {
  const settingsIn = async (
    { run }: ReturnType<typeof user>,
    argv: string[] = [],
    env: Record<string, string> = {},
  ) => {
    const { code, result, err } = await run(['export', ...argv, '--print-config', '--json'], { env })
    expect(err).toBe('')
    expect(code).toBe(0)
    const config = result.config as { name: string; value?: string; source: string }[]
    return (name: string) => {
      const { value, source } = config.find((setting) => setting.name === name) ?? {}
      return [value, source]
    }
  }

  const withProfiles = async () => {
    const one = user()
    await one.run(['profile', 'set', 'a', '--server', server, '--parallel', '2', '--poll-min', '2s'])
    await one.run(['profile', 'set', 'b', '--server', 'https://b.example', '--parallel', '7'])
    return one
  }

  test('flag, environment, profile, default', async () => {
    const one = await withProfiles()
    const of = await settingsIn(one, ['--parallel', '4'], { BULKX_POLL_MIN: '3s' })
    expect(of('server')).toEqual([server, 'profile a'])
    expect(of('profile')).toEqual(['a', 'bulkx profile use'])
    expect(of('parallel')).toEqual(['4', '--parallel'])
    expect(of('poll-min')).toEqual(['3s', 'BULKX_POLL_MIN'])
    const plain = await settingsIn(one)
    expect(plain('poll-min')).toEqual(['2s', 'profile a'])
    expect(plain('poll-max')).toEqual(['5m', 'default'])
  })

  test('which profile: --profile, BULKX_PROFILE, the one in use, none', async () => {
    const one = await withProfiles()
    const env = { BULKX_PROFILE: 'b' }
    expect((await settingsIn(one, [], env))('parallel')).toEqual(['7', 'profile b'])
    expect((await settingsIn(one, ['--profile', 'a'], env))('parallel')).toEqual(['2', 'profile a'])
    const none = await settingsIn(one, ['--profile', 'none', '--server', server], env)
    expect(none('parallel')).toEqual(['5', 'default'])
    expect((await settingsIn(one, ['--server', server], { BULKX_PROFILE: 'none' }))('parallel')[1]).toBe(
      'default',
    )
  })

  test('a profile that nobody typed speaks for its own server only', async () => {
    const one = await withProfiles()
    const elsewhere = await settingsIn(one, ['--server', 'https://c.example'])
    expect(elsewhere('parallel')).toEqual(['5', 'default'])
    expect((await settingsIn(one, ['--server', `${server}/`]))('parallel')).toEqual(['2', 'profile a'])
    const typed = await settingsIn(one, ['--server', 'https://c.example', '--profile', 'a'])
    expect(typed('parallel')).toEqual(['2', 'profile a'])
    const url = await settingsIn(one, ['https://c.example/Group/1/$export'])
    expect(url('parallel')).toEqual(['5', 'default'])
    expect((await settingsIn(one, [`${server}/Group/1/$export`]))('parallel')).toEqual(['2', 'profile a'])
    const both = await one.run(['export', 'https://c.example/$export', '--profile', 'a', '--dry-run'])
    expect([both.code, both.err]).toEqual([2, expect.stringContaining('is for https://ehr.example/fhir')])
  })

  test('the first line names server and profile, and what the profile asks for', async () => {
    const talk = await session()
    await talk.run(['profile', 'set', 'here', '--server', talk.server, '--type', 'Patient'])
    const ran = await talk.run(['export', 'Group/123', '-o', 'out'])
    expect(ran.code).toBe(0)
    expect(ran.err.split('\n')[0]).toBe(
      `export: Group/123 from ${talk.server} (profile here: --type Patient) into ./out`,
    )
    const passed = await talk.run(['export', '--server', 'mock:', '-o', 'mock'])
    expect(passed.err.match(/the profile here is for .*, and not used here/g)).toHaveLength(1)
    const named = await talk.run(['export', '--server', 'mock:', '-o', 'named'], {
      env: { BULKX_PROFILE: 'here' },
    })
    expect(named.err).not.toContain('the profile here')
  })

  test('a profile without settings is not set', async () => {
    const { run } = user()
    const { code, err } = await run(['profile', 'set', 'empty'])
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/Nothing was given.*empty\nhint: .*--server <url>/),
    ])
    expect((await run(['profile', 'list'])).out).toBe('')
  })

  test('without a server the hint names the ways to name one', async () => {
    const { run } = user()
    expect((await run(['export'])).err).toMatch(/--server.*bulkx profile set.*--server mock:/)
  })
})
