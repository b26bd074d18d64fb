/** Faults of what is inside files: what the mock sends, looked at alone. */
import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { type Fault, faults, parseFault, personality } from '../../src/mock/index.js'
import { ask, type Entry, exported, pretend } from './conversation.js'

const path = 'Group/123/$export?_type=Patient'
const honest = pretend()
const truth = await (await ask(honest.mock, (await exported(honest, path)).output[0]?.url ?? '')).text()
const lines = truth.split('\n').slice(0, -1)

const sent = async (fault: Fault, init?: RequestInit) => {
  const server = pretend({ faults: [fault] })
  const { output } = await exported(server, path)
  const response = await ask(server.mock, output[0]?.url ?? '', init)
  return { response, bytes: Buffer.from(await response.arrayBuffer()), server, output }
}

const text = async (name: string): Promise<string> => (await sent(parseFault(name))).bytes.toString()

const isJson = (line: string): boolean => {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}

test('the truth is ten patients', () => {
  expect(lines).toHaveLength(10)
})

test.each<[string, string]>([
  ['bom', `\ufeff${truth}`],
  ['crlf', truth.replaceAll('\n', '\r\n')],
  ['noLastNewline', truth.slice(0, -1)],
  ['blankLines', lines.map((line) => `${line}  \n\n \t\n`).join('')],
  ['badLines', ['This is no JSON', ...lines.slice(1), ''].join('\n')],
  ['badLines:line=3,kind=array', [...lines.slice(0, 2), `[${lines[2]}]`, ...lines.slice(3), ''].join('\n')],
  ['badLines:line=11', truth],
  ['pretty', lines.map((line) => `${JSON.stringify(JSON.parse(line), null, 2)}\n`).join('')],
  ['pretty:as=array,indent=0', `[${lines.join(',')}]\n`],
])('%s', async (fault, expected) => {
  expect(await text(fault)).toBe(expected)
})

test.each([
  ['tab', 10, 1],
  ['newline', 11, 2],
  ['cut', 10, 1],
])('badLines of the kind %s', async (kind, number, bad) => {
  const seen = (await text(`badLines:line=3,kind=${kind}`)).split('\n').slice(0, -1)
  expect(seen).toHaveLength(number)
  expect(seen.filter((line) => !isJson(line))).toHaveLength(bad)
  expect(seen[0]).toBe(lines[0])
})

test('badLines of the kind utf8 holds a byte that is none', async () => {
  const { bytes } = await sent(faults.badLines({ kind: 'utf8' }))
  expect(bytes.includes(0xff)).toBe(true)
  expect(bytes.toString().split('\n').slice(1)).toEqual(truth.split('\n').slice(1))
})

test('longLine makes a long line of the same resources while it is sent', async () => {
  const { response, bytes } = await sent(faults.longLine({ bytes: 200_000 }))
  const [first = '', ...rest] = bytes.toString().split('\n')
  expect(first.length).toBeGreaterThan(200_000)
  const { text: added, ...resource } = JSON.parse(first)
  expect(added.div).toHaveLength(200_000)
  expect(resource).toEqual(JSON.parse(lines[0] ?? ''))
  expect(rest).toEqual([...lines.slice(1), ''])
  expect([response.headers.get('content-length'), response.headers.get('etag')]).toEqual([null, null])
})

test('duplicateIds repeats a resource in a file and in the next one, and keeps the number', async () => {
  const server = pretend({ pageSize: 5, faults: [faults.duplicateIds({})] })
  const { output } = await exported(server, path)
  const ids: string[] = []
  for (const { url } of output)
    for (const line of (await (await ask(server.mock, url)).text()).split('\n').slice(0, -1))
      ids.push(JSON.parse(line).id)
  expect(output).toHaveLength(2)
  expect(ids).toHaveLength(10)
  expect(ids.filter((id) => id === 'the-same')).toHaveLength(4)
})

test('otherType', async () => {
  const types = (await text('otherType:lines=2,as=Observation'))
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line).resourceType)
  expect(types).toEqual(['Observation', 'Observation', ...Array(8).fill('Patient')])
})

test('pretty is application/json, and a bundle when asked', async () => {
  const { response, bytes } = await sent(faults.pretty({ as: 'bundle' }))
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(JSON.parse(bytes.toString())).toMatchObject({ resourceType: 'Bundle', entry: { length: 10 } })
})

test('outcomeInstead', async () => {
  const { response, bytes } = await sent(faults.outcomeInstead({}))
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/fhir+ndjson'])
  expect(JSON.parse(bytes.toString())).toMatchObject({ resourceType: 'OperationOutcome' })
})

test('envelope, always or unless NDJSON is asked first', async () => {
  const accept = (value: string): RequestInit => ({ headers: { accept: value } })
  const { bytes } = await sent(faults.envelope({}), accept('application/fhir+ndjson'))
  const { resourceType, data } = JSON.parse(bytes.toString())
  expect([resourceType, Buffer.from(data, 'base64').toString()]).toEqual(['Binary', truth])
  const fault = faults.envelope({ when: 'not-asked' })
  expect((await sent(fault, accept('application/fhir+ndjson'))).bytes.toString()).toBe(truth)
  expect(
    (await sent(fault, accept('application/json, application/fhir+ndjson'))).response.headers.get(
      'content-type',
    ),
  ).toBe('application/fhir+json')
})

test.each<['html' | 'xml', string]>([
  ['html', 'text/html; charset=utf-8'],
  ['xml', 'application/xml'],
])('page as %s', async (as, type) => {
  const { response, bytes } = await sent(faults.page({ as }))
  expect(response.headers.get('content-type')).toBe(type)
  expect(bytes.toString()).toMatch(/^\ufeff?</)
})

const checksumOf = (entry?: Entry): string =>
  (entry as unknown as { extension: { valueString: string }[] }).extension[0]?.valueString ?? ''

const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

test('checksum is that of the bytes that are sent, wrongChecksum is not', async () => {
  const right = await sent(faults.checksum({}))
  expect(checksumOf(right.output[0])).toBe(sha256(right.bytes))
  expect(checksumOf((await sent(faults.wrongChecksum({}))).output[0])).toMatch(
    /^sha256:(?!0{64})[0-9a-f]{64}$/,
  )
  expect(checksumOf((await sent(faults.wrongChecksum({}))).output[0])).not.toBe(sha256(right.bytes))
  expect(checksumOf((await sent(faults.checksum({ algorithm: 'crc-of-ours' }))).output[0])).toMatch(
    /^crc-of-ours:/,
  )
})

test('checksum of a server that compresses is that of the compressed bytes', async () => {
  const server = pretend({
    personality: personality({ files: { gzip: true } }),
    faults: [faults.checksum({})],
  })
  const { output } = await exported(server, path)
  const response = await ask(server.mock, output[0]?.url ?? '', { headers: { 'accept-encoding': 'gzip' } })
  const bytes = Buffer.from(await response.arrayBuffer())
  expect(gunzipSync(bytes).toString()).toBe(truth)
  expect(checksumOf(output[0])).toBe(sha256(bytes))
})

test('moreThanPromised happens on the wire', async () => {
  await expect(sent(faults.moreThanPromised({}))).rejects.toThrow(/"moreThanPromised"/)
})

test('disposition', async () => {
  const { response, bytes } = await sent(faults.disposition({}))
  expect(response.headers.get('content-disposition')).toContain('filename="../../')
  expect(bytes.toString()).toBe(truth)
})

test.each([
  ['badLines:kind=nonsense', /kind of the fault badLines is one of text, cut, tab, newline, utf8, array/],
  ['pretty:as=toString', /as of the fault pretty is one of resources, array, bundle/],
  ['envelope:when=never', /one of always, not-asked/],
  ['page:as=pdf', /one of html, xml/],
])('%s is explained', (fault, message) => {
  expect(() => parseFault(fault)).toThrow(message)
})
