/** Faults of going on inside a file: ranges that are not what they say, and files that have changed. */
import { bytesOf, type Fault, type Files, fault, onFiles, whole, withBody, withHeaders } from '../edit.js'
import { reach, row } from '../fault-row.js'

const lies = ['1MB', 'total', 'offset', 'end', 'bytes', '200'] as const
export type RangeLie = (typeof lies)[number]

interface Sent {
  first: number
  last: number
  total: number
  body: Buffer
}

const megabyte = 1024 * 1024

const lied = (lie: Exclude<RangeLie, '200'>, { first, last, total, body }: Sent, whole: Buffer): Sent => {
  switch (lie) {
    case '1MB': {
      const piece = body.subarray(0, megabyte)
      return { first, last: first + piece.length - 1, total, body: piece }
    }
    case 'total':
      return { first, last, total: body.length, body }
    case 'offset':
      return { first: 0, last: whole.length - 1, total, body: whole }
    case 'end':
      return { first, last: last + 1, total, body }
    case 'bytes':
      // As many as there should be, of another place.
      return { first, last, total, body: Buffer.from(whole.subarray(0, body.length)) }
    default:
      return lie satisfies never
  }
}

/**
 * Requests with a Range get: `1MB` no more than that (DPC), `total` the length of the piece as that of the file
 * (DPC), `end` an end that is one too far (DPC), `offset` the file from its beginning, in a 206 that says so,
 * `bytes` other bytes under the right headers, `200` the whole file. Every one of them, unless `times` says otherwise.
 */
const lyingRange = ({ range, ...options }: Files & { range: RangeLie }): Fault =>
  fault('lyingRange', onFiles({ times: Number.POSITIVE_INFINITY, ...options }), async (call, next) => {
    const honest = await next(call)
    const [, first, last, total] =
      /^bytes (\d+)-(\d+)\/(\d+)$/.exec(honest.headers.get('content-range') ?? '') ?? []
    if (honest.status !== 206 || first === undefined) return honest
    const all = await whole(call, next)
    if (range === '200') return all
    const truth = {
      first: Number(first),
      last: Number(last),
      total: Number(total),
      body: await bytesOf(honest),
    }
    const sent = lied(range, truth, await bytesOf(all))
    return withBody(honest, sent.body, { 'content-range': `bytes ${sent.first}-${sent.last}/${sent.total}` })
  })

/** Where an open-ended range begins; 0 for a request without one. */
const startOf = (request: Request): number =>
  Number(/^bytes=(\d+)-$/.exec(request.headers.get('range') ?? '')?.[1] ?? 0)

/**
 * From the second request on, or after so many, it is another file under the same URL: its first line comes twice, its
 * ETag is another one, and a range is one of it.
 */
const changedFile = (options: Files = {}): Fault =>
  fault(
    'changedFile',
    onFiles({ times: Number.POSITIVE_INFINITY, after: 1, ...options }),
    async (call, next) => {
      const response = await whole(call, next)
      const before = await bytesOf(response)
      const content = Buffer.concat([before.subarray(0, before.indexOf('\n') + 1), before])
      const start = startOf(call.request)
      const all = withHeaders(withBody(response, content.subarray(start)), { etag: '"changed"' })
      if (start === 0) return all
      const range = `bytes ${start}-${content.length - 1}/${content.length}`
      const headers = new Headers([...all.headers, ['content-range', range]])
      return new Response(all.body, { status: 206, headers })
    },
  )

export const rangeFaults = { lyingRange, changedFile } as const

export const rangeFaultRows = {
  lyingRange: row(lyingRange, 'answers to Range that are wrong', { ...reach.file, range: lies }, ['range']),
  changedFile: row(changedFile, 'another file under the same URL, from the second request on', reach.file),
} as const
