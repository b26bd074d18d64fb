/** Faults of file downloads: bodies that break, lie, or are not what was listed. */
import { gzipSync } from 'node:zlib'
import { bytesOf, type Fault, type Files, fault, onFiles, withBody, withHeaders } from '../edit.js'
import { reach, row } from '../fault-row.js'
import { onWire } from '../wire.js'

/** A well-framed answer that is too short: the first bytes of the file, and a Content-Length to match. */
const truncate = (options: Files & { keepBytes: number }): Fault =>
  fault('truncate', onFiles(options), async (call, next) => {
    const response = await next(call)
    const body = (await bytesOf(response)).subarray(0, options.keepBytes)
    return withBody(response, body)
  })

/** The connection is closed in good order after some bytes, although Content-Length promised more. */
const truncateLying = (options: Files & { keepBytes: number }): Fault =>
  fault('truncateLying', onFiles(options), async (call, next) =>
    onWire(await next(call), { fault: 'truncateLying', stopAt: options.keepBytes, stopBy: 'close' }),
  )

/** Content-Length is wrong by so many bytes; the body is whole. */
const wrongLength = (options: Files & { by: number }): Fault =>
  fault('wrongLength', onFiles(options), async (call, next) => {
    const response = await next(call)
    const length = Number(response.headers.get('content-length') ?? 0)
    return onWire(response, { fault: 'wrongLength', contentLength: Math.max(length + options.by, 0) })
  })

/** The connection is reset after so many bytes of the body. */
const cut = (options: Files & { keepBytes: number }): Fault =>
  fault('cut', onFiles(options), async (call, next) =>
    onWire(await next(call), { fault: 'cut', stopAt: options.keepBytes, stopBy: 'reset' }),
  )

/** After so many bytes nothing more comes, and the connection stays open. */
const stall = (options: Files & { keepBytes: number }): Fault =>
  fault('stall', onFiles(options), async (call, next) =>
    onWire(await next(call), { fault: 'stall', stopAt: options.keepBytes, stopBy: 'stall' }),
  )

const framings = ['chunked', 'close'] as const
export type Framing = (typeof framings)[number]

/**
 * No Content-Length: the body comes in chunks with a proper end, or ends with the connection. With `keepBytes` it is cut
 * there, without a sign. Every file, unless `times` says otherwise.
 */
const noLength = ({
  as = 'chunked',
  keepBytes,
  ...options
}: Files & { as?: Framing; keepBytes?: number }): Fault =>
  fault('noLength', onFiles({ times: Number.POSITIVE_INFINITY, ...options }), async (call, next) => {
    const response = await next(call)
    const body = (await bytesOf(response)).subarray(0, keepBytes)
    const coding = as === 'chunked' ? 'chunked' : undefined
    const headers = { 'content-length': undefined, 'transfer-encoding': coding }
    const framed = withHeaders(withBody(response, body), headers)
    return as === 'chunked' ? framed : onWire(framed, { fault: 'noLength', framing: 'close' })
  })

/** A gzip body that breaks in its middle. */
const corruptGzip = (options: Files): Fault =>
  fault('corruptGzip', onFiles(options), async (call, next) => {
    const response = await next(call)
    const body = gzipSync(await bytesOf(response))
    const middle = body.length >> 1
    for (let at = middle; at < Math.min(middle + 8, body.length); at += 1) body[at] = (body[at] ?? 0) ^ 0xff
    return withBody(response, body, { 'content-encoding': 'gzip' })
  })

export const fileFaults = { truncate, truncateLying, wrongLength, cut, stall, noLength, corruptGzip } as const

const bytes = { ...reach.file, keepBytes: 'count' } as const

export const fileFaultRows = {
  truncate: row(truncate, 'a well-framed file that is too short', bytes, ['keepBytes']),
  truncateLying: row(truncateLying, 'a file shorter than its Content-Length', bytes, ['keepBytes']),
  wrongLength: row(wrongLength, 'a Content-Length that is wrong', { ...reach.file, by: 'integer' }, ['by']),
  cut: row(cut, 'the connection is reset inside of a file', bytes, ['keepBytes']),
  stall: row(stall, 'nothing more comes inside of a file', bytes, ['keepBytes']),
  noLength: row(noLength, 'no Content-Length, and perhaps an end that comes too early', {
    ...bytes,
    as: framings,
  }),
  corruptGzip: row(corruptGzip, 'a gzip body that breaks', reach.file),
} as const
