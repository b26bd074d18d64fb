import { describe, expect, test } from 'vitest'
import { chooseWay } from '../../src/cli/auth-way.js'
import { resolveSettings, type Texts } from '../../src/cli/settings.js'
import { BulkxError } from '../../src/errors.js'
import { inGroups } from '../../src/options/options.js'

const names = inGroups('server', 'identity')

interface Given {
  flags?: Texts
  directory?: Texts
  env?: Record<string, string>
  profile?: Texts
}

const choose = ({ flags = {}, directory, env = {}, profile }: Given) => {
  const chosen = profile && ({ name: 'epic', by: 'use', texts: profile } as const)
  return chooseWay(resolveSettings({ names, flags, directory, env, profile: chosen }), env)
}

const failure = (given: Given): BulkxError => {
  try {
    choose(given)
  } catch (error) {
    if (error instanceof BulkxError) return error
  }
  throw new Error('nothing was refused')
}

const key = ['k.pem']
const file = ['f']

describe('guessed from what is given', () => {
  test.each<[Given, string, string]>([
    [{}, 'none', 'default'],
    [{ flags: { key } }, 'backend-services', 'guessed from --key'],
    [{ flags: { 'client-secret-file': file } }, 'client-secret-basic', 'guessed from --client-secret-file'],
    [{ env: { BULKX_CLIENT_SECRET: 's' } }, 'client-secret-basic', 'guessed from BULKX_CLIENT_SECRET'],
    [{ flags: { 'token-file': file } }, 'bearer', 'guessed from --token-file'],
    [{ env: { BULKX_TOKEN: 't' } }, 'bearer', 'guessed from BULKX_TOKEN'],
    [{ env: { BULKX_TOKEN: 't', BULKX_TOKEN_FILE: 'f' } }, 'bearer', 'guessed from BULKX_TOKEN_FILE'],
    [{ env: { BULKX_TOKEN: '' } }, 'none', 'default'],
    [{ flags: { 'token-command': ['p'] } }, 'command', 'guessed from --token-command'],
    [{ flags: { 'header-file': file } }, 'headers', 'guessed from --header-file'],
    [{ flags: { 'header-file': file, key } }, 'backend-services', 'guessed from --key'],
    [{ env: { BULKX_KEY: 'k' } }, 'backend-services', 'guessed from BULKX_KEY'],
    [{ directory: { key } }, 'backend-services', 'guessed from key of the directory'],
    [{ profile: { key } }, 'backend-services', 'guessed from key of profile epic'],
    // The nearer source decides alone.
    [{ flags: { 'token-file': file }, profile: { key } }, 'bearer', 'guessed from --token-file'],
    [{ env: { BULKX_TOKEN: 't' }, profile: { key } }, 'bearer', 'guessed from BULKX_TOKEN'],
    [
      { env: { BULKX_TOKEN: 't' }, directory: { key } },
      'backend-services',
      'guessed from key of the directory',
    ],
    [{ env: { BULKX_AUTH: 'bearer' }, flags: { key } }, 'backend-services', 'guessed from --key'],
    // Said, it is not guessed.
    [{ flags: { auth: ['none'] }, env: { BULKX_TOKEN: 't' } }, 'none', '--auth'],
    [{ flags: { auth: ['bearer'] }, profile: { key } }, 'bearer', '--auth'],
    [{ env: { BULKX_AUTH: 'bearer', BULKX_TOKEN: 't', BULKX_KEY: 'k' } }, 'bearer', 'BULKX_AUTH'],
    [{ flags: { auth: ['client-secret-post'], 'client-secret-file': file } }, 'client-secret-post', '--auth'],
    // How a secret is sent may be said further away.
    [
      { flags: { 'client-secret-file': file }, profile: { auth: ['client-secret-post'] } },
      'client-secret-post',
      'guessed from --client-secret-file',
    ],
  ])('%j', (given, way, source) => {
    expect(choose(given)).toMatchObject({ way, source })
  })
})

describe('two ways at once are refused, naming both', () => {
  test.each<[Given, RegExp]>([
    [{ flags: { key, 'token-file': file } }, /^--key and --token-file are two ways/],
    [{ flags: { key, 'client-secret-file': file } }, /^--key and --client-secret-file/],
    [{ flags: { 'token-command': ['p'], 'token-file': file } }, /^--token-file and --token-command/],
    [{ flags: { auth: ['none'], 'token-file': file } }, /^--auth none and --token-file/],
    [{ flags: { auth: ['none'], 'header-file': file } }, /^--auth none and --header-file/],
    [{ flags: { auth: ['bearer'], key } }, /^--auth bearer and --key/],
    [{ env: { BULKX_TOKEN: 't', BULKX_CLIENT_SECRET: 's' } }, /^BULKX_CLIENT_SECRET and BULKX_TOKEN/],
    [{ env: { BULKX_TOKEN: 't', BULKX_KEY: 'k' } }, /^BULKX_KEY and BULKX_TOKEN/],
    [{ profile: { key, 'token-file': file } }, /^key of profile epic and token-file of profile epic/],
    [{ profile: { auth: ['bearer'], key } }, /^auth bearer of profile epic and key of profile epic/],
  ])('%j', (given, message) => {
    const error = failure(given)
    expect(error.exitCode).toBe(2)
    expect(error.message).toMatch(message)
    expect(error.hint).toContain('--auth')
  })
})
