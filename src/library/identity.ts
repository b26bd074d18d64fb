/** Who we are to the server: from values and functions to a method, and to what a directory may remember of it. */
import { KeyObject } from 'node:crypto'
import { checkMethod } from '../auth/credentials-for.js'
import { checkSecret, checkToken } from '../auth/given-secrets.js'
import type { CryptoKey, JWK } from '../auth/keys.js'
import type { AuthMethod, TokenRequestSettings } from '../auth/method.js'
import type { NetworkConfig } from '../config.js'
import { BulkxError } from '../errors.js'
import type { Identity } from '../job/facts.js'
import { given } from '../options/given.js'
import { splitHeader } from '../options/values.js'
import { plainText } from '../protocol/operation-outcome.js'
import { usage } from './given-values.js'
import type { ExportOptions, PrivateKey, Secret } from './options.js'
import type { GivenOptions } from './read-options.js'

type Way = AuthMethod['kind']

/** What is given, and the ways that it fits; the first one where nobody says which. */
const fitting = {
  token: ['bearer', 'command'],
  privateKey: ['backend-services'],
  clientSecret: ['client-secret-basic', 'client-secret-post'],
} as const satisfies Partial<Record<keyof ExportOptions, readonly Way[]>>

const givenCredential = (options: ExportOptions): keyof typeof fitting | undefined => {
  const names = (['token', 'privateKey', 'clientSecret'] as const).filter(
    (name) => options[name] !== undefined,
  )
  if (names.length < 2) return names[0]
  throw usage(`${names[0]} and ${names[1]} are two ways to say who we are`, 'give one of them')
}

/** As `auth` says, or as what is given fits; a preset says it where nothing is given. */
const wayOf = (options: ExportOptions, read: GivenOptions): Way => {
  const name = givenCredential(options)
  const said = read.get('auth')
  if (name !== undefined) {
    const ways: readonly Way[] = fitting[name]
    if (said !== undefined && ways.includes(said)) return said === 'command' ? 'bearer' : said
    if (said !== undefined && read.has('auth')) {
      throw usage(`auth ${said} and ${name} are two ways to say who we are`, 'leave `auth` out')
    }
    return fitting[name][0]
  }
  if (said !== undefined) return said
  if (options.clientId !== undefined) {
    throw usage('clientId alone does not say who we are', 'add `privateKey` or `clientSecret`')
  }
  return options.secretHeaders ? 'headers' : 'none'
}

const lacking = (way: Way, what: string): BulkxError =>
  usage(`The way ${way} needs ${what}`, `give \`${what}\`, or another way with \`auth\``)

const tokenRequestOf = (way: Way, read: GivenOptions): TokenRequestSettings & { audience?: string } => {
  const clientId = read.get('client-id')
  if (clientId === undefined) throw lacking(way, 'clientId')
  const scope = read.get('scope')?.join(' ')
  return {
    clientId,
    tokenUrl: read.get('token-url'),
    scope: scope === 'none' ? '' : scope,
    audience: read.get('audience'),
  }
}

/** Of what a function throws, at most. */
const causeMax = 200
// What a token, a key or a password looks like: whatever follows may be a part of it.
const secretLike =
  /-----BEGIN.*|\beyJ[\w-]+(?:\.[\w-]*)*|\b(?:Bearer|Basic)\s+\S+|\/\/[^/\s@]*@|\b[\w+/=-]{32,}/gis

const causeWords = (cause: unknown): string => {
  const said = cause instanceof Error ? cause.message : typeof cause === 'string' ? cause : ''
  const words = plainText(said.replace(secretLike, '***'), causeMax)
  return words === '' ? '' : `: ${words}`
}

/** What a function of the user throws may say anything: its words are looked through, whole they are in the cause. */
const ask = async <T>(name: string, source: T | (() => T | Promise<T>)): Promise<T> => {
  if (typeof source !== 'function') return source
  try {
    return await (source as () => T | Promise<T>)()
  } catch (cause) {
    if (cause instanceof BulkxError) throw cause
    throw new BulkxError('BULKX_TOKEN', `The function ${name} failed${causeWords(cause)}`, {
      cause,
      hint: 'the whole error of the function is the `cause` of this one',
    })
  }
}

const secretReader =
  (name: 'token' | 'clientSecret', source: Secret): (() => Promise<string>) =>
  async () => {
    const code = typeof source === 'string' ? 'BULKX_CONFIG' : 'BULKX_TOKEN'
    const text: unknown = await ask(name, source)
    const check = name === 'token' ? checkToken : checkSecret
    return check(typeof text === 'string' ? text : '', name, code)
  }

const isWebKey = (key: object): key is CryptoKey => 'algorithm' in key && 'extractable' in key

const keyText = (key: PrivateKey): string | CryptoKey => {
  if (typeof key === 'string') return key
  if (key instanceof Uint8Array) return Buffer.from(key).toString('utf8')
  if (isWebKey(key)) return key
  if (!(key instanceof KeyObject)) return JSON.stringify(key satisfies JWK)
  if (key.type === 'private') return key.export({ type: 'pkcs8', format: 'pem' }).toString()
  throw new BulkxError('BULKX_CONFIG', `The key is a ${key.type} one`, { hint: 'give the private key' })
}

/** Never quotes the value. */
const secretHeadersOf = ({ secretHeaders = {} }: ExportOptions): Record<string, string> =>
  Object.fromEntries(
    Object.entries(secretHeaders).map(([name, value]) => {
      const header = splitHeader(`${name}: ${value}`)
      if (header) return header
      throw usage(`secretHeaders ${JSON.stringify(name)} is no header`, "write it like { 'X-Key': '…' }")
    }),
  )

const methodOf = (way: Way, options: ExportOptions, read: GivenOptions): AuthMethod => {
  const { token, privateKey, clientSecret } = options
  switch (way) {
    case 'none':
      return { kind: 'none' }
    case 'headers':
      if (!options.secretHeaders) throw lacking(way, 'secretHeaders')
      return { kind: 'headers', headers: secretHeadersOf(options) }
    case 'bearer':
    case 'command':
      if (token === undefined) throw lacking(way, 'token')
      return { kind: 'bearer', read: secretReader('token', token) }
    case 'backend-services': {
      if (privateKey === undefined) throw lacking(way, 'privateKey')
      return {
        kind: way,
        ...tokenRequestOf(way, read),
        readKey: async () => keyText(await ask('privateKey', privateKey)),
        kid: read.get('kid'),
        alg: read.get('alg'),
      }
    }
    case 'client-secret-basic':
    case 'client-secret-post':
      if (clientSecret === undefined) throw lacking(way, 'clientSecret')
      return {
        kind: way,
        ...tokenRequestOf(way, read),
        readSecret: secretReader('clientSecret', clientSecret),
      }
    default:
      return way satisfies never
  }
}

/** References only: no token, key or secret. */
const identityOf = (way: Way, options: ExportOptions, read: GivenOptions): Identity => {
  const asks = way === 'backend-services' || way === 'client-secret-basic' || way === 'client-secret-post'
  const common = { auth: asks || way === 'headers' ? way : undefined, preset: options.preset }
  if (!asks) return given(common)
  return given({
    ...common,
    clientId: read.get('client-id'),
    kid: read.get('kid'),
    alg: read.get('alg'),
    tokenUrl: read.get('token-url'),
    scope: read.get('scope')?.join(' '),
    audience: read.get('audience'),
  })
}

const certificatesOf = ({ ca, cert, certKey }: ExportOptions) => {
  if ((cert === undefined) !== (certKey === undefined)) {
    throw usage('A client certificate needs its private key', 'give both `cert` and `certKey`')
  }
  return { caPem: ca, certPem: cert, certKeyPem: certKey }
}

/** What a function gives is looked at when it is needed. */
const isAtHand = ({ token, privateKey, clientSecret }: ExportOptions): boolean =>
  typeof (token ?? privateKey ?? clientSecret) !== 'function'

type Credentials = Pick<NetworkConfig, 'secretHeaders' | 'auth' | 'caPem' | 'certPem' | 'certKeyPem'>

/**
 * Calls no function of the user's. Rejects with `BULKX_USAGE` for what contradicts itself or is not enough, with
 * `BULKX_CONFIG` for a key or secret that cannot be used.
 */
export const credentialsFrom = async (
  options: ExportOptions,
  read: GivenOptions,
): Promise<{ identity: Identity; credentials: Credentials }> => {
  const way = wayOf(options, read)
  if (way === 'none' && options.secretHeaders) {
    throw usage('auth none and secretHeaders contradict each other', 'leave one of them out')
  }
  const auth = methodOf(way, options, read)
  if (isAtHand(options)) await checkMethod(auth)
  return {
    identity: identityOf(way, options, read),
    credentials: {
      auth,
      secretHeaders: way === 'headers' ? {} : secretHeadersOf(options),
      ...certificatesOf(options),
    },
  }
}
