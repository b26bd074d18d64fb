/** May this URL see the credential? */
import { expect, test } from 'vitest'
import { type TokenDecision, tokenDecision } from '../../src/auth/token-policy.js'

const base = 'https://ehr.example'
const files = 'https://files.example'

test.each<[string, boolean | undefined, string[], TokenDecision]>([
  ['https://ehr.example/status/1', undefined, [], 'send'],
  ['https://ehr.example/files/1', true, [], 'send'],
  ['https://EHR.example:443/files/1', true, [], 'send'],
  ['https://ehr.example/files/1', false, [], 'withhold'],
  ['https://ehr.example:8443/files/1', true, [], 'withhold'],
  ['https://ehr.example.evil.example/1', true, [], 'withhold'],
  ['https://ehr.example@evil.example/1', true, [], 'withhold'],
  ['https://files.example/1', undefined, [], 'withhold'],
  ['https://files.example/1', true, [], 'withhold'],
  ['https://files.example/1', true, [files], 'send'],
  ['https://files.example/1', undefined, [files], 'send'],
  ['https://files.example/1', false, [files], 'send'],
  ['https://ehr.example/files/1', false, [files], 'withhold'],
  ['https://ehr.example/files/1', false, [base], 'send'],
  ['http://files.example/1', false, ['http://files.example', files], 'raise'],
  ['http://ehr.example/files/1', true, [], 'raise'],
  ['http://ehr.example/status/1', undefined, [], 'raise'],
  ['http://ehr.example/files/1', false, [], 'withhold'],
  ['http://files.example/1', true, [], 'raise'],
  ['http://files.example/1', undefined, [], 'withhold'],
  ['http://files.example/1', undefined, [files], 'raise'],
  ['http://127.0.0.1/1', true, [], 'withhold'],
  ['http://127.0.0.1:9/1', true, ['http://127.0.0.1:9'], 'send'],
  ['ftp://ehr.example/1', true, [], 'withhold'],
  ['not a url', true, [], 'withhold'],
])('%s, requiresAccessToken %s, trusted %j: %s', (url, requiresAccessToken, trustedOrigins, decision) => {
  expect(tokenDecision(url, { fhirOrigin: base, trustedOrigins, requiresAccessToken })).toBe(decision)
})

test.each<[string, TokenDecision]>([
  ['http://localhost:8080/status', 'send'],
  ['http://localhost:8081/status', 'withhold'],
  ['http://localhost/status', 'withhold'],
  ['https://localhost:8080/status', 'withhold'],
])('the base on loopback: %s, %s', (url, decision) => {
  expect(tokenDecision(url, { fhirOrigin: 'http://localhost:8080', trustedOrigins: [] })).toBe(decision)
})

test('A base in clear text sees no credential, whatever is trusted', () => {
  const policy = { fhirOrigin: 'http://ehr.example', trustedOrigins: ['http://ehr.example'] }
  expect(tokenDecision('http://ehr.example/fhir', policy)).toBe('withhold')
})
