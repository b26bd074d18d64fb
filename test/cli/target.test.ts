import { expect, test } from 'vitest'
import { BulkxError } from '../../src/errors.js'
import {
  baseOfKickOffUrl,
  defaultDirectoryName,
  parseTarget,
  targetWithoutOperation,
} from '../../src/options/target.js'

test.each([
  [undefined, { kind: 'system' }],
  ['system', { kind: 'system' }],
  ['Patient', { kind: 'type', type: 'Patient' }],
  ['Location', { kind: 'type', type: 'Location' }],
  ['Group/123', { kind: 'instance', type: 'Group', id: '123' }],
  ['Patient/a.b-c', { kind: 'instance', type: 'Patient', id: 'a.b-c' }],
  [
    'https://ehr.example/$export?_type=Patient',
    { kind: 'url', url: 'https://ehr.example/$export?_type=Patient' },
  ],
])('target %j is %j', (text, target) => {
  expect(parseTarget(text)).toEqual(target)
})

test.each([
  ['patient', /did you mean Patient\?/],
  ['group/123', /did you mean Group\/123\?/],
  ['Group/123/$export', /`bulkx export Group\/123`/],
  ['$export', /`bulkx export`/],
  ['Group/1/2', /kick-off URL/],
  ['Group/', /kick-off URL/],
  ['Group/123/', /^did you mean Group\/123\?$/],
  ['123', /^did you mean Group\/123\?/],
  ['11ec-d16a-b40370f8', /^did you mean Group\/11ec-d16a-b40370f8\?/],
  ['', /kick-off URL/],
  ['Group/a b', /kick-off URL/],
  ['ftp://ehr.example/$export', /kick-off URL/],
])('target %j is refused with a hint', (text, hint) => {
  try {
    parseTarget(text)
    expect.unreachable()
  } catch (error) {
    expect(error).toBeInstanceOf(BulkxError)
    if (error instanceof BulkxError) {
      expect(error.code).toBe('BULKX_USAGE')
      expect(error.hint).toMatch(hint)
    }
  }
})

test.each([
  ['https://e.example/fhir/$export', 'https://e.example/fhir', 'system'],
  ['https://e.example/fhir/$export?_type=Patient', 'https://e.example/fhir', 'system'],
  ['https://e.example/fhir/%24export', 'https://e.example/fhir', 'system'],
  ['https://e.example/fhir/Patient/$export', 'https://e.example/fhir', 'Patient'],
  ['https://e.example/fhir/Group/abc/$export', 'https://e.example/fhir', 'Group/abc'],
  ['https://e.example/api/FHIR/R4/Group/abc/$export', 'https://e.example/api/FHIR/R4', 'Group/abc'],
  ['https://e.example/api/FHIR/$export', 'https://e.example/api/FHIR', 'system'],
  ['https://e.example/api/Fhir/R4/$export', 'https://e.example/api/Fhir/R4', 'system'],
  ['https://e.example/$export', 'https://e.example', 'system'],
  ['https://e.example/fhir/Patient/$bulk-export', 'https://e.example/fhir', 'Patient'],
])('%s: base %s, target %s', (url, fhirUrl, target) => {
  expect(baseOfKickOffUrl(url)).toEqual({ fhirUrl, target })
})

test.each([
  ['http://e.example/fhir/Group/123', { fhirUrl: 'http://e.example/fhir', target: 'Group/123' }],
  ['http://e.example/fhir/Group/123/?a=b', { fhirUrl: 'http://e.example/fhir', target: 'Group/123' }],
  ['http://e.example/FHIR/R4/Patient', { fhirUrl: 'http://e.example/FHIR/R4', target: 'Patient' }],
  ['http://e.example/fhir/Group/123/$export', undefined],
  ['http://e.example/Exports/start', undefined],
  ['http://e.example/fhir', undefined],
])('%s names a target without an operation: %j', (url, found) => {
  expect(targetWithoutOperation(url)).toEqual(found)
})

test('a URL that does not end in an operation does not show its base', () => {
  expect(baseOfKickOffUrl('https://e.example/exports/start')).toBeUndefined()
})

test.each([
  ['https://ehr.example/fhir', undefined, 'ehr.example-system'],
  ['https://EHR.example:8443/fhir', 'Group/123', 'ehr.example-8443-Group-123'],
  ['https://ehr.example:443/fhir', 'Patient', 'ehr.example-Patient'],
  ['http://[::1]:80/fhir', 'Patient', '1-Patient'],
  ['mock:', 'Group/123', 'mock-Group-123'],
  ['mock:oracle', undefined, 'mock-oracle-system'],
  ['https://e.example/fhir', 'https://e.example/fhir/Group/a/$export', 'e.example-Group-a'],
  ['https://e.example/fhir', 'https://e.example/start', 'e.example-export'],
  ['https://e.example/fhir', 'Group/..', 'e.example-Group-..'],
])('%s and %s go to %s', (server, target, name) => {
  expect(defaultDirectoryName(server, parseTarget(target))).toBe(name)
})
