/** A directory that somebody else has prepared: what it says of servers, keys, programs and origins is not believed. */
import { chmodSync, cpSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Session, session } from './session.js'

/** A journal as another user's bulkx, or an attacker, would have written it. */
const plant = (
  talk: Session,
  { server = talk.server, identity = {} }: { server?: string; identity?: object },
) => {
  const directory = join(talk.cwd, 'planted')
  mkdirSync(join(directory, '.bulkx'), { recursive: true })
  const kickOff = {
    target: { kind: 'system' },
    operation: '$export',
    method: 'get',
    listStyle: 'comma',
    lenient: false,
  }
  const at = talk.clock.now()
  const facts = [
    {
      type: 'job-created',
      version: 1,
      exportId: 'b7a5f5f0-0000-4000-8000-000000000000',
      server,
      fhirUrl: server,
      kickOff,
      identity,
      at,
    },
    { type: 'kick-off-requested', method: 'GET', url: `${server}/$export`, at },
    { type: 'kick-off-accepted', pollingLocation: `${talk.server}/bulkstatus/0`, at },
  ]
  writeFileSync(join(directory, '.bulkx/journal'), facts.map((fact) => `${JSON.stringify(fact)}\n`).join(''))
}

const authorizations = ({ mock }: Session) => mock.requests.map(({ headers }) => headers.authorization)

const token = { BULKX_TOKEN: 's3cret' }

describe('a credential that nobody typed', () => {
  test.each(['resume', 'status', 'cancel'])(
    '%s shows it to no server that only the directory names',
    async (command) => {
      const talk = await session()
      plant(talk, {})
      const ran = await talk.run([command, 'planted'], { env: token })
      expect(ran.code).toBe(2)
      expect(ran.err).toContain(`./planted names the server ${talk.server}, which you have not named`)
      expect(ran.err).toMatch(/^hint: .*confirm it with --server http:/m)
      expect(talk.mock.requests).toEqual([])
    },
  )

  test('from a profile, or a certificate', async () => {
    const talk = await session()
    plant(talk, {})
    writeFileSync(join(talk.cwd, 'token'), 's3cret')
    await talk.run(['profile', 'set', 'bare', '--token-file', 'token'])
    expect((await talk.run(['resume', 'planted'])).code).toBe(2)
    const env = { BULKX_CERT: 'token', BULKX_CERT_KEY: 'token' }
    expect((await talk.run(['resume', 'planted', '--profile', 'none'], { env })).code).toBe(2)
    expect(talk.mock.requests).toEqual([])
  })

  test.each<
    [string, (server: string) => { argv?: string[]; env?: Record<string, string>; profile?: string[] }]
  >([
    ['--server', (server) => ({ argv: ['--server', server] })],
    ['BULKX_SERVER', (server) => ({ env: { BULKX_SERVER: `${server}/` } })],
    ['the profile in use', (server) => ({ profile: ['--server', server] })],
    ['--token-file is typed', () => ({ argv: ['--token-file', 'token'] })],
  ])('is shown when the server is confirmed: %s', async (_how, given) => {
    const talk = await session()
    plant(talk, {})
    writeFileSync(join(talk.cwd, 'token'), 's3cret')
    const { argv = [], env = {}, profile } = given(talk.server)
    if (profile) await talk.run(['profile', 'set', 'mine', ...profile])
    const ran = await talk.run(['resume', 'planted', ...argv], {
      env: argv.includes('--token-file') ? env : { ...token, ...env },
    })
    // The job is not there; that was asked with the credential.
    expect(ran.code).toBe(6)
    expect(authorizations(talk)).toContain('Bearer s3cret')
  })

  test('a variable for another server confirms nothing', async () => {
    const talk = await session()
    plant(talk, {})
    const env = { ...token, BULKX_SERVER: 'https://ehr.example/fhir' }
    expect((await talk.run(['resume', 'planted'], { env })).code).toBe(2)
  })

  test('a mock that is none confirms nothing either', async () => {
    const talk = await session()
    plant(talk, { server: 'mock:' })
    for (const env of [token, { ...token, BULKX_SERVER: 'mock:' }]) {
      const ran = await talk.run(['resume', 'planted'], { env })
      expect([2, 6]).toContain(ran.code)
    }
    expect(authorizations(talk).filter(Boolean)).toEqual([])
  })
})

describe('what the directory says of itself', () => {
  const marker = 'ran'

  const program = (talk: Session): string => {
    const path = join(talk.cwd, 'evil.sh')
    writeFileSync(path, `#!/bin/sh\ntouch ${join(talk.cwd, marker)}\necho s3cret\n`)
    chmodSync(path, 0o700)
    return path
  }

  test('runs no program and trusts no origin, confirmed or not', async () => {
    const talk = await session()
    const command = program(talk)
    const identity = {
      tokenCommand: command,
      'token-command': command,
      trustOrigin: ['https://evil.example'],
      'trust-origin': 'https://evil.example',
      proxy: 'http://evil.example:3128',
    }
    plant(talk, { identity: { ...identity, auth: 'command' } })
    const foreign = await talk.run(['resume', 'planted'])
    const confirmed = await talk.run(['resume', 'planted', '--server', talk.server])
    expect([foreign.code, confirmed.code]).toEqual([2, 2])
    expect(confirmed.err).toContain('--token-command')
    plant(talk, { identity })
    const printed = await talk.run(['resume', 'planted', '--server', talk.server, '--print-config', '--json'])
    const config = printed.result.config as { name: string; value?: string }[]
    const of = (name: string) => config.find((setting) => setting.name === name)?.value
    expect([of('trust-origin'), of('proxy'), of('token-command'), of('auth')]).toEqual([
      undefined,
      undefined,
      undefined,
      'none',
    ])
    expect(existsSync(join(talk.cwd, marker))).toBe(false)
  })

  test('its files are read only where the server is confirmed', async () => {
    const talk = await session()
    writeFileSync(join(talk.cwd, 'token'), 's3cret')
    plant(talk, { identity: { tokenFile: join(talk.cwd, 'token') } })
    expect((await talk.run(['resume', 'planted'])).code).toBe(2)
    expect((await talk.run(['resume', 'planted', '--server', talk.server])).code).toBe(6)
    expect(authorizations(talk)).toContain('Bearer s3cret')
  })

  test('its token endpoint is not used: a secret is sent there', async () => {
    const talk = await session({ clients: [{ id: 'me', secret: 's3cret' }] })
    const identity = { auth: 'client-secret-basic', clientId: 'me', tokenUrl: 'https://evil.example/token' }
    plant(talk, { identity })
    const env = { BULKX_CLIENT_SECRET: 's3cret', BULKX_SERVER: talk.server }
    const ran = await talk.run(['resume', 'planted'], { env })
    expect(ran.code).toBe(6)
    expect(talk.mock.requests.some(({ phase }) => phase === 'token')).toBe(true)
  })

  test('nonsense in a journal is no defect', async () => {
    const talk = await session()
    plant(talk, { identity: { auth: 7, keyFile: {}, profile: [], clientId: null } })
    expect((await talk.run(['resume', 'planted'])).code).toBe(8)
    expect((await talk.run(['resume', 'planted', '--server', talk.server])).code).toBe(8)
  })

  test('without a credential there is nothing to guard', async () => {
    const talk = await session()
    plant(talk, {})
    expect((await talk.run(['resume', 'planted'])).code).toBe(6)
    expect(authorizations(talk).filter(Boolean)).toEqual([])
  })
})

describe('the own job', () => {
  const kickedOff = async () => {
    const talk = await session({ token: 's3cret' })
    const argv = ['kickoff', 'Patient', '--server', talk.server, '--type', 'Patient', '-o', 'out']
    expect((await talk.run(argv, { env: token })).code).toBe(0)
    return talk
  }

  test('goes on as it was started, without naming the server again', async () => {
    const talk = await kickedOff()
    expect((await talk.run(['resume', 'out'], { env: token })).code).toBe(0)
  })

  test('moved, or copied, it is one that nobody knows', async () => {
    const talk = await kickedOff()
    cpSync(join(talk.cwd, 'out'), join(talk.cwd, 'copy'), { recursive: true })
    expect((await talk.run(['status', 'copy'], { env: token })).code).toBe(2)
    renameSync(join(talk.cwd, 'out'), join(talk.cwd, 'moved'))
    expect((await talk.run(['resume', 'moved'], { env: token })).code).toBe(2)
    const confirmed = await talk.run(['resume', 'moved', '--server', talk.server], { env: token })
    expect(confirmed.code).toBe(0)
  })

  test('moved aside by --again, it is known where it is', async () => {
    const talk = await kickedOff()
    const argv = ['kickoff', 'Patient', '--server', talk.server, '--type', 'Patient', '-o', 'out', '--again']
    expect((await talk.run(argv, { env: token })).code).toBe(0)
    expect((await talk.run(['cancel', 'out.1'], { env: token })).code).toBe(0)
  })
})
