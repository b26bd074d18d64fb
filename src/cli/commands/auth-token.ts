/** `bulkx auth token`: an access token as an export would get it, and what it allows. */
import { type AccessToken, readTokenResponse } from '../../auth/access-token.js'
import { missingScopes } from '../../auth/scopes.js'
import type { Config } from '../../config.js'
import { openDoctor } from '../../doctor/open.js'
import { BulkxError } from '../../errors.js'
import { resolveConfig } from '../config.js'
import type { Ending, Run } from '../invocation.js'
import type { Io } from '../io.js'
import { talkFor } from '../reporter/index.js'
import { hostFor } from '../run-job.js'
import type { Settings } from '../settings.js'
import { duration, harmless } from '../text.js'

interface Got {
  token: string
  /** What the token endpoint said, where one was asked. */
  answer?: AccessToken
  /** Scopes that were asked for; empty: none. */
  asked?: string
}

const nothingToAsk = (kind: string): BulkxError =>
  kind === 'none'
    ? new BulkxError('BULKX_USAGE', 'Nothing says who we are, so that there is no token to get', {
        hint: 'give `--client-id` and `--key`, or another way: see `bulkx auth token --help`',
      })
    : new BulkxError('BULKX_USAGE', 'Headers are the credential, and no token is asked for', {
        hint: 'leave `--header-file` out, or choose another way with `--auth`',
      })

/** Asks as an export would. Rejects as its credentials do. */
const getToken = async (config: Config, settings: Settings, io: Io): Promise<Got> => {
  const talk = await talkFor(settings, io)
  const { clock, random, signal, trace } = await hostFor(settings, io)
  const doctor = openDoctor(config, { clock, random, signal, trace, standing: async () => undefined })
  try {
    const { authorization = '' } = await doctor.credentials.headers()
    for (const { message, hint } of doctor.notices) {
      talk.warning(harmless(message))
      if (hint !== undefined) talk.line(`${talk.paint.hint('hint:')} ${harmless(hint)}`)
    }
    const exchange = doctor.tokenExchange()
    const response = exchange && readTokenResponse(exchange.answer, io.clock.now())
    return {
      token: authorization.replace(/^Bearer\s+/i, ''),
      answer: response?.kind === 'token' ? response.token : undefined,
      asked: exchange?.scope,
    }
  } finally {
    await doctor.close()
  }
}

/** What a token that is a JWT says of itself; nobody checks its signature here. */
const claimsOf = (token: string): Record<string, unknown> | undefined => {
  const payload = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(token)?.[1]
  if (payload === undefined) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    return typeof claims === 'object' && claims !== null && !Array.isArray(claims) ? { ...claims } : undefined
  } catch {
    return undefined
  }
}

const endOf = (
  { answer }: Got,
  claims: Record<string, unknown> | undefined,
  now: number,
): number | undefined => {
  const end = typeof claims?.exp === 'number' ? claims.exp * 1000 : undefined
  const told = answer === undefined ? end : now + answer.lifetimeMs
  return told !== undefined && Math.abs(told) <= 8.64e15 ? told : undefined
}

const describe = (got: Got, { show, now }: { show: boolean; now: number }) => {
  const claims = claimsOf(got.token)
  const end = endOf(got, claims, now)
  const { asked } = got
  const granted = got.answer === undefined ? undefined : (got.answer.scope ?? asked)
  const missing = asked && granted !== undefined ? missingScopes(asked, granted) : []
  return {
    token: show ? got.token : '***',
    expiresAt: end === undefined ? undefined : new Date(end).toISOString(),
    expiresIn: end === undefined ? undefined : end - now,
    asked,
    granted,
    missing: asked === undefined ? undefined : missing,
    claims,
  }
}

const linesOf = ({
  token,
  expiresAt,
  expiresIn,
  asked,
  granted,
  missing = [],
  claims,
}: ReturnType<typeof describe>) => {
  const inTime = expiresIn === undefined || expiresIn <= 0 ? 'expired' : `in ${duration(expiresIn)}`
  const rows: [string, string | undefined][] = [
    ['token', token],
    ['expires', expiresAt === undefined ? undefined : `${expiresAt}, ${inTime}`],
    ['asked for', asked === undefined ? undefined : asked || 'no scope'],
    ['granted', granted],
    ['not granted', missing.length > 0 ? missing.join(' ') : undefined],
    ['claims', claims && JSON.stringify(claims)],
  ]
  // A token may be longer than what is shown of other people's words.
  return rows.flatMap(([name, text]) =>
    text === undefined ? [] : [`${name.padEnd(11)}  ${name === 'token' ? text : harmless(text)}`],
  )
}

export const run: Run = async ({ settings }, io): Promise<Ending> => {
  const config = await resolveConfig(settings, undefined, io)
  const { kind } = config.network.auth
  if (kind === 'none' || kind === 'headers') throw nothingToAsk(kind)
  const got = await getToken(config, settings, io)
  const described = describe(got, { show: settings.get('show') === true, now: io.clock.now() })
  if (!settings.get('json')) io.stdout.write(`${linesOf(described).join('\n')}\n`)
  const { expiresIn: _expiresIn, ...result } = described
  return { result: { method: kind, ...result } }
}
