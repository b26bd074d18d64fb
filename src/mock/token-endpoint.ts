/** The token endpoint: the client credentials grant of RFC 6749, as SMART Backend Services uses it. */
import { jsonResponse } from './outcome.js'
import { clientOfAssertion } from './token-assertion.js'
import { type RegisteredClient, sameSecret } from './token-clients.js'
import { noStore, TokenRefusal, tokenRefusal } from './token-refusal.js'
import type { AuthRow, ClientAuthentication } from './token-row.js'
import { narrowed, readScope, type Scope, scopeText } from './token-scopes.js'
import { originOf, type World } from './world.js'

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const FORM = 'application/x-www-form-urlencoded'

type Form = ReadonlyMap<string, string>

const invalidClient = (description: string) => new TokenRefusal('invalid_client', description)
const invalidRequest = (description: string) => new TokenRefusal('invalid_request', description)

/** The absolute URL of the token endpoint. */
export const tokenUrlOf = (world: World, request: Request): string => {
  const { tokenUrl, tokenHost } = world.personality.auth
  if (!tokenUrl.startsWith('/')) return tokenUrl
  return (tokenHost === 'here' ? originOf(world, request) : world.elsewhere.origin) + tokenUrl
}

const formOf = async (request: Request): Promise<Form> => {
  const text = await request.text()
  const mediaType = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (text !== '' && mediaType !== FORM) throw invalidRequest(`The body must be ${FORM}`)
  const form = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(text)) {
    if (form.has(name)) throw invalidRequest(`Parameter ${name} may be given only once`)
    form.set(name, value)
  }
  // A parameter without a value is as good as none (RFC 6749, 3.2).
  return new Map([...form].filter(([, value]) => value !== ''))
}

const checkGrantType = (form: Form, { grantType }: AuthRow): void => {
  const given = form.get('grant_type')
  if (given === undefined && grantType === 'optional') return
  if (given === undefined) throw invalidRequest('grant_type is missing')
  if (given !== 'client_credentials')
    throw new TokenRefusal('unsupported_grant_type', 'grant_type must be client_credentials')
}

/** The one way in which a request says who it comes from. */
const methodOf = (form: Form, authorization: string | null): ClientAuthentication => {
  const tried: ClientAuthentication[] = []
  if (authorization !== null) tried.push('client_secret_basic')
  if (form.has('client_secret')) tried.push('client_secret_post')
  if (form.has('client_assertion') || form.has('client_assertion_type')) tried.push('private_key_jwt')
  if (tried.length > 1)
    throw invalidRequest(`Only one client authentication may be used, not ${tried.join(' and ')}`)
  const [method] = tried
  if (method === undefined) throw invalidClient('There is no client authentication')
  return method
}

const byAssertion = (world: World, request: Request, form: Form): Promise<RegisteredClient> => {
  const assertion = form.get('client_assertion')
  const type = form.get('client_assertion_type')
  if (type === undefined) throw invalidRequest('client_assertion_type is missing')
  if (type !== JWT_BEARER) throw invalidClient(`client_assertion_type must be ${JWT_BEARER}`)
  if (assertion === undefined) throw invalidRequest('client_assertion is missing')
  const { auth, basePath } = world.personality
  const audiences = {
    'token-url': tokenUrlOf(world, request),
    'fhir-base': originOf(world, request) + basePath,
  }
  return clientOfAssertion(assertion, {
    clients: world.identity.clients,
    algorithms: auth.algorithms,
    audiences: auth.audiences.map((name) => audiences[name]),
    now: world.clock.now(),
    clientId: form.get('client_id'),
    replays: world.identity.replays,
  })
}

/** Form-encoded before it is Basic (RFC 6749, 2.3.1). */
const basicCredentials = (authorization: string): [id: string, secret: string] => {
  const encoded = /^Basic\s+(\S+)$/i.exec(authorization)?.[1]
  if (encoded === undefined) throw invalidClient('The Authorization header is not Basic')
  const [, id = '', secret = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? []
  try {
    const [decodedId = '', decodedSecret = ''] = [id, secret].map((part) =>
      decodeURIComponent(part.replaceAll('+', ' ')),
    )
    return [decodedId, decodedSecret]
  } catch {
    throw invalidClient('The client id and the secret of Basic are not form-encoded')
  }
}

const bySecret = ({ identity }: World, id: string, secret: string): RegisteredClient => {
  const client = identity.clients.get(id)
  if (client === undefined) throw invalidClient(`There is no client ${JSON.stringify(id)}`)
  if (client.secret === undefined) throw invalidClient(`The client ${JSON.stringify(id)} has no secret`)
  if (!sameSecret(client.secret, secret)) throw invalidClient('The client secret is wrong')
  return client
}

const authenticated = async (world: World, request: Request, form: Form): Promise<RegisteredClient> => {
  const authorization = request.headers.get('authorization')
  const method = methodOf(form, authorization)
  if (!world.personality.auth.methods.includes(method))
    throw invalidClient(`This server has no client authentication by ${method}`)
  const clientId = form.get('client_id')
  switch (method) {
    case 'private_key_jwt':
      return byAssertion(world, request, form)
    case 'client_secret_basic': {
      const [id, secret] = basicCredentials(authorization ?? '')
      if (clientId !== undefined && clientId !== id) throw invalidClient('client_id is not the one of Basic')
      return bySecret(world, id, secret)
    }
    case 'client_secret_post':
      return bySecret(world, clientId ?? '', form.get('client_secret') ?? '')
    default:
      return method satisfies never
  }
}

/** The scopes that a client gets. Throws a TokenRefusal when it gets none. */
const granted = ({ personality, identity }: World, client: RegisteredClient, asked?: string): Scope[] => {
  const { auth } = personality
  const registered = identity.scopesOf(client)
  if (auth.scope === 'ignored' || (asked === undefined && auth.scope === 'optional')) return [...registered]
  if (asked === undefined) throw new TokenRefusal('invalid_scope', 'scope is missing')
  const problems: string[] = []
  const scopes = new Map<string, Scope>()
  for (const text of asked.split(' ').filter((part) => part !== '')) {
    const scope = readScope(text, auth)
    const parts = typeof scope === 'string' ? [] : narrowed(scope, registered)
    // A wildcard that became a list of types is less than what was asked.
    const whole = parts.length === 1 && parts[0] === scope
    if (!whole)
      problems.push(typeof scope === 'string' ? scope : `"${text}" is not registered for this client`)
    for (const part of parts) scopes.set(scopeText([part]), part)
  }
  if (scopes.size === 0 || (problems.length > 0 && auth.excessScope === 'refuse'))
    throw new TokenRefusal('invalid_scope', problems.join('; ') || 'scope is empty')
  return [...scopes.values()]
}

const issued = async (world: World, request: Request): Promise<Response> => {
  const { auth } = world.personality
  const { tokens, lifetimeMs } = world.identity
  const form = await formOf(request)
  checkGrantType(form, auth)
  const client = await authenticated(world, request, form)
  const scopes = granted(world, client, form.get('scope'))
  const issuer = originOf(world, request)
  const token = await tokens.issue({ form: auth.token, client: client.id, scopes, lifetimeMs, issuer })
  const seconds = Math.floor(lifetimeMs / 1000)
  const expiresIn = { number: seconds, string: String(seconds), missing: undefined }[auth.expiresIn]
  const scope = auth.scope === 'ignored' ? undefined : scopeText(scopes)
  return jsonResponse(
    200,
    { access_token: token, token_type: auth.tokenType, expires_in: expiresIn, scope },
    noStore,
  )
}

/** Answers a token request. */
export const tokenOf = async (world: World, request: Request): Promise<Response> => {
  const { errors, invalidClient: status } = world.personality.auth
  try {
    return await issued(world, request)
  } catch (thrown) {
    if (!(thrown instanceof TokenRefusal)) throw thrown
    const { error, message } = thrown
    if (error !== 'invalid_client') return tokenRefusal(400, error, message, { style: errors })
    // Who came with an Authorization header is told of it again (RFC 6749, 5.2).
    return request.headers.has('authorization')
      ? tokenRefusal(401, error, message, {
          style: errors,
          headers: { 'www-authenticate': 'Basic realm="bulkx mock"' },
        })
      : tokenRefusal(status, error, message, { style: errors })
  }
}
