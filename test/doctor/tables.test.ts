/** What the checks read, as tables: proxies, CapabilityStatements, vendors, bases, causes, the worst failure. */
import { describe, expect, test } from 'vitest'
import { likelyBases } from '../../src/doctor/base-url.js'
import { readCapability } from '../../src/doctor/capability.js'
import { type CheckResult, failed, ok } from '../../src/doctor/check.js'
import { checks } from '../../src/doctor/checks.js'
import { worstOf } from '../../src/doctor/examine.js'
import { proxyFor } from '../../src/doctor/proxy.js'
import { causeOf } from '../../src/doctor/refusal-cause.js'
import { vendorOf } from '../../src/doctor/vendor.js'
import { vendors } from '../../src/doctor/vendors.js'
import type { ErrorCode } from '../../src/errors.js'
import { personalities } from '../../src/mock/index.js'

const https = 'http://user:s3cret@proxy.example:3128'

test.each([
  ['nothing', {}, undefined],
  ['an empty environment', { environmentProxy: {} }, undefined],
  [
    '--proxy',
    { proxy: https, environmentProxy: { no: '*' } },
    { url: 'http://proxy.example:3128', source: '--proxy' },
  ],
  [
    'HTTPS_PROXY',
    { environmentProxy: { https } },
    { url: 'http://proxy.example:3128', source: 'HTTPS_PROXY' },
  ],
  ['HTTP_PROXY alone', { environmentProxy: { http: 'http://p' } }, { url: 'http://p', source: 'HTTP_PROXY' }],
  ['NO_PROXY, the host', { environmentProxy: { https, no: 'x.org, ehr.example' } }, { excluded: true }],
  ['NO_PROXY, the domain', { environmentProxy: { https, no: '.example' } }, { excluded: true }],
  ['NO_PROXY, *.domain', { environmentProxy: { https, no: '*.example:443' } }, { excluded: true }],
  ['NO_PROXY, everything', { environmentProxy: { https, no: '*' } }, { excluded: true }],
  [
    'NO_PROXY, another port',
    { environmentProxy: { https, no: 'ehr.example:8443' } },
    { source: 'HTTPS_PROXY' },
  ],
  ['NO_PROXY, a longer name', { environmentProxy: { https, no: 'hr.example' } }, { source: 'HTTPS_PROXY' }],
])('the proxy in force: %s', (_, network, want) => {
  const found = proxyFor('https://ehr.example/fhir', network)
  if (want === undefined) expect(found).toBeUndefined()
  else expect(found).toMatchObject(want)
  expect(JSON.stringify(found) ?? '').not.toContain('s3cret')
})

describe('a CapabilityStatement', () => {
  const statement = (rest: unknown, more: object = {}) => ({
    resourceType: 'CapabilityStatement',
    rest,
    ...more,
  })
  const declared = (name: string, definition?: unknown) => ({ operation: [{ name, definition }] })
  const definitions = 'http://hl7.org/fhir/uv/bulkdata/OperationDefinition'

  test.each<[string, unknown, string, string[]]>([
    ['by name', [declared('export')], '$export', ['system']],
    ['by a name with a dollar sign', [declared('$export')], '$export', ['system']],
    ['by its definition', [declared('bulk', `${definitions}/export`)], '$export', ['system']],
    [
      'by a reference of STU3',
      [{ resource: [{ type: 'Group', ...declared('x', { reference: `${definitions}/group-export` }) }] }],
      '$export',
      ['Group'],
    ],
    [
      'at two levels, in two parts',
      [
        { mode: 'server', resource: [{ type: 'Patient', ...declared('export') }] },
        {
          mode: 'server',
          resource: [
            { type: 'Patient', ...declared('export') },
            { type: 'Group', ...declared('export') },
          ],
        },
      ],
      '$export',
      ['Patient', 'Group'],
    ],
    ['another operation', [declared('davinci-data-export')], '$davinci-data-export', ['system']],
    ['not, for it is another one', [declared('davinci-data-export')], '$export', []],
    ['not, for it is a client', [{ mode: 'client', ...declared('export') }], '$export', []],
    ['not, for it is rubbish', [null, 1, { operation: 'export', resource: {} }], '$export', []],
  ])('declares %s', (_, rest, operation, want) => {
    expect(readCapability(statement(rest), operation)?.exports).toEqual(want)
  })

  test('who, which version, which types', () => {
    const more = {
      publisher: 'Hospital',
      fhirVersion: '4.0.1',
      software: { name: 'Epic', version: 'May 2026' },
      implementation: { description: 'prod' },
    }
    const rest = [
      { resource: [{ type: 'Patient' }, { type: 'Group', interaction: [{ code: 'read' }] }, { type: 7 }] },
    ]
    expect(readCapability(statement(rest, more), '$export')).toMatchObject({
      publisher: 'Hospital',
      fhirVersion: '4.0.1',
      software: 'Epic May 2026',
      self: 'Hospital\nEpic\nprod',
      types: ['Patient', 'Group'],
      readable: ['Group'],
    })
  })

  test.each([undefined, null, [], 'CapabilityStatement', {}, { resourceType: 'Conformance' }])(
    'is not %j',
    (value) => {
      expect(readCapability(value, '$export')).toBeUndefined()
    },
  )
})

test.each([
  ['Epic', '', 'Epic'],
  ['Hospital\nEpic May 2026', '', 'Epic'],
  ['Cerner', '', 'Oracle Health (Cerner)'],
  ['', 'https://fhir-ehr.cerner.com/r4/x', 'Oracle Health (Cerner)'],
  ['', 'https://x.azurehealthcareapis.com', 'Microsoft FHIR server'],
  ['Smile CDR\nHAPI FHIR', '', 'Smile CDR'],
  ['HAPI FHIR Server', 'https://hapi.fhir.org/baseR4', 'HAPI FHIR'],
  ['', 'https://sandbox.bcda.cms.gov/api/v2', 'CMS BCDA'],
  ['episcopal hospital', 'https://ehr.example/fhir', undefined],
  ['InteropiO Epic R4 Gateway', '', 'InteropiO Epic gateway'],
  ['Oracle Health Soarian Clinicals', '', 'Oracle Health Soarian Clinicals'],
  ['Data @ Point of Care API', '', 'CMS DPC'],
  ['', 'https://ehr.example/interconnect-prd/api/FHIR/R4', 'Epic'],
])('whose server: %j at %j', (self, url, want) => {
  expect(vendorOf(self, url)?.name).toBe(want)
})

test('what a mock with a vendor of its own says of itself leads to the preset of its name', () => {
  const wrong = Object.entries(personalities)
    .filter(([name, { self }]) => self !== undefined && vendors.some(({ preset }) => preset === name))
    .filter(([name, { self }]) => vendorOf(`${self?.publisher}\n${self?.software}`, '')?.preset !== name)
  expect(wrong.map(([name]) => name)).toEqual([])
})

test('every vendor can be told, and says something', () => {
  expect(vendors.filter(({ self, url }) => !self && !url)).toEqual([])
  expect(vendors.filter(({ means }) => means.length < 10 || means.endsWith('.'))).toEqual([])
})

test.each([
  [
    'https://ehr.example',
    ['https://ehr.example/fhir', 'https://ehr.example/r4', 'https://ehr.example/fhir/r4'],
  ],
  ['https://ehr.example/fhir/metadata', ['https://ehr.example/fhir']],
  ['https://ehr.example/r4/Group/9/$export', ['https://ehr.example/r4']],
  ['https://ehr.example/r4/Patient/%24export', ['https://ehr.example/r4']],
  ['https://ehr.example/r4/.well-known/smart-configuration', ['https://ehr.example/r4']],
  ['https://ehr.example/portal', ['https://ehr.example/portal/fhir', 'https://ehr.example/portal/r4']],
])('where the base could be: %s', (url, first) => {
  const bases = likelyBases(url)
  expect(bases.slice(0, first.length)).toEqual(first)
  expect(bases).not.toContain(url)
  expect(bases.length).toBeLessThanOrEqual(8)
  expect(
    bases.every((base) => base.startsWith('https://ehr.example/') || base === 'https://ehr.example'),
  ).toBe(true)
})

const refused = 'The token endpoint https://auth.example/kid/scope gave no token, HTTP 400: '

test.each([
  ['invalid_scope', 'scope'],
  ['invalid_client: Signature verification failed', 'signature'],
  ['invalid_client: JWT signature does not match', 'signature'],
  ['invalid_client: No matching key for kid abc', 'kid'],
  ['invalid_client: unable to find public key', 'kid'],
  ['invalid_client: Invalid audience', 'audience'],
  ['invalid_grant: The assertion has expired', 'clock'],
  ['invalid_client: iat is in the future', 'clock'],
  ['invalid_client: jti was used before', 'replay'],
  ['invalid_client: alg must be RS384', 'algorithm'],
  ['invalid_client: Unknown client', 'client'],
  ['invalid_client: Client with id abc was not found', 'client'],
  ['unauthorized_client: client is not enabled', 'client'],
  ['invalid_client', undefined],
  ['', undefined],
])('why a token was refused: %s', (words, want) => {
  expect(causeOf(refused + words)?.id).toBe(want)
})

test('an endpoint without words names no cause', () => {
  expect(causeOf('The token endpoint https://auth.example/scope gave no token, HTTP 400')).toBeUndefined()
})

test.each<[string, ErrorCode[], ErrorCode | undefined]>([
  ['none', [], undefined],
  ['the only one', ['BULKX_TOKEN'], 'BULKX_TOKEN'],
  ['the first of the network', ['BULKX_UNREACHABLE', 'BULKX_TOKEN'], 'BULKX_UNREACHABLE'],
  ['the disk before the network', ['BULKX_TOKEN', 'BULKX_STORAGE'], 'BULKX_STORAGE'],
  ['the command before the disk', ['BULKX_STORAGE', 'BULKX_TOKEN', 'BULKX_CONFIG'], 'BULKX_CONFIG'],
])('the worst failure: %s', (_, codes, want) => {
  const results = codes.map((code): CheckResult => ({ id: 'token', title: 't', ...failed(code, 'm') }))
  expect(worstOf([{ id: 'proxy', title: 'p', ...ok('m') }, ...results])?.code).toBe(want)
})

test('checks stand in an order in which each has what it needs', () => {
  const ids = checks.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  const early = checks.flatMap(({ needs }, index) =>
    needs.filter((need) => !ids.slice(0, index).includes(need)),
  )
  expect(early).toEqual([])
})
