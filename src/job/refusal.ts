/** What a kick-off that was not taken means for a person: an error each, with what to do about it. */
import type { Config } from '../config.js'
import { BulkxError } from '../errors.js'
import type { NetworkError } from '../http/network-error.js'
import { originOf, withJobQuery, withoutQuery } from '../http/url.js'
import { checkServer, checkServerHint } from '../protocol/base-url.js'
import { type KickOffResponse, kickOffUrl } from '../protocol/kick-off.js'
import { parameterList } from '../protocol/parameters.js'
import type { KickOffRequest, Target } from '../protocol/types.js'
import { attachCommand, doctorCommand, shellWord, shownDirectory } from './next-command.js'

type Of<K extends KickOffResponse['kind']> = Extract<KickOffResponse, { kind: K }>

export const unreachable = (
  { fhirUrl }: Pick<Config, 'fhirUrl'>,
  { message, hint }: Pick<NetworkError, 'message' | 'hint'>,
): BulkxError =>
  new BulkxError('BULKX_UNREACHABLE', `Cannot reach ${withoutQuery(fhirUrl)}: ${message}`, {
    hint: `nothing was started; ${hint ?? 'check --server and the network, then run the same command again'}`,
  })

export const unavailable = ({ fhirUrl }: Pick<Config, 'fhirUrl'>, reason: string): BulkxError =>
  new BulkxError('BULKX_UNREACHABLE', `${withoutQuery(fhirUrl)} takes no kick-off now, ${reason}`, {
    hint: 'maintenance? nothing was started; run the same command again later',
  })

type Place = Pick<Config, 'directory' | 'shownAs'>

export const undecided = (config: Place, reason: string, cause?: unknown): BulkxError => {
  const hint =
    'it is not sent again by itself; if you learn the status URL: ' +
    `${attachCommand(shownDirectory(config))}; to send a new kick-off: --again`
  const message = `The answer to the kick-off is not known, a job may be running: ${reason}`
  return new BulkxError('BULKX_KICK_OFF_UNDECIDED', message, { hint, cause })
}

export const unlocated = (config: Place, reason: string): BulkxError => {
  const hint =
    'a job may be running: the people who run the server can tell its status URL, then ' +
    `${attachCommand(shownDirectory(config))}; to send a new kick-off: --again`
  const message = `The server accepted the kick-off, but the address of its job is not known: ${reason}`
  return new BulkxError('BULKX_KICK_OFF_UNDECIDED', message, { hint })
}

/** Running jobs that are named in a hint; the rest is counted. */
const jobsMax = 5

const jobsHint = (jobs: readonly string[]): string => {
  const named = jobs.slice(0, jobsMax).map((url) => {
    const word = shellWord(withJobQuery(url))
    return `\`bulkx resume ${word} --out <dir>\` or \`bulkx cancel ${word}\``
  })
  if (jobs.length > jobsMax) named.push(`and ${jobs.length - jobsMax} more`)
  return `attach to a running job, or end it: ${named.join('; ')}`
}

export const busy = ({ jobs, message, retryAfterMs }: Of<'busy'>): BulkxError => {
  const hint =
    jobs.length === 0
      ? 'a job of yours is probably running: `bulkx jobs` lists what was started here; wait for it, or end it with `bulkx cancel <dir>`'
      : jobsHint(jobs)
  const asked = retryAfterMs === undefined ? '' : `; it asks to wait ${Math.ceil(retryAfterMs / 1000)} s`
  return new BulkxError('BULKX_SERVER_BUSY', `The server is busy with another export, ${message}${asked}`, {
    hint,
  })
}

/** Which option asks for which parameter. */
const optionOf: Readonly<Record<string, string>> = {
  _outputFormat: '--output-format',
  _since: '--since',
  _until: '--until',
  _type: '--type',
  _elements: '--elements',
  _typeFilter: '--type-filter',
  includeAssociatedData: '--include-associated-data',
  organizeOutputBy: '--organize-output-by',
  allowPartialManifests: '--allow-partial-manifests',
}

/** The options whose parameters the server's words name. A word such as `patient` may be there for itself. */
const optionsNamed = (kickOff: KickOffRequest, words: string): string[] => {
  const sent = parameterList(kickOff).map(({ name }) => name)
  const named = sent.filter((name) => name !== 'patient' && new Set(words.match(/[\w-]+/g)).has(name))
  return [...new Set(named.map((name) => optionOf[name] ?? '--param'))]
}

const wholeInstant = /T\d\d:\d\d:\d\d/

/** A time of which the server may want more than was written: what is sent is what was typed. */
const instantHint = (named: readonly string[], { since, until }: KickOffRequest): string | undefined => {
  const given = { '--since': since, '--until': until }
  const [option, time] =
    Object.entries(given).find(([name, text]) => named.includes(name) && text && !wholeInstant.test(text)) ??
    []
  if (option === undefined || time === undefined) return undefined
  if (time.includes('T'))
    return `a time without seconds was sent, and this server may want a whole instant: write \`${option} ${time.replace(/(T\d\d:\d\d)/, '$1:00')}\``
  const day = `${time}-01-01`.slice(0, 10)
  return `a date was sent, and this server may want an instant: write \`${option} ${day}T00:00:00Z\``
}

const parametersHint = (kickOff: KickOffRequest, words: string): string => {
  const named = optionsNamed(kickOff, words)
  const instant = instantHint(named, kickOff)
  if (instant !== undefined) return instant
  if (named.length === 0) return '`--dry-run` shows the exact request; ask only for what this server supports'
  const one = `correct ${named.join(' and ')}, or leave it out`
  return kickOff.lenient ? one : `${one}; with --lenient a server may ignore what it does not support`
}

const redirectHint = (location: string | undefined, { method }: KickOffRequest): string => {
  const there = location === undefined ? 'the server that it redirects to' : `the server at ${location}`
  const repeat = method === 'get' ? '' : 'a kick-off by POST is not sent again elsewhere; '
  return `${repeat}if you trust ${there}, name it with --server`
}

/** A FHIR server that says so in its own words knows the base URL; what it lacks is the target. */
const absentHint = ({ outcome, message }: Of<'refused'>, config: Config, kickOff: KickOffRequest): string => {
  if (!outcome) return checkServerHint
  const { target } = kickOff
  const asked = target.kind === 'url' ? 'the URL of the kick-off' : kickOffUrl(config.fhirUrl, kickOff)
  if (target.kind === 'type' && new Set(message.match(/\w+/g)).has(target.type))
    return `this server does not export ${target.type} as a target: name another one, such as Patient or Group/<id>; ${doctorCommand(config, target)} shows what it declares`
  const name = target.kind === 'instance' ? `${target.type}/${target.id}` : undefined
  const look =
    name === undefined
      ? ''
      : target.kind === 'instance' && target.type === 'Group'
        ? `: who registered this client knows its id, or the portal of the vendor; ${doctorCommand(config, target)} looks for it where groups can be read`
        : `; ${doctorCommand(config, target)} looks for it`
  return `check the target, ${name ?? withoutQuery(asked)}${look}; else ${checkServer}`
}

const methodHint = ({ target, method, patient }: KickOffRequest): string => {
  const isPatients = target.kind === 'type' && target.type === 'Patient' && patient === undefined
  const other = `the server wants another method: try --method ${method === 'get' ? 'post' : 'get'}`
  return isPatients && method === 'get'
    ? `${other}, or name the patients where lists of them are all that it exports here: --patient @ids.txt`
    : other
}

/** Not every server takes a list of patients, and some take it beside other targets than a group. */
const groupListHint = ({ target, patient }: KickOffRequest, status: number): string | undefined =>
  target.kind === 'instance' &&
  target.type === 'Group' &&
  patient !== undefined &&
  [400, 405, 422].includes(status)
    ? 'this server may take no --patient for a group: leave it out for the whole group, or name Patient as the target for the list'
    : undefined

const refusalHint = (response: Of<'refused'>, config: Config, kickOff: KickOffRequest): string => {
  const { status, message, location } = response
  if (status >= 300 && status < 400) return redirectHint(location, kickOff)
  const list = groupListHint(kickOff, status)
  if (list !== undefined) return list
  switch (status) {
    case 404:
      return absentHint(response, config, kickOff)
    case 405:
      return methodHint(kickOff)
    case 406:
      return 'the group may be empty, or the server wants another --output-format: its words above tell which'
    case 501:
      return `bulk export is not enabled on this server, or not for this target: ask the people who run it; ${doctorCommand(config, kickOff.target)} shows what it declares`
    default:
      return parametersHint(kickOff, message)
  }
}

export const refused = (response: Of<'refused'>, config: Config, kickOff: KickOffRequest): BulkxError => {
  if (!response.bulkData)
    return new BulkxError('BULKX_NOT_BULK_DATA', response.message, { hint: checkServerHint })
  const to = response.location === undefined ? '' : `, to ${response.location}`
  return new BulkxError(
    'BULKX_KICK_OFF_REFUSED',
    `The server refused the kick-off, ${response.message}${to}`,
    { hint: refusalHint(response, config, kickOff) },
  )
}

/** What helps where the server itself does not take who we are, or was not told. */
const credentialHint = (config: Config, target: Target): string => {
  const { auth, secretHeaders } = config.network
  if (auth.kind === 'none' && Object.keys(secretHeaders).length === 0)
    return 'no credential was given: --client-id with --key or --client-secret-file, or a token by --token-file or BULKX_TOKEN'
  return `${doctorCommand(config, target)} looks for the cause: the credential, its scopes (--scope), and what this client may export`
}

export const unauthorized = (
  { message, origin }: Of<'unauthorized'>,
  config: Config,
  { target }: KickOffRequest = config.kickOff,
): BulkxError => {
  const { trustedOrigins } = config.network
  const own = origin === undefined || origin === originOf(config.fhirUrl) || trustedOrigins.includes(origin)
  const hint = own
    ? credentialHint(config, target)
    : `the kick-off was redirected to ${origin}, which gets no credential: name that server with --server, or add --trust-origin ${origin}`
  return new BulkxError('BULKX_UNAUTHORIZED', `The server refused the kick-off, ${message}`, { hint })
}
