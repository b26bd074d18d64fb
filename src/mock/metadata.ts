/** What the server says of itself: CapabilityStatement and SMART configuration. */
import type { Level } from './personality.js'
import type { World } from './world.js'

const DEFINITIONS = 'http://hl7.org/fhir/uv/bulkdata/OperationDefinition'

const operation = (name: string) => [{ name: 'export', definition: `${DEFINITIONS}/${name}` }]

/** The CapabilityStatement, with the export operations at the levels that the personality has. */
export const capabilityStatement = ({ personality, data, clock }: World, origin: string) => {
  const has = (level: Level) => personality.levels.includes(level)
  const types = [...new Set([...data.types, 'Group', 'Patient'])]
  const exported = (type: string) => {
    if (type === 'Patient' && has('patient')) return { operation: operation('patient-export') }
    if (type === 'Group' && has('group')) return { operation: operation('group-export') }
    return {}
  }
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: new Date(clock.now()).toISOString(),
    publisher: 'bulkx',
    kind: 'instance',
    instantiates: ['http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data'],
    software: { name: `bulkx mock server (${personality.name})` },
    implementation: { description: personality.summary, url: origin + personality.basePath },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'json'],
    rest: [
      {
        mode: 'server',
        resource: types.map((type) => ({ type, ...exported(type) })),
        ...(has('system') ? { operation: operation('export') } : {}),
      },
    ],
  }
}

/** The SMART configuration. The authorization endpoint is there because SMART 2 wants one. */
export const smartConfiguration = (_world: World, origin: string) => ({
  authorization_endpoint: `${origin}/auth/authorize`,
  token_endpoint: `${origin}/auth/token`,
  token_endpoint_auth_methods_supported: ['private_key_jwt'],
  token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'],
  grant_types_supported: ['authorization_code', 'client_credentials'],
  scopes_supported: ['system/*.read', 'system/*.rs'],
  response_types_supported: ['code'],
  code_challenge_methods_supported: ['S256'],
  capabilities: ['permission-v1', 'permission-v2', 'client-confidential-asymmetric'],
})
