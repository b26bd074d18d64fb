/** What the server says of itself: CapabilityStatement and SMART configuration. */

import { jsonResponse, outcomeResponse } from './outcome.js'
import { type Level, speaksOf } from './personality.js'
import { tokenUrlOf } from './token-endpoint.js'
import type { AuthRow } from './token-row.js'
import { originOf, type World } from './world.js'

const DEFINITIONS = 'http://hl7.org/fhir/uv/bulkdata/OperationDefinition'

const operation = (name: string) => [{ name: 'export', definition: `${DEFINITIONS}/${name}` }]

const authorizationUrl = (world: World, request: Request): string =>
  `${originOf(world, request)}/auth/authorize`

/** `CapabilityStatement.rest.security`, as SMART servers said where tokens are had before there was a configuration. */
const security = (world: World, request: Request) => ({
  extension: [
    {
      url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
      extension: [
        { url: 'token', valueUri: tokenUrlOf(world, request) },
        { url: 'authorize', valueUri: authorizationUrl(world, request) },
      ],
    },
  ],
  service: [
    {
      coding: [
        { system: 'http://terminology.hl7.org/CodeSystem/restful-security-service', code: 'SMART-on-FHIR' },
      ],
      text: 'OAuth2 using SMART-on-FHIR profile (see http://docs.smarthealthit.org)',
    },
  ],
})

/** The CapabilityStatement, with the export operations at the levels that the personality has. */
export const capabilityStatement = (world: World, request: Request) => {
  const { personality, data, clock } = world
  const origin = originOf(world, request)
  const has = (level: Level) => personality.levels.includes(level)
  const types = [...new Set([...speaksOf(personality, data.types), 'Group', 'Patient'])]
  const isReadable = personality.refusals.groupRead === undefined
  const groupRead = isReadable ? { interaction: [{ code: 'read' }] } : {}
  const exported = (type: string) => {
    if (type === 'Patient' && has('patient')) return { operation: operation('patient-export') }
    if (type === 'Group' && has('group')) return { ...groupRead, operation: operation('group-export') }
    const asType = has('type') && personality.types.exported?.includes(type)
    return asType ? { operation: operation('export') } : {}
  }
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: new Date(clock.now()).toISOString(),
    publisher: personality.self?.publisher ?? 'bulkx',
    kind: 'instance',
    instantiates: ['http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data'],
    software: { name: personality.self?.software ?? `bulkx mock server (${personality.name})` },
    implementation: { description: personality.summary, url: origin + personality.basePath },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'json'],
    rest: [
      {
        mode: 'server',
        // A server that lets everybody in has no sign-in to speak of.
        ...(world.identity.required ? { security: security(world, request) } : {}),
        resource: types.map((type) => ({ type, ...exported(type) })),
        ...(has('system') ? { operation: operation('export') } : {}),
      },
    ],
  }
}

const scopesSupported = ({ permissions, wildcard }: AuthRow, types: readonly string[]): string[] =>
  (wildcard ? ['*'] : types).flatMap((type) =>
    Object.keys(permissions).map((permission) => `system/${type}.${permission}`),
  )

const capabilities = ({ permissions, methods }: AuthRow): string[] => {
  const words = Object.keys(permissions)
  return [
    ...(words.includes('read') ? ['permission-v1'] : []),
    ...(words.some((word) => word !== 'read') ? ['permission-v2'] : []),
    ...(methods.includes('private_key_jwt') ? ['client-confidential-asymmetric'] : []),
    ...(methods.some((method) => method !== 'private_key_jwt') ? ['client-confidential-symmetric'] : []),
  ]
}

/** The SMART configuration. What belongs to the authorization code grant is there because SMART 2 wants it. */
export const smartConfiguration = (world: World, request: Request): Response => {
  const { auth } = world.personality
  const document = auth.advertise({
    authorization_endpoint: authorizationUrl(world, request),
    token_endpoint: tokenUrlOf(world, request),
    token_endpoint_auth_methods_supported: auth.methods,
    ...(auth.methods.includes('private_key_jwt')
      ? { token_endpoint_auth_signing_alg_values_supported: auth.algorithms }
      : {}),
    grant_types_supported: ['authorization_code', 'client_credentials'],
    scopes_supported: scopesSupported(auth, speaksOf(world.personality, world.data.types)),
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    capabilities: capabilities(auth),
  })
  if (document === undefined) return outcomeResponse(404, 'not-found', 'There is no SMART configuration')
  return jsonResponse(200, document)
}
