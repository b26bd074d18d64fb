/** The WebAssembly validator against its definition: fatal UTF-8 decoding, then `JSON.parse`. */
import { describe, expect, test } from 'vitest'
import { type InspectOptions, inspector } from '../../src/ndjson/inspect.js'
import { scanLines } from '../../src/ndjson/scanner.js'
import { cases, complete } from './validator-cases.js'
import { type Counts, countsFrom, countsOf, verdictOf } from './validator-definition.js'

const lineEnd = Buffer.from('\n')
const maxLineBytes = 1024 * 1024

/** What is said of each line of a block: counted, a type, or a question. */
type Said = 'counted' | 'asked' | { type: string }

const scan = (lines: Buffer[], countedType = 'Patient'): Said[] => {
  const said: Said[] = lines.map(() => 'counted')
  const pieces = lines.flatMap((line) => [line, lineEnd])
  const count = scanLines(pieces, { countedType, maxLineBytes }, (index, _start, line, type) => {
    expect(line.equals(lines[index] ?? lineEnd)).toBe(true)
    said[index] = type === undefined ? 'asked' : { type }
  })
  expect(count).toBe(lines.length)
  return said
}

/** What must be said of a line, where `JSON.parse` need not be asked. */
const due = (line: Buffer): Said => {
  const { isGood, type } = verdictOf(line)
  if (!isGood) return 'asked'
  return type.toLowerCase() === 'patient' ? 'counted' : { type }
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

  test('a line that is no UTF-8 does not hide the others', () => {
    const latin = Buffer.from('{"resourceType":"Patient","a":"\xe9"}', 'latin1')
    expect(scan([complete, latin, complete])).toEqual([{ type: 'Patient' }, 'asked', { type: 'Patient' }])
    const file = Buffer.concat([complete, lineEnd, latin, lineEnd, complete])
    expect(inspect([file])).toEqual(countsOf(file, 'Patient'))
  })

  test('a line beyond the limit is reported, whatever it is', () => {
    const options = { countedType: 'Patient', maxLineBytes: complete.length - 1 }
    const seen: number[] = []
    scanLines([complete, lineEnd, Buffer.from('{}'), lineEnd], options, (_index, _start, line) => {
      seen.push(line.length)
    })
    expect(seen).toEqual([complete.length, 2])
  })

  test('a report may scan', () => {
    const seen: unknown[] = []
    scanLines(
      [Buffer.from('{}\n[]\n')],
      { countedType: 'Patient', maxLineBytes },
      (_index, _start, line, type) => {
        scan([complete, complete])
        seen.push([line.toString(), type])
      },
    )
    expect(seen.length).toBe(2)
  })
})
