/** The client at servers of records and claims in the United States: from kick-off to DELETE, as their rows say. */
import { expect, test } from 'vitest'
import { type Vendor, visit } from './visit.js'

interface Row {
  argv: readonly string[]
  kickedOff: string
  /** The statuses of DELETE. */
  deleted?: readonly number[]
  /** In the token request. */
  token?: string
  withoutScope?: true
  /** Files are on the second host, and see no credential. */
  filesElsewhere?: true
}

const rows: readonly (readonly [Vendor, Row])[] = [
  [
    'epic',
    {
      argv: ['Group/123', '--type', 'Patient,Observation'],
      kickedOff: '/interconnect-fhir-oauth/api/FHIR/R4/Group/123/$export?_type=Patient,Observation',
      deleted: [202],
      withoutScope: true,
    },
  ],
  [
    'athena',
    {
      argv: ['Group/a-1.C-195900', '--type', 'Patient'],
      kickedOff: '/fhir/r4/Group/a-1.C-195900/$export?_type=Patient',
      deleted: [202],
      token: 'scope=system%2FPatient.rs',
      filesElsewhere: true,
    },
  ],
  [
    'veradigm',
    {
      argv: ['Group/123', '--type', 'Patient'],
      kickedOff: '/r4/fhir/Group/123/$export?_type=Patient',
      deleted: [202],
    },
  ],
  [
    'nextech',
    { argv: ['Group/123'], kickedOff: '/api/r4/Group/123/$export', deleted: [202], filesElsewhere: true },
  ],
  [
    'modmed',
    {
      argv: ['Patient', '--type', 'Patient,Condition'],
      kickedOff: '/firm/ema/fhir/v2/Patient/$export?_type=Patient,Condition',
      deleted: [202],
      token: 'scope=system%2FPatient.rs+system%2FCondition.rs',
      filesElsewhere: true,
    },
  ],
  [
    'netsmart',
    {
      argv: ['Group/123', '--type', 'Patient'],
      kickedOff: '/fhir/certified/v1/Group/123/$export?_type=Patient',
      deleted: [202],
      token: 'scope=system%2FPatient.rs',
    },
  ],
  [
    'soarian',
    {
      argv: ['Group/All_Patients', '--type', 'Patient'],
      kickedOff: '/fhir/r4/Group/All_Patients/$export?_type=Patient',
      deleted: [202],
    },
  ],
  [
    'bcda',
    {
      argv: ['Group/runout', '--type', 'Patient,ExplanationOfBenefit'],
      kickedOff: '/api/v2/Group/runout/$export?_type=Patient,ExplanationOfBenefit',
    },
  ],
  ['ab2d', { argv: ['Patient'], kickedOff: '/api/v2/fhir/Patient/$export', token: 'scope=clientCreds' }],
  [
    'dpc',
    {
      argv: ['Group/123', '--type', 'Patient,ExplanationOfBenefit'],
      kickedOff: '/api/v1/Group/123/$export?_type=Patient,ExplanationOfBenefit',
      token: 'scope=system%2F*.*',
    },
  ],
]

test.each(rows)('%s: an export goes as its row says', async (vendor, row) => {
  const there = await visit(vendor)
  await there.export(row.argv)
  expect(there.kickedOff()).toBe(row.kickedOff)
  expect(there.asked('kick-off')).toHaveLength(1)
  expect(there.asked('delete').map(({ status }) => status)).toEqual(row.deleted ?? [])
  expect(there.asked('token')[0]?.body).toContain(row.token ?? '')
  expect(there.asked('token')[0]?.body?.includes('scope=')).toBe(row.withoutScope !== true)
  for (const { elsewhere, status, headers } of there.asked('file')) {
    expect([elsewhere, status]).toEqual([row.filesElsewhere === true, 200])
    expect(headers.authorization !== undefined).toBe(row.filesElsewhere !== true)
  }
  expect(await there.findings()).toEqual([])
})
