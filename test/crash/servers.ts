/** The servers whose exports are killed, with what each asks of its clients, and the trouble that they make meanwhile. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Fault, faults, type Personality, personalities, personality } from '../../src/mock/index.js'
import { presets } from '../../src/presets.js'
import { elliptic } from '../mock/identity.js'
import type { Place } from '../process/place.js'
import { mixedData, type Served, type ServeOptions } from '../process/server.js'
import type { Dice } from './dice.js'

export type ServerName = keyof typeof personalities

export const isServer = (name: string): name is ServerName => Object.hasOwn(personalities, name)

/** Those that are killed each time, not only in long runs. */
export const usualServers: readonly ServerName[] = [
  ...(['reference', 'interopio', 'greenway', 'oracle', 'esus', '1up-ste'] as const),
]

const CLIENT = 'bulkx-test'
const SECRET = 's3cret-of-this-client'

/** A server as a client meets it. */
export interface KilledAt {
  options: ServeOptions
  /** Behind `export`. */
  argv: readonly string[]
  env: Record<string, string>
  /** Written below the place's root before the first run. */
  files: Readonly<Record<string, string>>
  /** Whether jobs are deleted in the end. */
  deletes: boolean
  /** Whether it gives tokens, which may end before their time. */
  tokens: boolean
}

/** Jobs take a moment, and nobody has to wait longer for them than that. */
const quick = (base: Personality, lifetimeMs = base.files.lifetimeMs): Personality =>
  personality(
    {
      retryAfter: () => undefined,
      files: { lifetimeMs },
      // What is exported is the same whenever it is: only what was asked for is compared.
      since: { missingMs: undefined },
    },
    base,
  )

const open: Pick<KilledAt, 'env' | 'files' | 'deletes' | 'tokens'> = {
  env: {},
  files: {},
  deletes: true,
  tokens: false,
}

const secret = { BULKX_CLIENT_ID: CLIENT, BULKX_CLIENT_SECRET: SECRET }
const data = mixedData(120)
const clients = [{ id: CLIENT, secret: SECRET, jwks: { keys: [elliptic.jwk] } }]
const pem = elliptic.key.export({ type: 'pkcs8', format: 'pem' }).toString()
const day = 86_400_000

const special: Readonly<Partial<Record<ServerName, KilledAt>>> = {
  reference: {
    ...open,
    options: { data, pageSize: 60 },
    argv: [],
  },
  interopio: {
    ...open,
    options: { data, pageSize: 10, personality: quick(personalities.interopio) },
    argv: ['Patient'],
  },
  greenway: {
    ...open,
    options: { data, pageSize: 60, personality: quick(personalities.greenway), clients },
    argv: ['Group/all', '--client-id', CLIENT, '--key', 'key.pem', '--kid', elliptic.kid],
    files: { 'key.pem': pem },
    tokens: true,
  },
  oracle: {
    ...open,
    options: {
      data,
      pageSize: 60,
      // Signed URLs that end while they are used.
      personality: personality({ elsewhere: { signedMs: 2_000 } }, quick(personalities.oracle, 30 * day)),
      clients,
    },
    argv: [
      ...['Group/all', '--type', 'Patient,Observation,Encounter,Condition,Immunization'],
      ...['--auth', 'client-secret-basic'],
    ],
    env: secret,
    tokens: true,
  },
  esus: {
    ...open,
    options: { data, personality: quick(personalities.esus), token: SECRET },
    argv: ['Patient'],
    env: { BULKX_TOKEN: SECRET },
  },
  '1up-ste': {
    ...open,
    options: { data, pageSize: 60, personality: quick(personalities['1up-ste']), clients },
    argv: ['--type', 'Patient,Observation,Encounter,Condition', '--header-file', 'headers.txt'],
    files: { 'headers.txt': `client_id: ${CLIENT}\nclient_secret: ${SECRET}\n` },
    deletes: false,
  },
}

/** A server without a row of its own: open to everybody, with its own target. */
const plain = (base: Personality): KilledAt => ({
  ...open,
  options: {
    data,
    pageSize: 60,
    // What stands in the way of a second try is not what is looked at here.
    personality: personality(
      {
        earlyPoll: undefined,
        secondJob: undefined,
        since: { sinceLast: false },
        types: { exported: undefined },
        files: { fetches: Number.POSITIVE_INFINITY },
      },
      quick(base),
    ),
  },
  argv: [base.example.split(' ')[0] ?? '', '--auth', 'none'],
  deletes: presets[base.name]?.options.cleanup !== 'never',
})

export const servers = Object.fromEntries(
  Object.entries(personalities).map(([name, base]) => [
    name,
    (isServer(name) && special[name]) || plain(base),
  ]),
) as Readonly<Record<ServerName, KilledAt>>

/** The command line of an export from this server; `url` and `origins` are those of a running one. */
export const commandOf = (name: ServerName, { out }: Place, { fhirUrl, mock }: Served): string[] => [
  ...['export', ...servers[name].argv, '--server', fhirUrl, '--out', out, '--json', '--poll-min', '20ms'],
  ...(name === 'reference' ? [] : ['--preset', name]),
  ...(mock.personality.elsewhere.credential === 'required' ? ['--trust-origin', mock.elsewhere.origin] : []),
]

export const writeFilesOf = async (name: ServerName, { root }: Place): Promise<void> => {
  for (const [file, text] of Object.entries(servers[name].files))
    await writeFile(join(root, file), text, { mode: 0o600 })
}

const expired =
  '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>'

type Draw = (roll: Dice) => Fault

const some = (roll: Dice) => ({ times: roll.upTo(3), after: roll.upTo(12) - 1 })

/** Trouble that passes. */
const trouble: readonly Draw[] = [
  (roll) => faults.busy({ on: 'status', times: roll.upTo(2), after: roll.upTo(3) - 1 }),
  (roll) => faults.busy({ on: 'status', status: 502, after: roll.upTo(3) - 1 }),
  (roll) => faults.html({ on: 'status', status: 504, after: roll.upTo(3) - 1 }),
  (roll) => faults.reset({ on: 'status', after: roll.upTo(3) - 1 }),
  (roll) => faults.busy({ on: 'file', ...some(roll) }),
  (roll) => faults.busy({ on: 'file', status: 429, retryAfter: '1', ...some(roll) }),
  (roll) => faults.busy({ on: 'file', status: 502, ...some(roll) }),
  (roll) => faults.reset({ on: 'file', ...some(roll) }),
  (roll) => faults.cut({ keepBytes: roll.upTo(60_000), ...some(roll) }),
  (roll) => faults.truncateLying({ keepBytes: roll.upTo(60_000), ...some(roll) }),
  (roll) => faults.noLength(some(roll)),
  (roll) => faults.corruptGzip(some(roll)),
  (roll) =>
    faults.answer({
      on: 'file',
      status: 403,
      contentType: 'application/xml',
      body: expired,
      ...some(roll),
    }),
]

const ofTokens: readonly Draw[] = [
  (roll) => faults.revokeToken({ on: 'status', after: roll.upTo(3) - 1 }),
  (roll) => faults.expireTokens({ on: 'file', ...some(roll) }),
  (roll) => faults.tokenBusy({ after: roll.upTo(3) }),
]

/** So much trouble, of the kinds that this server can make. */
export const drawTrouble = (roll: Dice, name: ServerName, count: number): Fault[] => {
  const kinds = servers[name].tokens ? [...trouble, ...ofTokens] : trouble
  return Array.from({ length: count }, () => roll.pick(kinds)(roll))
}
