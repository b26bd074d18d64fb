/** From settings to the `Config` of a run: complete, checked, and frozen. */
import type { Config, NetworkConfig } from '../config.js'
import { BulkxError } from '../errors.js'
import { connectionFrom, filesFrom, kickOffFrom, waitingFrom } from '../options/config-parts.js'
import { given } from '../options/given.js'
import { baseOfKickOffUrl, defaultDirectoryName, parseTarget } from '../options/target.js'
import { isMock } from '../options/values.js'
import type { Target } from '../protocol/types.js'
import { withoutOperationHint } from '../spelling.js'
import { identityOf, readCredentials } from './identity.js'
import type { Io } from './io.js'
import { outPlace } from './out-place.js'
import { patientsFrom } from './patient-list.js'
import { readQueue } from './queue-settings.js'
import type { Settings } from './settings.js'

/** A server that nobody named. */
export const missingServer = (): BulkxError =>
  new BulkxError('BULKX_USAGE', 'No server was named', {
    hint: 'name its FHIR base URL with `--server` or BULKX_SERVER, keep it in a profile (`bulkx profile set <name> --server <url>`), or try `--server mock:`',
  })

const sameOrigin = (a: string, b: string): boolean =>
  !isMock(a) && !isMock(b) && new URL(a).origin === new URL(b).origin

/**
 * The settings for a target. A URL at another server than the profile's is asked without the profile: its key and
 * secret are nothing to show there. Throws `BULKX_USAGE` where both were typed.
 */
export const settingsFor = (settings: Settings, target: Target): Settings => {
  const own = settings.profile?.texts.server?.at(-1)
  if (target.kind !== 'url' || !settings.profile || own === undefined) return settings
  if (settings.setting('server')?.origin === 'flag' || sameOrigin(own, target.url)) return settings
  const { name, by } = settings.profile
  if (by !== 'flag') return settings.withoutProfile()
  throw new BulkxError('BULKX_USAGE', `The profile ${name} is for ${own}, and the URL is at another server`, {
    hint: 'leave `--profile` out, or name the FHIR base of the URL with `--server` to use the profile there',
  })
}

/** `server` as named, and the base that requests go to; a mock's is known once it listens. */
const resolveServer = (settings: Settings, target: Target): Pick<Config, 'server' | 'fhirUrl'> => {
  const named = settings.get('server')
  if (target.kind !== 'url') {
    if (named === undefined) throw missingServer()
    return { server: named, fhirUrl: isMock(named) ? '' : named }
  }
  // A variable that belongs to another server does not decide who sees the credential of a URL typed here.
  const typed = settings.setting('server')?.origin === 'flag'
  if (named !== undefined && !isMock(named) && (typed || sameOrigin(named, target.url))) {
    return { server: named, fhirUrl: named }
  }
  const fhirUrl = baseOfKickOffUrl(target.url)?.fhirUrl
  if (fhirUrl !== undefined && !typed) return { server: fhirUrl, fhirUrl }
  if (named !== undefined && isMock(named)) {
    throw new BulkxError('BULKX_USAGE', `A kick-off URL cannot be asked of ${named}`, {
      hint: 'leave `--server` out, or name a target such as Patient or Group/123',
    })
  }
  throw new BulkxError('BULKX_USAGE', 'The kick-off URL does not show where the FHIR base ends', {
    hint: withoutOperationHint(target.url) ?? 'name the FHIR base URL with `--server`',
  })
}

const readPatients = async (settings: Settings, io: Io): Promise<string[] | undefined> => {
  const patients = settings.get('patient')
  return patients && (await Promise.all(patients.map((item) => patientsFrom(item, io)))).flat()
}

const environmentProxy = (env: Io['env']): NetworkConfig['environmentProxy'] => {
  const either = (name: string): string | undefined => env[name.toLowerCase()] || env[name] || undefined
  return { http: either('HTTP_PROXY'), https: either('HTTPS_PROXY'), no: either('NO_PROXY') }
}

/** The mock of `mock:` is this process and knows nobody: what is set for real servers is not for it. */
const forMock = (settings: Settings, io: Io): [Settings, Io] => {
  const typed: Settings = {
    ...settings,
    get: (name) => (settings.setting(name)?.origin === 'flag' ? settings.get(name) : undefined),
    setting: (name) => {
      const setting = settings.setting(name)
      return setting?.origin === 'flag' ? setting : undefined
    },
  }
  // Not by a spread, which would ask for a home that need not be there.
  return [typed, Object.create(io, { env: { value: {} } })]
}

/** Everything of a `Config` that is policy: it may differ from run to run of one job. */
export const readPolicy = async (
  server: string,
  settings: Settings,
  io: Io,
): Promise<Pick<Config, 'identity' | 'network' | 'waiting' | 'files' | 'queue'>> => {
  const identity = isMock(server) ? forMock(settings, io) : ([settings, io] as const)
  return {
    identity: identityOf(...identity),
    network: {
      ...connectionFrom(settings),
      environmentProxy: environmentProxy(io.env),
      ...(await readCredentials(...identity)),
    },
    waiting: waitingFrom(settings),
    files: filesFrom(settings),
    ...given({ queue: await readQueue(server, settings, io) }),
  }
}

/**
 * The `Config` of a new export, from its settings and its target as typed. Throws `BULKX_USAGE` or `BULKX_CONFIG`
 * before anything is started. For `mock:` the FHIR URL is empty until the mock listens.
 */
export const resolveConfig = async (all: Settings, target: string | undefined, io: Io): Promise<Config> => {
  const parsed = parseTarget(target)
  const settings = settingsFor(all, parsed)
  const { server, fhirUrl } = resolveServer(settings, parsed)
  const out = settings.get('out') ?? defaultDirectoryName(server, parsed)
  return Object.freeze({
    server,
    fhirUrl,
    ...outPlace(out, settings, io),
    kickOff: kickOffFrom(settings, parsed, await readPatients(settings, io)),
    ...(await readPolicy(server, settings, io)),
  })
}
