/** What goes with a patient who left a group, and what stays. */
import { describe, expect, test } from 'vitest'
import { compartmentPaths } from '../../src/sync/patient-compartment.js'
import { currentOf, fastDirectory, lines, putExport, resource, round } from './place.js'

const to = (id: string): { reference: string } => ({ reference: `Patient/${id}` })

/** One row: a line, and whether it goes with the patient `gone`. */
const rows: [what: string, line: string, goes: boolean][] = [
  ['the patient', resource('Patient', 'gone'), true],
  ['another patient', resource('Patient', 'gone2'), false],
  ['a patient linked to the one', resource('Patient', 'here', { link: [{ other: to('gone') }] }), false],
  ['a resource about the patient', resource('Observation', '1', { subject: to('gone') }), true],
  ['a resource about another', resource('Observation', '2', { subject: to('gone2') }), false],
  [
    'about the one, performed by another',
    resource('Observation', '3', { subject: to('gone'), performer: [to('here')] }),
    false,
  ],
  [
    'performed by the one alone',
    resource('Observation', '4', { performer: [{ reference: 'Device/1' }, to('gone')] }),
    true,
  ],
  ['two who left', resource('Observation', '5', { subject: to('gone'), performer: [to('left')] }), true],
  ['named elsewhere', resource('Observation', '6', { subject: to('here'), focus: [to('gone')] }), false],
  ['named in a text', resource('Observation', '7', { note: [{ text: 'see Patient/gone' }] }), false],
  [
    'an absolute reference',
    resource('Condition', '8', { subject: { reference: 'https://ehr.example/fhir/Patient/gone' } }),
    true,
  ],
  ['of one version', resource('Condition', '9', { subject: { reference: 'Patient/gone/_history/3' } }), true],
  [
    'an escaped slash',
    '{"resourceType":"Condition","id":"10","subject":{"reference":"Patient\\/gone"}}',
    true,
  ],
  [
    'an identifier',
    resource('Condition', '11', { subject: { identifier: { value: 'Patient/gone' } } }),
    false,
  ],
  ['a longer id', resource('Condition', '12', { subject: to('gone-not') }), false],
  ['another type of that id', resource('Condition', '13', { subject: { reference: 'Group/gone' } }), false],
  ['a deep path', resource('CarePlan', '14', { activity: [{ detail: { performer: [to('gone')] } }] }), true],
  [
    'a group of both',
    resource('Group', '15', { member: [{ entity: to('gone') }, { entity: to('here') }] }),
    false,
  ],
  ['a type without a compartment', resource('Location', '16', { subject: to('gone') }), false],
  [
    'contained',
    resource('Location', '17', { contained: [{ resourceType: 'Observation', subject: to('gone') }] }),
    false,
  ],
  ['a type that every object has', resource('constructor', '18', { subject: to('gone') }), false],
]

describe.each([
  ['lines of the snapshot before', true],
  ['lines of the exports', false],
])('%s', (_where, isOld) => {
  test.each(rows)('%s', async (_what, line, goes) => {
    const directory = fastDirectory()
    const file = { name: 'unknown.0001.ndjson', text: lines(line) }
    putExport(directory, 1, { output: isOld ? [file] : [] })
    await round(directory, [[1, 'base']])
    putExport(directory, 2, { output: isOld ? [] : [file] })
    const { merged } = await round(directory, [[2, 'delta']], { removed: ['gone', 'left'] })
    expect(Object.values(currentOf(directory)).join('')).toBe(goes ? '' : lines(line))
    expect(merged.counts.departed).toBe(goes ? 1 : 0)
    expect(merged.counts.added + merged.counts.unchanged).toBe(goes && isOld ? 0 : 1)
  })
})

test('who was taken out is written down, and may come back', async () => {
  const directory = fastDirectory()
  const patient = (n: number): string => resource('Patient', 'gone', { n })
  putExport(directory, 1, { output: [{ name: 'Patient.0001.ndjson', text: lines(patient(1)) }] })
  await round(directory, [[1, 'base']])
  putExport(directory, 2, { output: [] })
  const { dataset } = await round(directory, [[2, 'delta']], { removed: ['gone'] })
  expect(dataset.rounds[1]?.removed).toEqual(['gone'])
  expect(dataset.files).toEqual({})
  putExport(directory, 3, { output: [{ name: 'Patient.0001.ndjson', text: lines(patient(3)) }] })
  await round(directory, [[3, 'delta']])
  expect(currentOf(directory)).toEqual({ 'Patient.ndjson': lines(patient(3)) })
})

test('paths of the compartment', () => {
  expect(compartmentPaths('Observation')).toEqual([['subject'], ['performer']])
  expect(compartmentPaths('Practitioner')).toEqual([])
  expect(compartmentPaths('toString')).toEqual([])
})
