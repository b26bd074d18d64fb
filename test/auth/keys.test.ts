/** Reading, making and publishing keys. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto'
import { calculateJwkThumbprint, jwtVerify, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { generateKeyPair } from '../../src/auth/key-pair.js'
import { type KeyChoice, publicJwks, readSigningKey } from '../../src/auth/keys.js'
import { elliptic, failure, newElliptic, newRsa, rsa, visible } from './party.js'

type Jwk = Record<string, unknown>
const jwkOf = (pem: string, more: Jwk = {}): Jwk => ({
  ...createPrivateKey(pem).export({ format: 'jwk' }),
  ...more,
})
const publicOf = (pem: string): Jwk => ({ ...createPublicKey(pem).export({ format: 'jwk' }) })
const set = (...keys: Jwk[]): string => JSON.stringify({ keys })
const convert = (pem: string, type: 'pkcs1' | 'sec1'): string =>
  createPrivateKey(pem).export({ type, format: 'pem' }).toString()

const p256 = newElliptic('P-256')
const p521 = newElliptic('P-521')

const thumbprint = (pem: string): Promise<string> => calculateJwkThumbprint(publicOf(pem))

describe('A-14 read', () => {
  test.each<[string, string, KeyChoice, string]>([
    ['P-384, PKCS #8', elliptic.pem, {}, 'ES384'],
    ['P-384, SEC 1', convert(elliptic.pem, 'sec1'), {}, 'ES384'],
    [
      'P-384, behind its parameters',
      `-----BEGIN EC PARAMETERS-----\nBgUrgQQAIg==\n-----END EC PARAMETERS-----\n${convert(elliptic.pem, 'sec1')}`,
      {},
      'ES384',
    ],
    ['RSA, PKCS #8', rsa.pem, {}, 'RS384'],
    ['RSA, PKCS #1', convert(rsa.pem, 'pkcs1'), {}, 'RS384'],
    ['RSA with --alg', rsa.pem, { alg: 'RS256' }, 'RS256'],
    ['RSA with --alg for PSS', rsa.pem, { alg: 'PS384' }, 'PS384'],
    ['P-256', p256.pem, {}, 'ES256'],
    ['P-521', p521.pem, {}, 'ES512'],
    ['a JWK', JSON.stringify(jwkOf(elliptic.pem)), {}, 'ES384'],
    ['a JWK with its alg', JSON.stringify(jwkOf(rsa.pem, { alg: 'RS512' })), {}, 'RS512'],
    [
      'a JWK whose alg --alg overrules',
      JSON.stringify(jwkOf(rsa.pem, { alg: 'RS256' })),
      { alg: 'RS384' },
      'RS384',
    ],
    ['Windows line ends and a BOM', `\ufeff${elliptic.pem.replaceAll('\n', '\r\n')}`, {}, 'ES384'],
    ['beside its public key', `${elliptic.publicPem}${elliptic.pem}`, {}, 'ES384'],
  ])('%s', async (_, text, choice, alg) => {
    const key = await readSigningKey(text, choice)
    expect(key.alg).toBe(alg)
    const jwt = await new SignJWT({ jti: randomUUID() }).setProtectedHeader({ alg }).sign(key.privateKey)
    await expect(jwtVerify(jwt, key.publicJwk)).resolves.toBeDefined()
    expect(Object.keys(key.publicJwk)).not.toContain('d')
  })

  test.each<[string, string, KeyChoice, () => Promise<string> | string]>([
    ['the thumbprint', elliptic.pem, {}, () => thumbprint(elliptic.publicPem)],
    ['the one given', elliptic.pem, { kid: 'k' }, () => 'k'],
    ['that of the JWK', JSON.stringify(jwkOf(elliptic.pem, { kid: 'own' })), {}, () => 'own'],
    ['given before own', JSON.stringify(jwkOf(elliptic.pem, { kid: 'own' })), { kid: 'k' }, () => 'k'],
  ])('kid: %s', async (_, text, choice, kid) => {
    expect((await readSigningKey(text, choice)).kid).toBe(await kid())
  })
})

describe('a JWKS', () => {
  const ec = jwkOf(elliptic.pem, { kid: 'ec' })
  const old = jwkOf(rsa.pem, { kid: 'rsa' })
  const encryption = jwkOf(p256.pem, { kid: 'enc', use: 'enc' })
  test.each<[string, string, KeyChoice, string]>([
    ['by kid', set(ec, old), { kid: 'rsa' }, 'rsa'],
    ['the only private one', set({ ...publicOf(rsa.publicPem), kid: 'rsa' }, ec), {}, 'ec'],
    ['the only one for signing', set(encryption, ec), {}, 'ec'],
    ['the only one that may sign', set({ ...old, key_ops: ['decrypt'] }, ec), {}, 'ec'],
    ['the only one for --alg', set(ec, old), { alg: 'RS384' }, 'rsa'],
  ])('%s', async (_, text, choice, kid) => {
    expect((await readSigningKey(text, choice)).kid).toBe(kid)
  })
})

const openssh = '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n'
const encrypted = generateKeyPairSync('ec', {
  namedCurve: 'P-384',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
}).privateKey
const oldEncrypted =
  '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n'
const ed25519 = generateKeyPairSync('ed25519', {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
}).privateKey

describe('unusable', () => {
  const ec = jwkOf(elliptic.pem, { kid: 'ec' })
  const { d: _d, ...noSecret } = ec
  test.each<[string, string, KeyChoice, RegExp]>([
    ['an empty file', ' \n', {}, /empty/],
    ['another file', 'Dear Sir', {}, /neither PEM nor JWK/],
    ['a public key', elliptic.publicPem, {}, /is a public key/],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----', {}, /is a certificate/],
    ['OpenSSH', openssh, {}, /OpenSSH/],
    ['encrypted', encrypted, {}, /passphrase/],
    ['encrypted in the old way', oldEncrypted, {}, /passphrase/],
    ['broken PEM', elliptic.pem.replace(/\n[\w+/]{20}/, '\n'), {}, /broken PEM/],
    ['broken JSON', JSON.stringify(ec).slice(0, -9), {}, /broken JSON/],
    ['JSON of something else', '{"a":1}', {}, /neither JWK nor JWKS/],
    ['a public JWK', JSON.stringify(noSecret), {}, /no private part/],
    ['a JWK of a wrong curve', JSON.stringify({ ...ec, crv: 'P-256' }), {}, /broken JWK/],
    ['a JWK with a number', JSON.stringify({ ...ec, x: 123454321 }), {}, /broken JWK/],
    ['a shared secret', '{"kty":"oct","k":"AAAA"}', {}, /shared secret/],
    ['a key for encryption', JSON.stringify({ ...ec, use: 'enc' }), {}, /not for signing/],
    ['an empty JWKS', set(), {}, /no private key/],
    ['a public JWKS', set(noSecret), {}, /no private key/],
    ['an unknown kid', set(ec), { kid: 'other' }, /no private key with the kid "other"/],
    ['two keys', set(ec, { ...ec, kid: 'b' }), {}, /several private keys/],
    ['no key for --alg', set(ec, { ...ec, kid: 'b' }), { alg: 'RS384' }, /no private key for RS384/],
    ['RSA that is short', newRsa(1024).pem, {}, /1024 bits/],
    ['Ed25519', ed25519, {}, /kind that SMART does not use \(ed25519\)/],
    ['--alg of another kind', elliptic.pem, { alg: 'RS384' }, /cannot sign with RS384/],
    ['--alg of another curve', p256.pem, { alg: 'ES384' }, /cannot sign with ES384/],
    ['--alg none', elliptic.pem, { alg: 'none' }, /cannot sign with none/],
    ['--alg HS256', rsa.pem, { alg: 'HS256' }, /cannot sign with HS256/],
  ])('%s', async (_, text, choice, message) => {
    const error = await failure(readSigningKey(text, choice))
    expect(error).toMatchObject({
      code: 'BULKX_CONFIG',
      exitCode: 2,
      message: expect.stringMatching(message),
    })
    expect(error.hint).toBeTruthy()
    // Nothing of the file is repeated: no run of 12 of its key characters.
    const pieces =
      text.match(/[\w+/-]{12,}/g)?.filter((piece) => !/BEGIN|END|PRIVATE|PUBLIC/.test(piece)) ?? []
    for (const piece of pieces) expect(visible(error)).not.toContain(piece.slice(0, 12))
  })
})

describe('made', () => {
  test.each(['ES384', 'RS384'] as const)('%s', async (alg) => {
    const pair = await generateKeyPair(alg)
    const key = await readSigningKey(pair.privatePem)
    expect(key).toMatchObject({ alg, kid: pair.kid })
    expect(await readSigningKey(pair.privateJwk)).toMatchObject({ alg, kid: pair.kid })
    expect(pair.publicJwks).toBe(publicJwks(key))
    const { keys } = JSON.parse(pair.publicJwks) as { keys: Jwk[] }
    expect(keys).toHaveLength(1)
    expect(keys[0]).toMatchObject({ kid: pair.kid, alg, use: 'sig', key_ops: ['verify'] })
    const members = alg === 'ES384' ? ['crv', 'x', 'y'] : ['n', 'e']
    expect(Object.keys(keys[0] ?? {}).sort()).toEqual(
      ['alg', 'key_ops', 'kid', 'kty', 'use', ...members].sort(),
    )
    expect(pair.kid).toBe(await calculateJwkThumbprint(keys[0] ?? {}))
  })
})
