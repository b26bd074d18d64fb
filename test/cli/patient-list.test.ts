/** `--patient @file`: a list is read in whatever shape it has, a table is refused before it is asked for as patients. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { patientsFrom } from '../../src/cli/patient-list.js'
import { fakeIo } from './fake-io.js'

const read = (text: string): Promise<string[]> => patientsFrom('@-', fakeIo({ stdin: text }))

test.each<[string, string, string[]]>([
  ['one a line', 'a\nPatient/b\r\nc\n', ['a', 'Patient/b', 'c']],
  ['comments and blank lines', '# mine\n\na\n  # b\nc', ['a', 'c']],
  ['a byte order mark', '\ufeffa\nb', ['a', 'b']],
  ['all on one line, by commas', 'a, b,c', ['a', 'b', 'c']],
  ['all on one line, by blanks', 'a b\n', ['a', 'b']],
  ['a comma behind each', 'a,\nb,\nc', ['a', 'b', 'c']],
  ['a list that was wrapped', 'a,b,c\nd,e', ['a', 'b', 'c', 'd', 'e']],
  ['a word that is an id, alone', 'mrn', ['mrn']],
  ['an id that is a heading, as a reference', 'Patient/mrn\nb', ['Patient/mrn', 'b']],
  ['ids that begin like headings', 'patient-1\npatient-2', ['patient-1', 'patient-2']],
  ['ids of letters', 'id-a\nPatientA', ['id-a', 'PatientA']],
])('%s', async (_name, text, patients) => {
  expect(await read(text)).toEqual(patients)
})

test.each<[string, string, RegExp]>([
  ['rows of a CSV', 'a,Anna\nb,Bo\n', /table of 2 columns \(2 lines\), not a list/],
  ['with a heading', 'patient_id,mrn,name\na,1,Anna\nb,2,\n', /table of 3 columns \(3 lines\)/],
  ['with an empty cell', 'a,,x\nb,c,y', /table of 3 columns/],
  ['by semicolons', 'a;1\nb;2', /table of 2 columns/],
  ['by tabs', 'a\t1\nb\t2', /table of 2 columns/],
  ['one column with a heading', 'patient_id\na\nb', /has "patient_id" in its first line/],
  ['id', 'ID\na', /"ID"/],
  ['MRN', '"MRN"\n1', /"MRN"/],
  ['Patient FHIR ID', 'patient_fhir_id\n1', /patient_fhir_id/],
  ['nothing', '# none\n', /holds no patient/],
  ['something else', 'a\nb!\n', /something else than a patient at position 2/],
])('%s is refused', async (_name, text, message) => {
  await expect(read(text)).rejects.toMatchObject({ exitCode: 2, message: expect.stringMatching(message) })
})

test('the name of a file without its @ is no id', async () => {
  const io = fakeIo()
  writeFileSync(join(io.cwd, 'patients.txt'), 'a\n')
  await expect(patientsFrom('patients.txt', io)).rejects.toMatchObject({
    exitCode: 2,
    hint: expect.stringMatching(/^did you mean --patient @patients.txt\?/),
  })
  const ids = ['Patient/patients.txt', 'other.txt', 'a.b-1']
  expect(await Promise.all(ids.map((id) => patientsFrom(id, io)))).toEqual(ids.map((id) => [id]))
})

test('the hint has the command that makes a list of it, and no cell of it is repeated', async () => {
  const io = fakeIo()
  writeFileSync(join(io.cwd, 'my ids.csv'), 'a1,Anna\nb2,Bo\n')
  const error = await patientsFrom('@my ids.csv', io).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    hint: expect.stringContaining("`cut -d, -f1 'my ids.csv' | tail -n +2 > ids.txt`"),
  })
  expect(String(error)).not.toMatch(/Anna|a1/)
})
