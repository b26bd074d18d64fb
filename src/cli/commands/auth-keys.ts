/** `bulkx auth keygen` and `bulkx auth jwks`: keys for signed assertions, and what of them is public. */
import { lstat, rm, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { generateKeyPair, type KeyPairAlg } from '../../auth/key-pair.js'
import { publicJwks, readSigningKey } from '../../auth/keys.js'
import { BulkxError } from '../../errors.js'
import { shellWord } from '../../job/next-command.js'
import { makeDirectories } from '../../sink/disk.js'
import { readText } from '../identity-files.js'
import type { Invocation, Run } from '../invocation.js'
import type { Io } from '../io.js'
import { talkFor } from '../reporter/index.js'
import { shortPath } from '../show.js'

const fileMode = 0o600

const defaultAlg: KeyPairAlg = 'ES384'

const algOf = ({ flags }: Invocation): KeyPairAlg => {
  // What the environment says is about keys that there are.
  const alg = flags.alg?.at(-1) ?? defaultAlg
  if (alg === 'ES384' || alg === 'RS384') return alg
  throw new BulkxError('BULKX_USAGE', `--alg ${alg} is nothing to make a key for`, {
    hint: 'write --alg ES384, or --alg RS384 for a server that takes no other',
  })
}

const outOf = ({ flags }: Invocation, io: Io): string => {
  const out = flags.out?.at(-1)
  if (out !== undefined) return resolve(io.cwd, out)
  throw new BulkxError('BULKX_USAGE', 'The key needs a file', {
    hint: 'name one: `bulkx auth keygen --out key.pem`',
  })
}

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  )

const taken = (path: string): BulkxError =>
  new BulkxError('BULKX_USAGE', `${path} is there already, and a key is never written over`, {
    hint: 'choose another file with --out',
  })

const create = async (path: string, text: string): Promise<void> => {
  try {
    await writeFile(path, text, { flag: 'wx', mode: fileMode })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw taken(path)
    throw error
  }
}

export const keygen: Run = async (invocation, io) => {
  const alg = algOf(invocation)
  const key = outOf(invocation, io)
  const jwksFile = `${key}.jwks.json`
  for (const path of [key, jwksFile]) if (await exists(path)) throw taken(path)
  const pair = await generateKeyPair(alg)
  await makeDirectories(dirname(key))
  await create(key, /\.jwk$|\.json$/i.test(key) ? pair.privateJwk : pair.privatePem)
  try {
    await create(jwksFile, pair.publicJwks)
  } catch (error) {
    await rm(key, { force: true })
    throw error
  }
  const talk = await talkFor(invocation.settings, io)
  talk.line(`private key (${alg}, kid ${pair.kid}): ${shortPath(key, io.cwd)}; it stays here`)
  talk.line(`public key set: ${shortPath(jwksFile, io.cwd)}; register it at the server, or publish it`)
  talk.line(`then: bulkx export --client-id <id> --key ${shellWord(shortPath(key, io.cwd))}`)
  if (!invocation.settings.get('json')) io.stdout.write(`${key}\n`)
  return { result: { key, jwksFile, kid: pair.kid, alg } }
}

/** What is wrong with a key says which file it is. */
export const readKeyFile = async (path: string, choice: { kid?: string; alg?: string }) => {
  const hint = 'name the file of a private key, PEM, JWK or JWKS; `bulkx auth keygen --out key.pem` makes one'
  const text = await readText(path, hint, 'BULKX_CONFIG')
  try {
    return await readSigningKey(text, choice)
  } catch (error) {
    if (!(error instanceof BulkxError)) throw error
    throw new BulkxError(error.code, `${path}: ${error.message}`, { hint: error.hint })
  }
}

export const jwks: Run = async ({ args, flags, settings }, io) => {
  const choice = { kid: flags.kid?.at(-1), alg: flags.alg?.at(-1) }
  const key = await readKeyFile(resolve(io.cwd, args[0] ?? ''), choice)
  const text = publicJwks(key)
  if (!settings.get('json')) io.stdout.write(text)
  return { result: { jwks: JSON.parse(text), kid: key.kid, alg: key.alg } }
}
