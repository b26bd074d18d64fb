/** Faults of content codings: compressed where nobody says so, said and not compressed, compressed twice, cut off. */
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { editContent, type Fault, type Files } from '../edit.js'
import { reach, row } from '../fault-row.js'

/** Files are sent so: in these bytes, with this Content-Encoding, or with none. */
const sentAs = (
  name: string,
  files: Files,
  encoding: string | undefined,
  encode: (content: Buffer) => Buffer,
): Fault => editContent(name, files, encode, { 'content-encoding': encoding })

/** Stored as .gz and compressed once more for the transfer, of which alone the header tells. */
const gzipTwice = (options: Files = {}): Fault =>
  sentAs('gzipTwice', options, 'gzip', (content) => gzipSync(gzipSync(content)))

/** The bytes of a .gz, and no header that says so. */
const gzipUnannounced = (options: Files = {}): Fault =>
  sentAs('gzipUnannounced', options, undefined, (content) => gzipSync(content))

/** A proxy has decoded the body and kept the header. */
const falseGzip = (options: Files = {}): Fault => sentAs('falseGzip', options, 'gzip', (content) => content)

/** A well-framed gzip body that lacks its last bytes; by default the trailer, with checksum and length. Once. */
const truncateGzip = ({ bytes = 8, ...options }: Files & { bytes?: number } = {}): Fault =>
  sentAs('truncateGzip', { times: 1, ...options }, 'gzip', (content) => {
    const coded = gzipSync(content)
    return coded.subarray(0, Math.max(coded.length - bytes, 0))
  })

/** Several members, as `cat a.gz b.gz` makes them; between and behind them may be zero bytes, or bytes of no kind. */
const gzipMembers = ({
  padding = 0,
  tail,
  ...options
}: Files & { padding?: number; tail?: string } = {}): Fault =>
  sentAs('gzipMembers', options, 'gzip', (content) => {
    const half = content.length >> 1
    const zeros = Buffer.alloc(padding)
    const members = [gzipSync(content.subarray(0, half)), zeros, gzipSync(content.subarray(half)), zeros]
    return Buffer.concat([...members, Buffer.from(tail ?? '')])
  })

/** Behind the file so many megabytes of zeros, from a thousandth of the bytes. */
const gzipBomb = ({ megabytes = 100, ...options }: Files & { megabytes?: number } = {}): Fault =>
  sentAs('gzipBomb', options, 'gzip', (content) =>
    Buffer.concat([gzipSync(content), gzipSync(Buffer.alloc(megabytes * 1_000_000), { level: 9 })]),
  )

const encoders = {
  gzip: gzipSync,
  'x-gzip': gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
} as const satisfies Record<string, (content: Buffer) => Buffer>

/** One coding after the other; of one that this server does not know either, only the name is sent. */
const encodedAs = (encoding: string, content: Buffer): Buffer =>
  encoding.split(/\s*,\s*/).reduce((bytes, name) => {
    const known = name.toLowerCase()
    return Object.hasOwn(encoders, known) ? encoders[known as keyof typeof encoders](bytes) : bytes
  }, content)

/** Files come in these codings, whatever was asked for: `br`, `deflate`, `gzip, gzip`, `zstd`. */
const coding = ({ name, ...options }: Files & { name: string }): Fault =>
  sentAs('coding', options, name, (content) => encodedAs(name, content))

/** `deflate` without the header that RFC 9110 wants around it, as Microsoft's servers sent it for years. */
const rawDeflate = (options: Files = {}): Fault =>
  sentAs('rawDeflate', options, 'deflate', (content) => deflateRawSync(content))

export const codingFaults = {
  gzipTwice,
  gzipUnannounced,
  falseGzip,
  truncateGzip,
  gzipMembers,
  gzipBomb,
  coding,
  rawDeflate,
} as const

export const codingFaultRows = {
  gzipTwice: row(gzipTwice, 'a gzip body in a gzip body', reach.file),
  gzipUnannounced: row(gzipUnannounced, 'a gzip body without Content-Encoding', reach.file),
  falseGzip: row(falseGzip, 'Content-Encoding: gzip on a plain body', reach.file),
  truncateGzip: row(truncateGzip, 'a gzip body without its end', { ...reach.file, bytes: 'count' }),
  gzipMembers: row(gzipMembers, 'a gzip body of several members', {
    ...reach.file,
    padding: 'count',
    tail: 'text',
  }),
  gzipBomb: row(gzipBomb, 'a small gzip body that decodes to a huge one', {
    ...reach.file,
    megabytes: 'count',
  }),
  coding: row(coding, 'files in this Content-Encoding', { ...reach.file, name: 'text' }, ['name']),
  rawDeflate: row(rawDeflate, 'deflate without its header', reach.file),
} as const
