/** The manifest (M). */
import { expect } from 'vitest'
import type { Row, Seen, Waived } from './row.js'

const both = ['Patient.0001.ndjson', 'Observation.0001.ndjson']

const everyFile = (seen: Seen, check: (authorization: string | undefined) => void): void => {
  expect(seen.asked('file').length).toBeGreaterThan(0)
  for (const { headers } of seen.asked('file')) check(headers.authorization)
}

const withToken = (seen: Seen): void => everyFile(seen, (sent) => expect(sent).toBeDefined())
const withoutToken = (seen: Seen): void => everyFile(seen, (sent) => expect(sent).toBeUndefined())

interface Written {
  transactionTime?: string
  request?: string
  output: { type?: string; url: string; count: number; continuesInFile?: string }[]
  deleted: { type?: string; url: string }[]
  error: { type?: string; url: string }[]
  bulkx: { findings: { severity: string; code: string; message: string; file?: string }[] }
}

const written = async (seen: Seen): Promise<Written> =>
  JSON.parse(await seen.read('manifest.json')) as Written

/** How often the manifest was read. */
const manifestsIn = (requests: readonly { status?: number }[]): number =>
  requests.filter(({ status }) => status === 200).length

const nothingPrivate = ({ requests }: Seen): void => {
  for (const { url } of requests) expect(url).toMatch(/^https:\/\/ehr\.example\//)
}

const names = (type: string, number: number): string[] =>
  Array.from({ length: number }, (_, index) => `${type}.${String(index + 1).padStart(4, '0')}.ndjson`)

/** What the question gives in files of 20 resources. */
const files20 = [...names('Patient', 1), ...names('Observation', 6)]

const typesAreOdd = ['unexpected-type', 'unexpected-type', 'type-not-asked', 'type-not-asked']

export const manifestRows: readonly (Row | Waived)[] = [
  {
    id: 'M-01',
    client: 'reads it as true: the token goes to the files',
    exit: 0,
    tree: both,
    check: withToken,
  },
  {
    id: 'M-02',
    client: 'reads the text as false, and anything else as unknown: the token goes to its own origin',
    exit: 0,
    tree: both,
    check: withoutToken,
    variants: { zero: { check: withToken }, null: { check: withToken }, missing: { check: withToken } },
  },
  { id: 'M-03', client: 'takes it for the URL', exit: 0, tree: both },
  {
    id: 'M-04',
    client: 'says that there is no data',
    exit: 0,
    content: 'altered',
    tree: [],
    findings: ['no-data', 'type-not-delivered', 'type-not-delivered'],
    says: ['no data', 'no Patient was delivered'],
    asks: { file: 0, delete: 1 },
  },
  { id: 'M-05', client: 'takes it for an empty list', exit: 0, tree: both },
  {
    id: 'M-06',
    client: 'says that there is no data',
    exit: 0,
    content: 'altered',
    tree: [],
    findings: ['no-data', 'type-not-delivered', 'type-not-delivered'],
    says: ['no data'],
  },
  {
    id: 'M-07',
    client: 'says that there is no data, and what that may mean',
    exit: 0,
    content: 'altered',
    tree: [],
    findings: ['no-data', 'type-not-delivered', 'type-not-delivered'],
    says: ['no data', '--since'],
  },
  {
    id: 'M-08',
    client: 'reads the outcome where it stands',
    exit: 10,
    content: 'same',
    tree: both,
    findings: ['server-issue'],
    says: ['Condition could not be exported'],
    then: [
      { argv: ['resume', '--fail-on', 'never'], exit: 0, findings: ['server-issue'], asks: { status: 0 } },
      { argv: ['resume'], exit: 0, findings: ['server-issue'] },
    ],
  },
  {
    id: 'M-09',
    client: 'takes both for one list',
    exit: 10,
    tree: [...both, 'outcome/OperationOutcome.0001.ndjson'],
    findings: ['server-issue', 'server-issue'],
    asks: { file: 3 },
  },
  {
    id: 'M-10',
    client: 'says them, and ends well',
    exit: 0,
    tree: [...both, 'outcome/OperationOutcome.0001.ndjson'],
    findings: ['server-issue', 'server-issue'],
    says: ['Practitioner was left out', 'took 3 s'],
  },
  {
    id: 'M-11',
    client: 'keeps all of it, and says what the server said',
    exit: 10,
    tree: [...both, 'outcome/OperationOutcome.0001.ndjson'],
    findings: ['server-issue', 'server-issue'],
    says: [
      'complete, but look at it',
      '2 server-reported error issues: Observation/obs-17 could not be read: "Größe" überschritten; Observation/obs-18',
      '1 server-reported warning',
      'outcome/OperationOutcome.0001.ndjson',
      'export again',
      '--fail-on never',
    ],
    saysNot: ['every file is whole; manifest.json is written'],
    asks: { delete: 1 },
    check: async (seen) => {
      const { error, bulkx } = await written(seen)
      expect(error).toEqual([
        expect.objectContaining({ url: 'outcome/OperationOutcome.0001.ndjson', count: 3 }),
      ])
      expect(bulkx.findings.map(({ severity }) => severity)).toEqual(['error', 'warning'])
    },
  },
  {
    id: 'M-12',
    client: 'warns, and says when the next export should begin',
    exit: 0,
    tree: both,
    findings: ['no-transaction-time'],
    says: ['transactionTime', '2026-01-01T00:00:00.000Z'],
  },
  {
    id: 'M-13',
    client: 'keeps it as it is written',
    exit: 0,
    tree: both,
    check: async (seen) => {
      expect((await written(seen)).transactionTime).toBe('2025/12/31 19:00:00.000 -0500')
    },
    variants: {
      epoch: {
        check: async (seen) => expect((await written(seen)).transactionTime).toBe('2026-01-01T00:00:00.000Z'),
      },
      'no zone': {
        check: async (seen) => expect((await written(seen)).transactionTime).toBe('2026-01-01T00:00:00.000'),
      },
      nanoseconds: {
        check: async (seen) =>
          expect((await written(seen)).transactionTime).toBe('2026-01-01T00:00:00.000123456Z'),
      },
    },
  },
  { id: 'M-14', client: 'reads what it knows, and passes over the rest', exit: 0, tree: both },
  {
    id: 'M-15',
    client: 'never uses it',
    exit: 0,
    tree: both,
    check: async (seen) => {
      nothingPrivate(seen)
      expect((await written(seen)).request).toBe(
        'https://ehr.example/fhir/Group/123/$export?_type=Patient,Observation',
      )
    },
  },
  {
    id: 'M-16',
    client: 'reads it, or does without, and says when time is short',
    exit: 0,
    tree: both,
    saysNot: ['warning:'],
    then: [{ argv: ['status'], exit: 0, asks: { status: 0 } }],
    variants: {
      past: { says: ['warning:', '2025-01-02T00:00:10Z'], saysNot: [] },
      soon: { says: ['warning:', '2026-01-01T00:05:10Z', 'in 5 min'], saysNot: [] },
      rubbish: { saysNot: ['warning:', 'kept until'] },
      missing: { saysNot: ['warning:', 'kept until'] },
    },
  },
  { id: 'M-17', client: 'resolves them against the status URL', exit: 0, tree: both, check: withToken },
  {
    id: 'M-18',
    client: 'asks over https, and sends nothing in clear text',
    exit: 0,
    tree: both,
    findings: ['raised-to-https', 'raised-to-https'],
    says: ['plain http'],
    check: nothingPrivate,
    variants: {
      'at another host': {
        exit: 7,
        tree: [],
        findings: undefined,
        says: ['--trust-origin https://elsewhere.example'],
        check: ({ requests }) => {
          for (const { url } of requests) expect(url).toMatch(/^https:/)
        },
      },
    },
  },
  {
    id: 'M-19',
    client: 'asks without the token, and names the option that trusts the host',
    exit: 7,
    says: ['--trust-origin https://elsewhere.example'],
    asks: { delete: 0 },
    variants: {
      trusted: { exit: 0, says: [], asks: { delete: 1 }, tree: both, trusted: 'elsewhere' },
      'that refuses tokens': { exit: 0, says: [], asks: { delete: 1 }, tree: both, check: withoutToken },
    },
  },
  {
    id: 'M-20',
    client: 'fetches the others, and names the kind of tool',
    exit: 7,
    tree: ['Observation.0001.ndjson'],
    says: ["cloud's own tool"],
    asks: { file: 1, delete: 0 },
  },
  {
    id: 'M-21',
    client: 'does not follow, and fetches the others',
    exit: 7,
    tree: both,
    says: ['Patient.0002.ndjson'],
    asks: { delete: 0 },
    check: nothingPrivate,
    variants: {
      localhost: { says: ['private address', '--trust-origin http://localhost:22'] },
      'cloud metadata': { says: ['private address'] },
      'an IPv6 address': { says: ['private address'] },
      'a number': { says: ['private address'] },
      'behind a redirect': {
        tree: ['Observation.0001.ndjson'],
        says: ['private address', 'Patient.0001.ndjson'],
      },
    },
  },
  {
    id: 'M-22',
    client: 'fetches each once, and says so',
    exit: 0,
    tree: both,
    findings: ['listed-twice', 'listed-twice'],
    asks: { file: 2 },
  },
  {
    id: 'M-23',
    client: 'names them itself',
    exit: 0,
    tree: [...names('Patient', 1), ...names('Observation', 3)],
  },
  {
    id: 'M-24',
    client: 'names them itself',
    exit: 0,
    tree: [...names('Patient', 1), ...names('Observation', 3)],
  },
  {
    id: 'M-25',
    client: 'calls them unknown, and warns',
    exit: 0,
    content: 'altered',
    tree: ['unknown.0001.ndjson', 'unknown.0002.ndjson'],
    findings: [...typesAreOdd, 'type-not-delivered', 'type-not-delivered'],
    variants: {
      long: {
        findings: [
          'unexpected-type',
          'unexpected-type',
          'type-not-asked',
          'type-not-delivered',
          'type-not-delivered',
        ],
      },
      'no text': { findings: [] },
    },
  },
  { id: 'M-26', client: 'uses the URL to ask, and for nothing else', exit: 0, tree: both },
  {
    id: 'M-27',
    client: 'takes the type as it is',
    exit: 0,
    content: 'altered',
    tree: ['patient.0001.ndjson', 'observation.0001.ndjson'],
    variants: {
      missing: { tree: ['unknown.0001.ndjson', 'unknown.0002.ndjson'] },
      unknown: {
        tree: ['VendorThing.0001.ndjson', 'Observation.0001.ndjson'],
        findings: ['unexpected-type', 'type-not-asked', 'type-not-delivered'],
      },
    },
  },
  {
    id: 'M-28',
    client: 'takes in all of them at once, and fetches one after the other',
    argv: ['export', 'Group/all', '--type', 'Patient,Observation'],
    interruptAt: 'manifest: 2',
    exit: 130,
    says: ['manifest: 21,', 'of 21,'],
    then: [{ argv: ['status', '--offline'], exit: 9, says: ['of 21'] }],
    variants: {
      '500': {
        interruptAt: undefined,
        exit: 0,
        says: [],
        then: undefined,
        check: async (seen) => {
          const { output } = await written(seen)
          expect(output.length).toBeGreaterThan(400)
          expect(seen.asked('file')).toHaveLength(output.length)
        },
      },
    },
  },
  { id: 'M-29', client: 'reads it', exit: 0, tree: both },
  {
    id: 'M-30',
    client: 'follows all of them into one export',
    exit: 0,
    tree: [...names('Patient', 1), ...names('Observation', 2)],
    asks: { file: 3 },
  },
  {
    id: 'M-31',
    client: 'notices, keeps what it has, and says so',
    exit: 7,
    tree: both,
    says: ['circle'],
    asks: { delete: 0 },
    check: ({ asked }) => expect(manifestsIn(asked('status'))).toBe(1),
    variants: {
      'a circle of pages': {
        tree: [...names('Patient', 1), ...names('Observation', 2)],
        check: ({ asked }) => expect(manifestsIn(asked('status'))).toBe(3),
      },
    },
  },
  {
    id: 'M-32',
    client: 'sends no token there, and keeps the files of the first page',
    exit: 7,
    tree: names('Patient', 1),
    says: ['page'],
    asks: { delete: 0 },
    check: ({ requests }) => {
      expect(requests.filter(({ elsewhere }) => elsewhere)).toHaveLength(1)
    },
    variants: {
      'that wants no token': {
        exit: 0,
        tree: [...names('Patient', 1), ...names('Observation', 2)],
        says: [],
        asks: { delete: 1 },
        check: ({ requests }) => {
          // Two pages, and a file of each.
          expect(requests.filter(({ elsewhere }) => elsewhere)).toHaveLength(4)
        },
      },
      'that is not there': { check: undefined, says: ['There is no such page'] },
      'at a private address': { check: nothingPrivate, says: ['private address'] },
    },
  },
  {
    id: 'M-33',
    client: 'keeps the lowest, so that the next export misses nothing, and warns',
    exit: 0,
    tree: [...names('Patient', 1), ...names('Observation', 2)],
    findings: ['transaction-times'],
    check: async (seen) => expect((await written(seen)).transactionTime).toBe('2025-12-31T23:59:00.000Z'),
  },
  {
    id: 'M-34',
    client: 'checks those that are counts, and no others',
    exit: 0,
    tree: both,
    variants: {
      zero: { exit: 10, findings: ['wrong-count'], says: ['the server counts 0 resources, the file has 10'] },
    },
  },
  {
    id: 'M-35',
    client: 'says both',
    exit: 0,
    content: 'altered',
    tree: ['Patient.0001.ndjson', 'Provenance.0001.ndjson'],
    findings: ['unexpected-type', 'type-not-asked', 'type-not-delivered'],
    says: ['no Observation was delivered', 'Provenance was not asked for'],
  },
  {
    id: 'M-36',
    client: 'keeps it in a folder of its own',
    argv: ['export', 'Group/123', '--type', 'Patient,Observation', '--since', '2000-01-01T00:00:00Z'],
    exit: 0,
    tree: [...both, 'deleted/Bundle.0001.ndjson'],
    check: async (seen) => {
      const { output, deleted } = await written(seen)
      expect(deleted.map(({ url }) => url)).toEqual(['deleted/Bundle.0001.ndjson'])
      expect(output.map(({ url }) => url)).toEqual(both)
      expect(await seen.read('deleted/Bundle.0001.ndjson')).toContain('"method":"DELETE"')
    },
  },
  {
    id: 'M-37',
    client: 'keeps it, and warns',
    argv: ['export', 'Group/123', '--type', 'Patient,Observation', '--since', '2000-01-01T00:00:00Z'],
    exit: 0,
    content: 'altered',
    tree: [...both, 'deleted/Bundle.0001.ndjson'],
    findings: ['unexpected-type', 'unexpected-type'],
    says: ['where Bundle was expected'],
  },
  {
    id: 'M-38',
    client: 'reads the manifest again, and takes the new URLs',
    exit: 0,
    tree: files20,
    says: ['fresh URLs'],
    check: ({ asked }) => {
      expect(manifestsIn(asked('status'))).toBeGreaterThan(1)
      expect(manifestsIn(asked('status'))).toBeLessThan(6)
      expect(asked('file').length).toBeLessThan(25)
    },
    variants: {
      'for good': {
        exit: 7,
        tree: undefined,
        says: ['bulkx resume'],
        asks: { delete: 0 },
        check: ({ asked }) => {
          expect(manifestsIn(asked('status'))).toBe(2)
          expect(asked('file').length).toBeLessThan(20)
        },
      },
    },
  },
  {
    id: 'M-39',
    client: 'does not mix two runs',
    exit: 7,
    tree: files20.slice(0, 2),
    says: ['other files than before'],
    asks: { file: { max: 12 }, delete: 0 },
    variants: { 'another transactionTime': { says: ['transaction'] } },
  },
  {
    id: 'M-40',
    client: 'is not led astray',
    exit: 0,
    tree: both,
    check: () => expect(({} as Record<string, unknown>).polluted).toBeUndefined(),
  },
  {
    id: 'M-41',
    client: 'keeps the lines, counts resources, and says how the files go on',
    exit: 0,
    content: 'altered',
    tree: [...names('Patient', 1), ...names('Observation', 3)],
    check: async (seen) => {
      const { output } = await written(seen)
      expect(output[0]).toMatchObject({ count: 10, bulkx: { lines: 11, badLines: 0 } })
      expect(output.map(({ continuesInFile }) => continuesInFile)).toEqual([
        undefined,
        'Observation.0002.ndjson',
        'Observation.0003.ndjson',
        undefined,
      ])
      expect(await seen.read('Patient.0001.ndjson')).toMatch(/^\{"resourceType":"Parameters"/)
    },
  },
]
