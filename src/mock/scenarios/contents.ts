/** Files: what is inside of them, and what comes instead. */
import { editContent, type Fault, withHeaders } from '../edit.js'
import { faults } from '../faults.js'
import { everyTime } from '../matcher.js'
import { outcomeResponse } from '../outcome.js'
import type { Scenario, ScenarioServer } from '../scenario.js'

const having = (...list: Fault[]): ScenarioServer => ({ faults: list })

/** The first line has another first member. */
const withMember = (name: string, member: string): Fault =>
  editContent(name, { file: 1 }, (content) => Buffer.from(content.toString().replace('{', `{${member},`)))

async function* singly(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>)
    for (const byte of chunk) yield Uint8Array.of(byte)
}

/** The edit's answer, a byte at a time, so that each letter beyond ASCII is split. */
const inBytes = ({ name, around }: Fault): Fault => ({
  name,
  around: async (call, next) => {
    const response = await around(call, next)
    if (response.body === null || call.file?.number !== 1) return response
    const body = ReadableStream.from(singly(response.body)) as ReadableStream
    return new Response(body, { status: response.status, headers: response.headers })
  },
})

const manyLetters =
  '"text":{"status":"additional","div":"Zoë Größe \u60a3\u8005 \u{1f600} \u2028 \u2029 \u0085 \\ud800"}'

/** A server's own name for its bytes. */
const contentType = (type: string | undefined): Fault => ({
  name: 'contentType',
  around: async (call, next) => {
    const response = await next(call)
    return call.phase === 'file' ? withHeaders(response, { 'content-type': type }) : response
  },
})

/** It has no `application/fhir+ndjson` by that name. */
const choosy = (): Fault => ({
  name: 'choosy',
  around: async (call, next) =>
    call.phase === 'file' && call.request.headers.get('accept') === 'application/fhir+ndjson'
      ? outcomeResponse(406, 'not-supported', 'Only application/ndjson is served')
      : next(call),
})

/** Each resource, with its members as the server orders or fills them. */
const rewritten = (name: string, rewrite: (resource: Record<string, unknown>) => object): Fault =>
  editContent(name, {}, (content) =>
    Buffer.from(content.toString().replace(/.+/g, (line) => JSON.stringify(rewrite(JSON.parse(line))))),
  )

const outcomeOverLines: Fault['around'] = editContent('outcomeOverLines', { file: 1 }, () =>
  Buffer.from(
    JSON.stringify(
      { resourceType: 'OperationOutcome', issue: [{ severity: 'fatal', diagnostics: 'Out of heap' }] },
      null,
      2,
    ),
  ),
).around

const first = { file: 1 } as const

export const contentScenarios: readonly Scenario[] = [
  {
    id: 'F-29',
    priority: 'B',
    server: 'lines that end in CR and LF',
    make: () => having(faults.crlf(first)),
    variants: {
      bom: () => having(faults.bom(first)),
      'blank lines': () => having(faults.blankLines(first)),
      'no last newline': () => having(faults.noLastNewline(first)),
    },
  },
  {
    id: 'F-30',
    priority: 'B',
    server: 'letters that are split over chunks, U+2028 inside a string, half a surrogate pair as an escape',
    make: () => having(inBytes(withMember('letters', manyLetters))),
    variants: { 'invalid UTF-8': () => having(inBytes(faults.badLines({ ...first, kind: 'utf8' }))) },
  },
  {
    id: 'F-31',
    priority: 'B',
    server: 'a line of many megabytes',
    make: () => having(faults.longLine({ ...first, bytes: 12 * 1024 * 1024 })),
  },
  {
    id: 'F-32',
    priority: 'C',
    server: 'a line without an end, as good as',
    make: () => having(faults.longLine({ ...first, bytes: 3 * 1024 * 1024 * 1024 })),
  },
  {
    id: 'F-33',
    priority: 'A',
    server: 'a raw tab inside a JSON string',
    make: () => having(faults.badLines({ ...first, line: 3, kind: 'tab' })),
    variants: { newline: () => having(faults.badLines({ ...first, line: 3, kind: 'newline' })) },
  },
  {
    id: 'F-34',
    priority: 'B',
    server: 'one line that is no JSON',
    make: () => having(faults.badLines({ ...first, line: 3 })),
    variants: {
      cut: () => having(faults.badLines({ ...first, line: 3, kind: 'cut' })),
      array: () => having(faults.badLines({ ...first, line: 3, kind: 'array' })),
    },
  },
  {
    id: 'F-35',
    priority: 'A',
    server: 'pretty-printed JSON as application/json',
    make: () => having(faults.pretty(first)),
    variants: {
      array: () => having(faults.pretty({ ...first, as: 'array' })),
      bundle: () => having(faults.pretty({ ...first, as: 'bundle' })),
      'array on a line': () => having(faults.pretty({ ...first, as: 'array', indent: 0 })),
      'bundle on a line': () => having(faults.pretty({ ...first, as: 'bundle', indent: 0 })),
    },
  },
  {
    id: 'F-36',
    priority: 'A',
    server: '200 and NDJSON that holds only an OperationOutcome',
    make: () => having(faults.outcomeInstead(first)),
    variants: { 'over lines': () => having({ name: 'outcomeOverLines', around: outcomeOverLines }) },
  },
  {
    id: 'F-37',
    priority: 'B',
    server: '200 and a web page as a file',
    make: () => having(faults.page(first)),
    variants: { xml: () => having(faults.page({ ...first, as: 'xml' })) },
  },
  {
    id: 'F-38',
    priority: 'A',
    server: 'a FHIR Binary around the file for whoever does not ask for NDJSON first',
    make: () => having(faults.envelope({ when: 'not-asked' })),
    variants: {
      always: () => having(faults.envelope(first)),
      '406 to NDJSON alone': () => having(choosy()),
    },
  },
  {
    id: 'F-39',
    priority: 'A',
    server: 'files as binary/octet-stream',
    make: () => having(contentType('binary/octet-stream')),
    variants: {
      'text/plain': () => having(contentType('text/plain')),
      none: () => having(contentType(undefined)),
    },
  },
  {
    id: 'F-40',
    priority: 'B',
    server: 'an Observation in a file of patients',
    make: () => having(faults.otherType({ ...first, as: 'Observation' })),
    variants: { 'all of them': () => having(faults.otherType({ ...first, as: 'Observation', lines: 1000 })) },
  },
  {
    id: 'F-41',
    priority: 'A',
    server: 'resourceType is the last member',
    make: () => having(rewritten('typeLast', ({ resourceType, ...rest }) => ({ ...rest, resourceType }))),
  },
  {
    id: 'F-42',
    priority: 'A',
    server: 'resources that are no valid FHIR: a birthDate with a time',
    make: () =>
      having(rewritten('birthTime', (resource) => ({ ...resource, birthDate: '1970-01-01T00:00:00Z' }))),
  },
  {
    id: 'F-43',
    priority: 'A',
    server: 'the same resource twice in a file, and in the next one',
    make: () => ({ faults: [faults.duplicateIds(everyTime)], options: { pageSize: 5 } }),
  },
]
