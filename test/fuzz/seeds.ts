/** What readers should get: the beginnings from which hostile input is made. */

export const base = 'https://ehr.example/fhir/status/1'

export const outcome = {
  resourceType: 'OperationOutcome',
  issue: [
    {
      severity: 'error',
      code: 'processing',
      details: { coding: [{ system: 'x', code: 'y', display: 'z' }], text: 'it failed' },
      diagnostics: 'no such group',
    },
    { severity: 'warning', code: 'transient' },
  ],
}

export const manifest = {
  resourceType: 'Manifest',
  transactionTime: '2026-01-01T00:00:00Z',
  request: 'https://ehr.example/fhir/$export?_type=Patient&patient=1',
  requiresAccessToken: true,
  outputOrganizedBy: 'Patient',
  output: [
    {
      type: 'Patient',
      url: 'https://ehr.example/f/1',
      count: 2,
      fileSize: 10,
      continuesInFile: '2',
      extension: { 'x-checksum': `sha256:${'a'.repeat(64)}`, file_length: 10 },
    },
    {
      type: 'Observation',
      url: 'f/2?X-Amz-Date=20260101T000000Z&X-Amz-Expires=60',
      extension: [{ url: 'checksum', valueString: `sha-256:${'b'.repeat(64)}` }],
    },
    outcome,
  ],
  deleted: [{ type: 'Bundle', url: '/f/3' }],
  error: [{ type: 'OperationOutcome', url: '//ehr.example/f/4' }, outcome],
  outcome: [{ type: 'OperationOutcome', url: '//ehr.example/f/4' }, outcome],
  link: [{ relation: 'next', url: 'https://ehr.example/status/1?page=2' }],
  batches: { total: 3, complete: 2, failed: 1 },
  expirationTime: '2026-01-02T00:00:00Z',
  extension: { a: { b: [1] } },
}

export const running = {
  status: 'in-progress',
  progress: 0.4,
  message: 'working on it',
  lastUpdated: '2026-01-01T00:00:00Z',
  batches: { total: 3, complete: 2 },
}

export const batch = {
  resourceType: 'Bundle',
  type: 'batch-response',
  entry: [{ response: { status: '404 Not Found', outcome } }, { response: { status: '200' } }],
}

export const located = {
  jobId: 7,
  links: [{ self: 'https://ehr.example/status/7' }],
  pollingUrl: '../status/7',
}

export const page =
  '<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Session expired</h1></body></html>'

export const texts = [
  '',
  ' ',
  'cancelled',
  'cancellled by somebody',
  'progress 40%',
  page,
  '\ufeff<Error><Message>no</Message>',
]

export const bodies: readonly unknown[] = [manifest, running, outcome, batch, located, {}, [], null, 'text']

export const headers = {
  'content-type': ['application/json', 'text/html'],
  'content-location': [
    'https://ehr.example/status/1',
    '/status/1',
    'status/1',
    'http://ehr.example/status/1',
  ],
  location: ['https://ehr.example/status/1', 'https://user:pass@ehr.example/status/1, https://b.example/2'],
  'retry-after': ['120', '120, 120', '0.5', 'Thu, 01 Jan 2026 00:00:00 GMT', '-1'],
  date: ['Thu, 01 Jan 2026 00:00:00 GMT'],
  expires: [
    'Fri, 02 Jan 2026 00:00:00 GMT',
    '2026-01-02T00:00:00Z',
    '1767312000',
    '2026-01-02 00:00:00.7 +0000 UTC',
  ],
  'x-progress': ['40%', '"40%"', 'Build in progress'],
  status: ['202 Accepted'],
  'x-export-status': ['202 Accepted', '500', '200'],
  'content-range': ['bytes 10-19/20', 'bytes */20'],
  'content-length': ['10', '20'],
  'content-encoding': ['gzip', 'gzip, identity', 'br', 'utf-8'],
  etag: ['"a"', 'W/"a"'],
  'last-modified': ['Thu, 01 Jan 2026 00:00:00 GMT'],
  'set-cookie': ['a=b; Path=/'],
  server: ['nginx'],
  'x-request-id': ['7'],
} as const

export const token = {
  access_token: 'eyJhbGciOiJub25lIn0.eyJleHAiOjF9.c2ln',
  token_type: 'bearer',
  expires_in: 300,
  scope: 'system/*.rs system/Patient.read',
}

export const tokenRefusal = {
  error: 'invalid_client',
  error_description: 'the assertion eyJhbGciOiJub25lIn0.eyJleHAiOjF9.c2ln is expired',
  error_uri: 'https://ehr.example/errors#1',
}

export const smart = {
  token_endpoint: 'https://ehr.example/token',
  scopes_supported: ['system/*.rs', 'system/*.read'],
  capabilities: ['client-confidential-asymmetric', 'permission-v2'],
}

export const capability = {
  resourceType: 'CapabilityStatement',
  fhirVersion: '4.0.1',
  publisher: 'somebody',
  software: { name: 'server', version: '1' },
  implementation: { description: 'x', url: 'https://ehr.example/fhir' },
  rest: [
    {
      mode: 'server',
      security: {
        service: [{ text: 'SMART-on-FHIR' }],
        extension: [
          {
            url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
            extension: [{ url: 'token', valueUri: 'https://ehr.example/token' }],
          },
        ],
      },
      resource: [
        {
          type: 'Group',
          interaction: [{ code: 'read' }],
          operation: [{ name: '$export', definition: { reference: 'OperationDefinition/group-export' } }],
        },
      ],
      operation: [
        { name: 'export', definition: 'http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export' },
      ],
    },
  ],
}

export const urls = [
  'https://ehr.example/f/1?sig=a%2Fb#c',
  'http://127.0.0.1:8080/x',
  'http://[::1]/x',
  'https://user:pass@ehr.example:443/x',
  'http://localhost./x',
  'file:///etc/passwd',
  '../f/1',
  '/f/1',
  '//cdn.example/f/1',
  '?page=2',
  '#x',
  'f 1',
  'https://s3.example/f?X-Amz-Date=20260101T000000Z&X-Amz-Expires=3600&X-Amz-Signature=a',
  'https://s3.example/f?AWSAccessKeyId=a&Signature=b&Expires=1767312000',
  'https://az.example/f?se=2026-01-02T00%3A00%3A00Z&sig=b',
  'HTTPS://EHR.EXAMPLE./f',
  'https://xn--e1afmkfd.example/',
] as const
