/** Kick-off (K). */
import { expect } from 'vitest'
import type { Mock } from '../../src/mock/index.js'
import { kickOffRefusalRows } from './kick-off-refusals.js'
import { kickOffTroubleRows } from './kick-off-trouble.js'
import type { Row, Seen, Waived } from './row.js'

/** The status URL of the only job, at the first host. */
export const statusUrlOf = (mock: Mock): string =>
  `https://ehr.example/fhir/bulkstatus/${[...mock.jobs.all()].at(-1)?.id}`

const polled = ({ asked }: Seen): string[] => [...new Set(asked('status').map(({ url }) => url))]

/** Whether each request of these phases carried the credential. */
const credentialOn = ({ requests }: Seen, ...phases: string[]): boolean[] => [
  ...new Set(
    requests.filter(({ phase }) => phases.includes(phase)).map(({ headers }) => 'authorization' in headers),
  ),
]

export const kickOffRows: readonly (Row | Waived)[] = [
  {
    id: 'K-01',
    client: 'starts polling',
    exit: 0,
    asks: { 'kick-off': 1, delete: 1 },
    check: (seen) => {
      expect(seen.asked('status')[0]?.at).toBeGreaterThan(seen.asked('kick-off')[0]?.at ?? 0)
      expect(credentialOn(seen, 'kick-off', 'status', 'file', 'delete')).toEqual([true])
    },
  },
  {
    id: 'K-02',
    client: 'says the warning, and goes on',
    exit: 0,
    says: ['warning: the server says (warning): Unsupported parameter ignored: includeAssociatedData'],
    asks: { 'kick-off': 1 },
    variants: { 'a page': { says: [] }, text: { says: [] } },
  },
  {
    id: 'K-03',
    client: 'says that a job may be running, and sends no second kick-off',
    exit: 4,
    says: [
      'the address of its job is not known',
      'a job may be running',
      'bulkx resume <status-url> --out ./out',
    ],
    asks: { 'kick-off': 1, status: 0 },
    then: [{ exit: 4, says: ['a job may be running'], asks: { 'kick-off': 0 } }],
    variants: {
      'an object store': {
        says: ['the address of its job is not known', 'gs://bucket/operations/1', 'a job may be running'],
      },
    },
  },
  { id: 'K-04', client: 'uses it', exit: 0, asks: { 'kick-off': 1, delete: 1 } },
  { id: 'K-05', client: 'uses it', exit: 0, asks: { 'kick-off': 1, delete: 1 } },
  {
    id: 'K-06',
    client: 'resolves it against the origin',
    exit: 0,
    check: (seen) => {
      const [job] = seen.mock.jobs.all()
      expect(polled(seen)).toEqual([`https://ehr.example/fhir/$export-status/${job?.id}`])
    },
  },
  {
    id: 'K-07',
    client: 'resolves it against the kick-off URL',
    exit: 0,
    check: (seen) => {
      const [job] = seen.mock.jobs.all()
      const url = `https://ehr.example/fhir/Group/123/$export-poll-status?_jobId=${job?.id}`
      expect(polled(seen)).toEqual([url])
    },
  },
  {
    id: 'K-08',
    client: 'asks where it leads, says what the header was, and guesses no further',
    exit: 4,
    says: [
      'the address of its job is not known',
      'projects/p/locations/l/operations/1',
      'HTTP 404',
      'bulkx resume <status-url> --out ./out',
    ],
    asks: { 'kick-off': 1, status: 0, other: { min: 1, max: 2 } },
    then: [
      { exit: 4, asks: { 'kick-off': 0, other: 0 } },
      { argv: ['status'], exit: 4, asks: { other: 0 } },
      { argv: (mock) => ['resume', statusUrlOf(mock), '--out', 'out'], exit: 0, asks: { 'kick-off': 0 } },
    ],
  },
  {
    id: 'K-09',
    client: 'asks there without the credential',
    exit: 0,
    asks: { 'kick-off': 1, delete: 1 },
    check: (seen) => {
      expect(seen.asked('status').every(({ elsewhere }) => elsewhere)).toBe(true)
      expect(credentialOn(seen, 'status', 'file', 'delete')).toEqual([false])
    },
    variants: {
      '401 there': {
        exit: 3,
        says: ['https://elsewhere.example', 'bulkx resume ./out --trust-origin https://elsewhere.example'],
        asks: { 'kick-off': 1, status: 1, delete: 0 },
      },
      '401 there, trusted': {
        trusted: 'elsewhere',
        check: (seen) => expect(credentialOn(seen, 'status', 'file', 'delete')).toEqual([true]),
      },
    },
  },
  {
    id: 'K-10',
    client: 'asks over https on the same host, and says so',
    exit: 0,
    findings: ['raised-to-https'],
    says: ['warning: the server names its status at plain http; it is asked over https instead'],
    check: (seen) => {
      expect(seen.requests.every(({ url }) => url.startsWith('https://ehr.example/'))).toBe(true)
      expect(credentialOn(seen, 'status')).toEqual([true])
    },
  },
  {
    id: 'K-11',
    client: 'takes the first one',
    over: 'tcp',
    exit: 0,
    asks: { 'kick-off': 1, delete: 1 },
    check: (seen) => expect(polled(seen)).toHaveLength(1),
    variants: { 'joined by a comma': { over: 'process' } },
  },
  {
    id: 'K-12',
    client: 'sends it byte for byte',
    exit: 0,
    check: (seen) => {
      const [job] = seen.mock.jobs.all()
      expect(polled(seen)).toEqual([`https://ehr.example/fhir/$bulkdata-status?job=${job?.id}%3D%3D`])
      expect(seen.asked('delete').map(({ url }) => url)).toEqual(polled(seen))
    },
  },
  {
    id: 'K-13',
    client: 'sends the credential there, for the origin is the same',
    exit: 0,
    check: (seen) => expect(credentialOn(seen, 'status', 'delete')).toEqual([true]),
  },
  ...kickOffRefusalRows,
  ...kickOffTroubleRows,
]
