/** The WebAssembly validator against its definition: fatal UTF-8 decoding, then `JSON.parse`. */
import { describe, expect, test } from 'vitest'
import { type InspectOptions, inspector } from '../../src/ndjson/inspect.js'
import { type Report, scanLines } from '../../src/ndjson/scanner.js'
import { cases, complete } from './validator-cases.js'
import { type Counts, countsFrom, countsOf, verdictOf } from './validator-definition.js'

const lineEnd = Buffer.from('\n')
const maxLineBytes = 1024 * 1024

/** What is said of each line of a block: counted, a type, or a question; those of runs need none. */
type Said = 'counted' | 'asked' | { type: string }

const isBlank = (line: Buffer): boolean => /^[ \t\r]*$/.test(line.toString('latin1'))

const scan = (lines: Buffer[], countedType = 'Patient'): Said[] => {
  const said: Said[] = lines.map(() => 'counted')
  const pieces = lines.flatMap((line) => [line, lineEnd])
  const count = scanLines(
    pieces,
    { countedType, maxLineBytes },
    {
      line: (index, _start, line, type) => {
        expect(line.equals(lines[index] ?? lineEnd)).toBe(true)
        said[index] = type === undefined ? 'asked' : { type }
      },
      bad: (index, _start, line, many) => {
        expect(line.equals(lines[index] ?? lineEnd)).toBe(true)
        for (const bad of lines.slice(index, index + many))
          expect(isBlank(bad) || verdictOf(bad).isGood).toBe(false)
        said.fill('asked', index, index + many)
      },
      blank: (index, many) => {
        expect(lines.slice(index, index + many).every(isBlank)).toBe(true)
        said.fill('asked', index, index + many)
      },
    },
  )
  expect(count).toBe(lines.length)
  return said
}

/** What must be said of a line, where `JSON.parse` need not be asked. */
const due = (line: Buffer): Said => {
  const { isGood, type } = verdictOf(line)
  if (!isGood) return 'asked'
  return type.toLowerCase() === 'patient' ? 'counted' : { type }
}

const unexpected: Report = {
  line: () => expect.unreachable(),
  bad: () => expect.unreachable(),
  blank: () => expect.unreachable(),
}

const inspect = (chunks: Iterable<Buffer>, options: Partial<InspectOptions> = {}): Counts => {
  const inspecting = inspector({ expectedType: 'Patient', maxLineBytes, ...options })
  for (const chunk of chunks) inspecting.push(chunk)
  return countsFrom(inspecting.end())
}

test.each(cases)('$name', ({ line, isGood, isAsked }) => {
  expect(verdictOf(line).isGood).toBe(isGood)
  expect(scan([line])).toEqual([isAsked ? 'asked' : due(line)])
  const file = Buffer.concat([complete, lineEnd, line, lineEnd, complete])
  expect(inspect([file])).toEqual(countsOf(file, 'Patient'))
})

describe('types', () => {
  const types: [string, Said][] = [
    ['{"resourceType":"Patient"}', 'counted'],
    ['{"resourceType" : "PATIENT"\t}', 'counted'],
    ['{"id":{"resourceType":"Group"},"a":[{"resourceType":"Group"}],"resourceType":"Patient"}', 'counted'],
    ['{"resourceType":"Group","resourceType":"Patient"}', 'counted'],
    ['{"resourceType":"Patient","resourceType":"Group"}', { type: 'Group' }],
    ['{"resourceType":"Patient","resourceType":null}', { type: '' }],
    ['{"resourceType":["Patient"]}', { type: '' }],
    ['{"resourceType":{"resourceType":"Patient"}}', { type: '' }],
    ['{"a":"resourceType","b":"Patient"}', { type: '' }],
    ['{"resourceTyp":"Patient","resourceTypes":"Patient","ResourceType":"Patient"}', { type: '' }],
    ['{"__proto__":{"resourceType":"Patient"}}', { type: '' }],
    ['{"resourceType":""}', { type: '' }],
    ['{"resourceType":"Patien"}', { type: 'Patien' }],
    ['{"resourceType":"Patients"}', { type: 'Patients' }],
    ['{"resourceType":"Pâtient"}', { type: 'Pâtient' }],
    ['{"resourceType":"P@tient"}', { type: 'P@tient' }],
    ['{"resource\\u0054ype":"Patient"}', 'asked'],
    ['{"resourceType":"P\\u0061tient"}', 'asked'],
    ['{"\\u0061":1,"resourceType":"Patient"}', 'asked'],
    ['{"a":"\\u0061","b":{"\\u0061":1},"resourceType":"Patient"}', 'counted'],
    ['', 'asked'],
    [' \r', 'asked'],
  ]
  test.each(types)('%s', (source, said) => {
    const line = Buffer.from(source)
    expect(scan([line])).toEqual([said])
    const file = Buffer.concat([line, lineEnd])
    expect(inspect([file])).toEqual(countsOf(file, 'Patient'))
  })

  test('each line is told where no type is counted, or the type is no name', () => {
    for (const countedType of ['', 'Pat ient', 'P'.repeat(65), 'Pâtient'])
      expect(scan([complete], countedType)).toEqual([{ type: 'Patient' }])
    expect(scan([Buffer.from(`{"resourceType":"${'p'.repeat(64)}"}`)], 'P'.repeat(64))).toEqual(['counted'])
  })

  test.each(['', 'Parameters', 'OperationOutcome', 'operationoutcome', 'Bundle'])(
    'expected: %j',
    (expectedType) => {
      const types = ['Patient', 'Parameters', 'parameters', 'OperationOutcome', 'Bundle', 'bundle', '']
      const file = Buffer.from(types.map((type) => `{"a":0,"resourceType":"${type}"}\n`).join('\n\r\n'))
      expect(inspect([file], { expectedType })).toEqual(countsOf(file, expectedType))
    },
  )
})

describe('blocks', () => {
  test('more lines than one call reports, blank ones among them', () => {
    const lines = Array.from({ length: 20_000 }, (_, index) =>
      Buffer.from(['', '{}', '{', '{"resourceType":"Patient"}', '{"resourceType":"Group"}'][index % 5] ?? ''),
    )
    expect(scan(lines)).toEqual(lines.map(due))
  })

  test('lines that are blank, or no objects, are told in runs', () => {
    const told: unknown[] = []
    scanLines(
      [Buffer.from('\n \r\n{\n{\n[1]\n{}\n1\n\n\xef\n{"\\u0061":}\n{x}\n', 'latin1')],
      { countedType: 'Patient', maxLineBytes },
      {
        line: (index, start, line, type) => void told.push(['line', index, start, line.length, type]),
        bad: (index, start, line, lines) => void told.push(['bad', index, start, line.length, lines]),
        blank: (index, lines) => void told.push(['blank', index, lines]),
      },
    )
    expect(told).toEqual([
      ['blank', 0, 2],
      ['bad', 2, 4, 1, 3],
      ['line', 5, 12, 2, ''],
      ['bad', 6, 15, 1, 1],
      ['blank', 7, 1],
      ['line', 8, 18, 1, undefined],
      ['bad', 9, 20, 11, 2],
    ])
  })

  test('a run that is longer than one call reports', () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => Buffer.from(index % 5000 === 0 ? '{}' : '{'))
    expect(scan(lines)).toEqual(lines.map(due))
    const file = Buffer.concat(lines.flatMap((line) => [line, lineEnd]))
    expect(inspect([file])).toEqual(countsOf(file, 'Patient'))
  })

  test('a line that is no UTF-8 does not hide the others', () => {
    const latin = Buffer.from('{"resourceType":"Patient","a":"\xe9"}', 'latin1')
    expect(scan([complete, latin, complete])).toEqual([{ type: 'Patient' }, 'asked', { type: 'Patient' }])
    const file = Buffer.concat([complete, lineEnd, latin, lineEnd, complete])
    expect(inspect([file])).toEqual(countsOf(file, 'Patient'))
  })

  test('a line beyond the limit is reported, whatever it is', () => {
    const options = { countedType: 'Patient', maxLineBytes: complete.length - 1 }
    const seen: number[] = []
    const line = (_index: number, _start: number, { length }: Buffer) => void seen.push(length)
    scanLines([complete, lineEnd, Buffer.from('{}'), lineEnd], options, { ...unexpected, line })
    expect(seen).toEqual([complete.length, 2])
  })

  test('a report may scan', () => {
    const seen: unknown[] = []
    const look = (line: Buffer, type: string | undefined): void => {
      scan([complete, complete])
      seen.push([line.toString(), type])
    }
    scanLines(
      [Buffer.from('{}\n[]\n')],
      { countedType: 'Patient', maxLineBytes },
      {
        ...unexpected,
        line: (_index, _start, line, type) => look(line, type),
        bad: (_index, _start, line) => look(line, undefined),
      },
    )
    expect(seen.length).toBe(2)
  })
})
