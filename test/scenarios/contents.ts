/** Files (F): what is inside of them, and what comes instead. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { contentOf } from '../helpers/stored-export.js'
import type { Play, Row, Seen, Waived } from './row.js'

const patients = 'Patient.0001.ndjson'
const observations = 'Observation.0001.ndjson'
const both = [patients, observations]

/** The text of a file as the server has it, before any fault. */
const truthOf = async ({ mock }: Seen, type: string, number = 1): Promise<string> => {
  const job = [...mock.jobs.all()].at(-1)
  const file = ((await job?.files) ?? []).filter((one) => one.type === type)[number - 1]
  return file === undefined ? '' : String(await contentOf(file))
}

const stored = (seen: Seen, name = patients): Promise<string> => seen.read(name)

interface OurEntry {
  url: string
  count: number
  bulkx: { lines: number; badLines: number }
}

const entryOf = async (seen: Seen, name = patients): Promise<OurEntry | undefined> =>
  (JSON.parse(await seen.read('manifest.json')) as { output: OurEntry[] }).output.find(
    ({ url }) => url === name,
  )

/** The bytes are those that were sent, and ten resources were counted. */
const unchanged =
  (sent: (truth: string) => string): Play['check'] =>
  async (seen) => {
    expect(await stored(seen)).toBe(sent(await truthOf(seen, 'Patient')))
    expect(await entryOf(seen)).toMatchObject({ count: 10, bulkx: { lines: 10, badLines: 0 } })
    expect(await stored(seen, observations)).toBe(await truthOf(seen, 'Observation'))
  }

/** One bad line is told of with its place, and kept; the others count; the file was not asked for again. */
const told = (words: string, spoilt: string, { bad = 1, good = 9 } = {}): Partial<Play> => ({
  says: [words],
  findings: ['bad-lines'],
  asks: { file: 2 },
  check: async (seen) => {
    expect(await entryOf(seen)).toMatchObject({ count: good, bulkx: { badLines: bad } })
    const truth = (await truthOf(seen, 'Patient')).split('\n')
    const lines = (await stored(seen)).split('\n')
    expect([...lines.slice(0, 2), ...lines.slice(2 + bad)]).toEqual([...truth.slice(0, 2), ...truth.slice(3)])
    expect(lines[2]).toContain(spoilt)
    expect(await seen.read('manifest.json')).toContain('is line 3 at byte ')
  },
})

const form = (words: string, file: number): Partial<Play> => ({
  says: [words],
  findings: ['not-ndjson'],
  asks: { file },
  check: async (seen) => expect(JSON.stringify(await stored(seen))).toContain('resourceType'),
})

/** The file is not there under any name; the other one is. */
const notStored = (...says: string[]): Partial<Play> => ({
  says: [patients, ...says],
  tree: [observations],
})

const lineBreaks = /\n(?!$)/g

export const contentRows: readonly (Row | Waived)[] = [
  {
    id: 'F-29',
    client: 'counts the lines right, and keeps every byte',
    exit: 0,
    content: 'altered',
    tree: both,
    check: unchanged((truth) => truth.replaceAll('\n', '\r\n')),
    variants: {
      bom: { check: unchanged((truth) => `\ufeff${truth}`) },
      'blank lines': { check: unchanged((truth) => truth.replaceAll('\n', '  \n\n \t\n')) },
      'no last newline': { check: unchanged((truth) => truth.slice(0, -1)) },
    },
  },
  {
    id: 'F-30',
    client: 'corrupts nothing; a byte that is no UTF-8 is told of with its place',
    exit: 0,
    content: 'altered',
    check: async (seen) => {
      const text = await stored(seen)
      expect(text).toContain('"div":"Zoë Größe \u60a3\u8005 \u{1f600} \u2028 \u2029 \u0085 \\ud800"')
      expect(text.slice(text.indexOf('\n'))).toBe((await truthOf(seen, 'Patient')).replace(/^.*/, ''))
      expect(await entryOf(seen)).toMatchObject({ count: 10, bulkx: { lines: 10, badLines: 0 } })
    },
    variants: {
      'invalid UTF-8': {
        exit: 10,
        says: ['1 bad line, the first is line 1 at byte 0: not valid UTF-8'],
        findings: ['bad-lines'],
        check: async (seen) => expect(await stored(seen)).toContain('\ufffd'),
      },
    },
  },
  {
    id: 'F-31',
    client: 'takes it like any other',
    exit: 0,
    content: 'altered',
    asks: { file: 2 },
    check: async (seen) => {
      expect((await stat(join(seen.directory, patients))).size).toBeGreaterThan(12 * 1024 * 1024)
      expect(await entryOf(seen)).toMatchObject({ count: 10, bulkx: { lines: 10, badLines: 0 } })
    },
  },
  {
    id: 'F-32',
    client: 'stops at --max-line, and goes on with the other files',
    argv: ['export', 'Group/123', '--type', 'Patient,Observation', '--max-line', '1MiB'],
    exit: 7,
    ...notStored('line 1 is longer than 1048576 bytes', 'raise --max-line'),
    asks: { file: 2 },
  },
  {
    id: 'F-33',
    client: 'names the place and what is wrong, and keeps the line',
    exit: 10,
    content: 'altered',
    ...told('a raw tab inside a string', '"en\tUS"'),
    variants: { newline: told('the line ends inside a string', '"en', { bad: 2 }) },
  },
  {
    id: 'F-34',
    client: 'tells of that line and keeps all of them',
    exit: 10,
    content: 'altered',
    ...told('not valid JSON', 'This is no JSON'),
    variants: {
      cut: told('the line ends', '{"resourceType"'),
      array: told('a JSON array, not an object', '[{'),
    },
  },
  {
    id: 'F-35',
    client: 'names the form that it has instead of NDJSON, and keeps it',
    exit: 10,
    content: 'altered',
    ...form('pretty-printed JSON over several lines', 2),
    variants: {
      array: form('a JSON array', 2),
      bundle: form('a FHIR Bundle', 2),
      'array on a line': form('a JSON array', 2),
      'bundle on a line': form('a FHIR Bundle', 2),
    },
  },
  {
    id: 'F-36',
    client: "stores no data that is none, and says the server's words",
    exit: 7,
    ...notStored('an OperationOutcome instead of data: The file is not to be had'),
    variants: { 'over lines': notStored('an OperationOutcome instead of data: Out of heap') },
  },
  {
    id: 'F-37',
    client: 'stores no page under the name of data',
    exit: 7,
    ...notStored('a web page or XML, not NDJSON', 'bulkx doctor'),
  },
  {
    id: 'F-38',
    client: 'asks for application/fhir+ndjson; an envelope for everybody is no data',
    exit: 0,
    tree: both,
    check: ({ asked }) => {
      for (const { headers } of asked('file')) expect(headers.accept).toBe('application/fhir+ndjson')
    },
    variants: {
      '406 to NDJSON alone': {
        asks: { file: 4 },
        check: ({ asked }) =>
          expect(new Set(asked('file').map(({ headers }) => headers.accept))).toEqual(
            new Set(['application/fhir+ndjson', 'application/fhir+ndjson, */*;q=0.1']),
          ),
      },
      always: { exit: 7, ...notStored('FHIR Binary', 'Accept header'), check: () => {} },
    },
  },
  { id: 'F-39', client: 'does not care', exit: 0, tree: both, asks: { file: 2 } },
  {
    id: 'F-40',
    client: 'keeps it, and warns',
    exit: 0,
    content: 'altered',
    asks: { file: 2 },
    findings: ['unexpected-type'],
    then: [
      {
        argv: ['resume', '--fail-on', 'warning'],
        exit: 10,
        findings: ['unexpected-type'],
      },
    ],
    check: async (seen) => {
      expect(await entryOf(seen)).toMatchObject({ count: 10, bulkx: { lines: 10 } })
      expect(await seen.read('manifest.json')).toContain(
        '1 resource of type Observation where Patient was expected',
      )
    },
    variants: {
      'all of them': {
        argv: ['export', 'Group/123', '--type', 'Patient,Observation', '--fail-on', 'warning'],
        exit: 10,
        says: ['10 resources of type Observation where Patient was expected'],
        then: [],
        check: async (seen) => expect(await entryOf(seen)).toMatchObject({ count: 10 }),
      },
    },
  },
  {
    id: 'F-41',
    client: 'recognises the type all the same',
    exit: 0,
    content: 'altered',
    asks: { file: 2 },
    check: async (seen) => expect(await stored(seen)).toMatch(/,"resourceType":"Patient"\}\n$/),
  },
  {
    id: 'F-42',
    client: 'keeps them: validity is for others to judge',
    exit: 0,
    content: 'altered',
    check: async (seen) => expect((await stored(seen)).match(/"1970-01-01T00:00:00Z"/g)).toHaveLength(10),
  },
  {
    id: 'F-43',
    client: 'keeps every line as it came',
    exit: 0,
    content: 'altered',
    check: async (seen) => {
      const texts = [await stored(seen), await stored(seen, 'Patient.0002.ndjson')]
      expect(texts.join('').match(/"id":"the-same"/g)).toHaveLength(4)
      expect(texts.map((text) => text.match(lineBreaks)?.length)).toEqual([4, 4])
    },
  },
]
