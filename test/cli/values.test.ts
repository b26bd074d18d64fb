import { expect, test } from 'vitest'
import { BulkxError } from '../../src/errors.js'
import * as values from '../../src/options/values.js'

test.each([
  ['https://ehr.example/fhir', 'https://ehr.example/fhir'],
  ['https://ehr.example/fhir///', 'https://ehr.example/fhir'],
  ['HTTP://localhost:8080/R4', 'HTTP://localhost:8080/R4'],
  ['mock:', 'mock:'],
  ['mock:oracle', 'mock:oracle'],
  ['mock:or/acle', undefined],
  ['ehr.example/fhir', undefined],
  ['ftp://ehr.example', undefined],
  ['https://', undefined],
  ['https://ehr.example/fhir?x=1', undefined],
  ['https://ehr.example/fhir#x', undefined],
  ['https://ehr.example/ fhir', undefined],
])('server %j is %j', (text, server) => {
  expect(values.parseServer(text)).toBe(server)
})

test('a server with a password is refused without repeating it', () => {
  expect(() => values.parseServer('https://user:secret@ehr.example/fhir')).toThrow(BulkxError)
  expect(() => values.parseServer('https://user:secret@ehr.example/fhir')).not.toThrow(/secret/)
})

test.each([
  ['X-Tenant: 42', ['x-tenant', '42']],
  ['Accept-Language:de', ['accept-language', 'de']],
  ['X-Time: 12:30', ['x-time', '12:30']],
])('header %j is %j', (line, header) => {
  expect(values.parseHeader(line)).toEqual(header)
})

test.each([
  'Authorization: Bearer abc',
  'proxy-authorization: Basic abc',
  'Cookie: abc',
  'X-Api-Key: abc',
  'X-Auth-Token: abc',
  'Client-Secret: abc',
  'X-Password: abc',
  'Host: abc',
  'Transfer-Encoding: abc',
  'abc',
  ': abc',
  'bad name: abc',
])('header %j is refused, and its value not repeated', (line) => {
  expect(() => values.parseHeader(line)).toThrow(BulkxError)
  expect(() => values.parseHeader(line)).not.toThrow(/abc/)
})

test('a header cannot break out of its line', () => {
  expect(values.splitHeader('X-A: b\r\nAuthorization: c')).toBeUndefined()
})

test.each([
  '2026',
  '2026-01',
  '2026-01-31',
  '2026-01-31T00:00:00Z',
  '2026-01-31T00:00:00.123+02:00',
  '2024-02-29',
])('instant %j is kept as typed', (text) => {
  expect(values.parseInstant(text)).toBe(text)
  expect(values.parseSince(text)).toBe(text)
})

test.each([
  'yesterday',
  '2026-13-01',
  '2026-02-30',
  '2025-02-29',
  '2026-01-31T00:00:00',
  '2026-01-31 00:00:00Z',
  '31.1.2026',
  '',
])('instant %j is none', (text) => {
  expect(values.parseInstant(text)).toBeUndefined()
})

test.each([
  ['2026-01-01T00:00:00', '2026-01-01T00:00:00Z', /time zone is missing/],
  ['2026-01-01T00:00', '2026-01-01T00:00Z', /time zone is missing/],
  ['2026-01-01T00:00:00-0500', '2026-01-01T00:00:00-05:00', /wants a colon/],
  ['2026-01-01 00:00:00Z', '2026-01-01T00:00:00Z', /a T stands/],
  ['2026-01-01 00:00:00', '2026-01-01T00:00:00Z', /a T stands .* time zone is missing/],
])('instant %j was meant to be %s', (text, value, why) => {
  expect(values.instantMeant(text)).toEqual({ value, why: expect.stringMatching(why) })
})

test.each(['yesterday', '31.1.2026', ''])('instant %j: nobody knows what was meant', (text) => {
  expect(values.instantMeant(text)).toBeUndefined()
})

test('--since knows last as well', () => {
  expect(values.parseSince('last')).toBe('last')
  expect(values.parseInstant('last')).toBeUndefined()
})

test.each([
  ['_mdm=true', { name: '_mdm', value: 'true' }],
  ['a=b=c', { name: 'a', value: 'b=c' }],
  ['a=', { name: 'a', value: '' }],
  ['a:boolean=true', { name: 'a', value: 'true', datatype: 'boolean' }],
  ['a:Reference=Patient/1', { name: 'a', value: 'Patient/1', datatype: 'Reference' }],
  ['a=b:c', { name: 'a', value: 'b:c' }],
  ['a', undefined],
  ['=b', undefined],
])('parameter %j is %j', (text, parameter) => {
  expect(values.parseParameter(text)).toEqual(parameter)
})

test('a datatype that FHIR does not have is refused', () => {
  expect(() => values.parseParameter('a:bool=true')).toThrow(/FHIR datatype/)
})

test.each([
  ['123', '123'],
  ['Patient/123', 'Patient/123'],
  ['@ids.txt', '@ids.txt'],
  ['@-', '@-'],
  ['@', undefined],
  ['Group/123', undefined],
  ['a b', undefined],
  ['', undefined],
])('patient %j is %j', (text, patient) => {
  expect(values.parsePatientArgument(text)).toBe(patient)
})

test.each([
  ['https://files.example', 'https://files.example'],
  ['https://files.example:443/', 'https://files.example'],
  ['https://files.example/data', undefined],
  ['files.example', undefined],
])('origin %j is %j', (text, origin) => {
  expect(values.parseOrigin(text)).toBe(origin)
})

test.each([
  ['$export', '$export'],
  ['export', '$export'],
  ['$bulk-data', '$bulk-data'],
  ['a/b', undefined],
])('operation %j is %j', (text, operation) => {
  expect(values.parseOperation(text)).toBe(operation)
})
