/** Names on disk: ours, in manifest order, unique without regard to case, whatever the server calls its types. */
import { expect, test } from 'vitest'
import { fileNames } from '../../src/job/files.js'
import type { Section } from '../../src/protocol/types.js'

const named = (...files: [Section, string][]): string[] => {
  const name = fileNames()
  return files.map(([section, type]) => name(section, type))
}

test('numbers count each type, and all sections of a base name together', () => {
  expect(
    named(
      ['output', 'Patient'],
      ['output', 'Observation'],
      ['output', 'Patient'],
      ['output', 'Bundle'],
      ['deleted', 'Patient'],
      ['outcome', 'Patient'],
      ['output', 'OperationOutcome'],
    ),
  ).toEqual([
    'Patient.0001.ndjson',
    'Observation.0001.ndjson',
    'Patient.0002.ndjson',
    'Bundle.0001.ndjson',
    'deleted/Bundle.0002.ndjson',
    'outcome/OperationOutcome.0001.ndjson',
    'OperationOutcome.0002.ndjson',
  ])
})

test('base names differ even where case does not count', () => {
  const names = named(
    ...['Patient', 'patient', 'PATIENT', 'unknown', '../x', 'Unknown'].map((type): [Section, string] => [
      'output',
      type,
    ]),
  )
  expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length)
  expect(names).toEqual([
    'Patient.0001.ndjson',
    'patient.0002.ndjson',
    'PATIENT.0003.ndjson',
    'unknown.0001.ndjson',
    'unknown.0002.ndjson',
    'Unknown.0003.ndjson',
  ])
})

test.each([
  '',
  '../../x',
  '/etc/passwd',
  'a/b',
  'a\\b',
  'Patient\u0000',
  'Patient.ndjson',
  'Pätient',
  'x'.repeat(65),
  'CON',
  'nul',
  'Aux',
  'prn',
  'COM1',
  '.',
  '..',
  ' ',
  '-rf',
  'Patient\n',
])('M-25 the type %j is unknown', (type) => {
  expect(named(['output', type])).toEqual(['unknown.0001.ndjson'])
})

test.each(['Patient', 'x'.repeat(64), 'constructor', 'hasOwnProperty', 'toString'])(
  '%s is a name',
  (type) => {
    expect(named(['output', type])).toEqual([`${type}.0001.ndjson`])
  },
)

test('numbers grow beyond four digits', () => {
  const name = fileNames()
  let last = ''
  for (let count = 0; count < 10_001; count += 1) last = name('output', 'Patient')
  expect(last).toBe('Patient.10001.ndjson')
})
