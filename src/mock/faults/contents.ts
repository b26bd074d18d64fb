/** Faults of what is inside files: lines that are none, other formats, wrong digests, hostile names. */
import {
  bytesOf,
  editContent,
  type Fault,
  type Files,
  fault,
  onFiles,
  withBody,
  withHeaders,
} from '../edit.js'
import { reach, row } from '../fault-row.js'
import type { Call } from '../handler.js'
import { everyTime } from '../matcher.js'
import { operationOutcome } from '../outcome.js'
import { onWire } from '../wire.js'
import { checksum, wrongChecksum } from './checksums.js'

type Json = Record<string, unknown>

const linesOf = (content: Buffer): string[] => content.toString().split('\n').slice(0, -1)

const ended = (lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${line}\n`).join(''))

/** As a string member of a line, where no other member is disturbed. */
const withMember = (line: string, member: string): string => line.replace('{', `{${member},`)

/** Lines that are no JSON objects, by what is wrong with them. */
const spoilers = {
  text: (_line: string): string | Buffer => 'This is no JSON',
  cut: (line: string) => line.slice(0, line.length >> 1),
  tab: (line: string) => withMember(line, '"language":"en\tUS"'),
  newline: (line: string) => withMember(line, '"language":"en\nUS"'),
  utf8: (line: string) => Buffer.from(withMember(line, '"language":"\xff"'), 'latin1'),
  array: (line: string) => `[${line}]`,
}

/** One line is bad: the first one, or line number `line`. */
const badLines = ({
  line = 1,
  kind = 'text',
  ...files
}: Files & { line?: number; kind?: keyof typeof spoilers }): Fault => {
  const spoil = spoilers[kind]
  return editContent('badLines', files, (content) => {
    const lines: (string | Buffer)[] = linesOf(content)
    const good = lines[line - 1]
    if (good !== undefined) lines[line - 1] = spoil(String(good))
    return Buffer.concat(lines.flatMap((one) => [Buffer.from(one), Buffer.from('\n')]))
  })
}

const bom = (files: Files): Fault =>
  editContent('bom', files, (content) => Buffer.concat([Buffer.from('\ufeff'), content]))

const crlf = (files: Files): Fault =>
  editContent('crlf', files, (content) => Buffer.from(content.toString().replaceAll('\n', '\r\n')))

/** An empty line, or one of spaces, between any two. */
const blankLines = (files: Files): Fault =>
  editContent('blankLines', files, (content) =>
    ended(linesOf(content).flatMap((line) => [`${line}  `, '', ' \t'])),
  )

const noLastNewline = (files: Files): Fault =>
  editContent('noLastNewline', files, (content) => content.subarray(0, content.length - 1))

const CHUNK_BYTES = 64 * 1024

async function* lengthened(content: Buffer, bytes: number): AsyncGenerator<Uint8Array> {
  yield Buffer.from('{"text":{"status":"additional","div":"')
  const letters = Buffer.alloc(CHUNK_BYTES, 'a')
  for (let left = bytes; left > 0; left -= CHUNK_BYTES) yield letters.subarray(0, Math.min(left, CHUNK_BYTES))
  yield Buffer.from('"},')
  yield content.subarray(1)
}

/** The first line holds a text of so many bytes more, made while it is sent. Default: 8 MiB. */
const longLine = ({ bytes = 8 * 1024 * 1024, ...files }: Files & { bytes?: number }): Fault =>
  fault('longLine', onFiles({ ...everyTime, ...files }), async (call, next) => {
    const response = await next(whole(call))
    if (response.status !== 200) return response
    const body = ReadableStream.from(lengthened(await bytesOf(response), bytes)) as ReadableStream
    const plain = new Response(body, { status: 200, headers: response.headers })
    return withHeaders(plain, { 'content-length': undefined, ...unproved })
  })

/** What no longer holds of an altered content. */
const unproved = { etag: undefined, 'last-modified': undefined, 'accept-ranges': 'none' }

/** The same request for all of the file. */
const whole = (call: Call): Call => {
  const headers = new Headers(call.request.headers)
  headers.delete('range')
  headers.delete('accept-encoding')
  return { ...call, request: new Request(call.request, { headers }) }
}

/** The first two resources of a file are one and the same, and so are those of every other file of the type. */
const duplicateIds = (files: Files): Fault =>
  editContent('duplicateIds', files, (content, call) => {
    const twice = JSON.stringify({ resourceType: call.file?.type, id: 'the-same' })
    return ended(linesOf(content).map((line, index) => (index < 2 ? twice : line)))
  })

/** The first so many resources are of another type. */
const otherType = ({ as = 'Basic', lines = 1, ...files }: Files & { as?: string; lines?: number }): Fault =>
  editContent('otherType', files, (content) =>
    ended(
      linesOf(content).map((line, index) =>
        index < lines ? JSON.stringify({ ...(JSON.parse(line) as Json), resourceType: as }) : line,
      ),
    ),
  )

const layouts = {
  resources: (resources: Json[]): unknown[] => resources,
  array: (resources: Json[]): unknown[] => [resources],
  bundle: (resources: Json[]): unknown[] => [
    { resourceType: 'Bundle', type: 'collection', entry: resources.map((resource) => ({ resource })) },
  ],
}

/** JSON over many lines, or one value for all, called `application/json`. `indent` 0: nothing between the tokens. */
const pretty = ({
  as = 'resources',
  indent = 2,
  ...files
}: Files & { as?: keyof typeof layouts; indent?: number }): Fault => {
  const layout = layouts[as]
  const edit = editContent('pretty', files, (content) =>
    ended(
      layout(linesOf(content).map((line) => JSON.parse(line) as Json)).map((value) =>
        JSON.stringify(value, null, indent),
      ),
    ),
  )
  return withType(edit, 'application/json')
}

/** The edit, and another Content-Type for what it has altered. */
const withType = (edit: Fault, contentType: string): Fault => ({
  name: edit.name,
  around: async (call, next) => {
    let before: Response | undefined
    const response = await edit.around(call, async (inner) => {
      before = await next(inner)
      return before
    })
    return response === before ? response : withHeaders(response, { 'content-type': contentType })
  },
})

/** 200, and the only line is an OperationOutcome. */
const outcomeInstead = (files: Files): Fault =>
  editContent('outcomeInstead', files, () =>
    Buffer.from(
      `${JSON.stringify(operationOutcome([{ severity: 'error', code: 'exception', diagnostics: 'The file is not to be had' }]))}\n`,
    ),
  )

const isNdjsonAsked = ({ request }: Call): boolean =>
  (request.headers.get('accept') ?? '').split(',')[0]?.trim() === 'application/fhir+ndjson'

const askers = { always: () => true, 'not-asked': (call: Call) => !isNdjsonAsked(call) } as const

/** HAPI's JSON envelope around a file. `when`: `always`, or `not-asked`: unless `application/fhir+ndjson` is asked first. */
const envelope = ({ when = 'always', ...files }: Files & { when?: keyof typeof askers }): Fault => {
  const isMet = askers[when]
  const edit = editContent('envelope', files, (content) =>
    Buffer.from(
      JSON.stringify({
        resourceType: 'Binary',
        contentType: 'application/fhir+ndjson',
        data: content.toString('base64'),
      }),
    ),
  )
  const { name, around } = withType(edit, 'application/fhir+json')
  return { name, around: (call, next) => (isMet(call) ? around(call, next) : next(call)) }
}

const pages = {
  html: {
    type: 'text/html; charset=utf-8',
    text: '<!DOCTYPE html>\n<html><body><h1>Something went wrong</h1></body></html>\n',
  },
  xml: {
    type: 'application/xml',
    text: '\ufeff<?xml version="1.0" encoding="utf-8"?><Error><Code>InternalError</Code></Error>',
  },
}

/** 200, and a page of HTML or XML as a file. */
const page = ({ as = 'html', ...files }: Files & { as?: keyof typeof pages }): Fault => {
  const { type, text } = pages[as]
  return withType(
    editContent('page', files, () => Buffer.from(text)),
    type,
  )
}

/** Content-Length is the file's, and so many bytes of something else follow. */
const moreThanPromised = ({ by = 1000, ...files }: Files & { by?: number }): Fault =>
  fault('moreThanPromised', onFiles({ ...everyTime, ...files }), async (call, next) => {
    const response = await next(whole(call))
    if (response.status !== 200) return response
    const content = await bytesOf(response)
    const more = Buffer.concat([content, Buffer.alloc(by, 'surplus ')])
    return onWire(withBody(response, more), { fault: 'moreThanPromised', contentLength: content.length })
  })

/** A Content-Disposition that would lead out of the directory. */
const disposition = ({
  value = 'attachment; filename="../../../etc/passwd"; filename*=UTF-8\'\'%2e%2e%2fescaped',
  ...files
}: Files & { value?: string }): Fault =>
  fault('disposition', onFiles({ ...everyTime, ...files }), async (call, next) =>
    withHeaders(await next(call), { 'content-disposition': value }),
  )

export const contentFaults = {
  badLines,
  bom,
  crlf,
  blankLines,
  noLastNewline,
  longLine,
  duplicateIds,
  otherType,
  pretty,
  outcomeInstead,
  envelope,
  page,
  checksum,
  wrongChecksum,
  moreThanPromised,
  disposition,
} as const

const { file } = reach

export const contentFaultRows = {
  badLines: row(badLines, 'a line that is no JSON object', {
    ...file,
    line: 'count',
    kind: Object.keys(spoilers),
  }),
  bom: row(bom, 'a byte order mark', file),
  crlf: row(crlf, 'lines that end in CR and LF', file),
  blankLines: row(blankLines, 'blank lines and trailing spaces', file),
  noLastNewline: row(noLastNewline, 'no line end after the last line', file),
  longLine: row(longLine, 'a very long line', { ...file, bytes: 'count' }),
  duplicateIds: row(duplicateIds, 'the same resource twice in a file, and in every file of its type', file),
  otherType: row(otherType, 'resources of another type', { ...file, as: 'text', lines: 'count' }),
  pretty: row(pretty, 'JSON that is no NDJSON', { ...file, as: Object.keys(layouts), indent: 'count' }),
  outcomeInstead: row(outcomeInstead, 'an OperationOutcome instead of data', file),
  envelope: row(envelope, 'a FHIR Binary around the file', { ...file, when: Object.keys(askers) }),
  page: row(page, 'a page instead of a file', { ...file, as: Object.keys(pages) }),
  checksum: row(checksum, 'checksums in the manifest, of the content that is sent', {
    ...file,
    algorithm: 'text',
  }),
  wrongChecksum: row(wrongChecksum, 'a wrong checksum in the manifest', file),
  moreThanPromised: row(moreThanPromised, 'more bytes than Content-Length says', { ...file, by: 'count' }),
  disposition: row(disposition, 'a Content-Disposition with a hostile name', { ...file, value: 'text' }),
} as const
