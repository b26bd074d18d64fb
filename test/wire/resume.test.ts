/** Going on inside a file, in one process and across two: only where it is proved right, else from the start. */
import { describe, expect, test } from 'vitest'
import { exitOf, textOf } from '../helpers/conversation.js'
import { lines } from '../helpers/scripted-server.js'
import type { Respond } from '../helpers/tcp-server.js'
import { turns, wire } from '../helpers/wire.js'

const text = lines('Patient', 20_000)
const modified = 'Wed, 31 Dec 2025 10:00:00 GMT'

interface Representation {
  body?: string | Buffer
  etag?: string
  lastModified?: string
  /** Bytes of the body after which the connection ends, when the whole of it was asked. */
  cutAt?: number
}

const headersOf = ({ etag, lastModified }: Representation): Record<string, string> => ({
  ...(etag !== undefined && { etag }),
  ...(lastModified !== undefined && { 'last-modified': lastModified }),
})

/** Honest: whole or range; a request for the whole is cut where the representation says so. */
const serve =
  (representation: Representation): Respond =>
  (response, request) => {
    const body = Buffer.from(representation.body ?? text)
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
    const headers = headersOf(representation)
    if (start > 0) {
      const range = `bytes ${start}-${body.length - 1}/${body.length}`
      response.writeHead(206, { ...headers, 'content-range': range, 'content-length': body.length - start })
      response.end(body.subarray(start))
      return
    }
    response.writeHead(200, { ...headers, 'content-length': body.length })
    if (representation.cutAt === undefined) response.end(body)
    else response.write(body.subarray(0, representation.cutAt), () => response.socket?.destroySoon())
  }

const ranges = (requests: { headers: Record<string, string | undefined> }[]): (string | undefined)[] =>
  requests.map(({ headers }) => headers.range)

const strong = { etag: '"v1"', cutAt: 700_000 }
const dated = { lastModified: modified, cutAt: 700_000 }

describe('a break in the middle of a large file', () => {
  test.each<[string, Representation, boolean]>([
    ['a strong ETag', strong, true],
    ['Last-Modified and length', dated, true],
    ['F-48 a weak ETag alone', { etag: 'W/"v1"', cutAt: 700_000 }, false],
    ['F-48 an unquoted ETag', { etag: 'v1', cutAt: 700_000 }, false],
    ['F-48 a Last-Modified in milliseconds', { lastModified: '1571839200000', cutAt: 700_000 }, false],
    ['nothing to recognise it by', { cutAt: 700_000 }, false],
  ])('%s', async (_name, representation, goesOn) => {
    const talk = await wire({
      files: { a: turns(serve(representation), serve({ ...representation, cutAt: undefined })) },
    })
    const ran = await talk.run()
    expect(exitOf(ran)).toBe(0)
    expect(await textOf(talk.directory, 'Patient.0001.ndjson')).toBe(text)
    const asked = ranges(talk.server.to('/files/a'))
    expect(asked).toHaveLength(2)
    expect(asked[0]).toBeUndefined()
    if (goesOn) expect(asked[1]).toMatch(/^bytes=[1-9]\d*-$/)
    else expect(asked[1]).toBeUndefined()
    expect(
      talk.server.to('/files/a').map(({ headers }) => headers['accept-encoding'] === 'identity'),
    ).toEqual([false, goesOn])
  })

  test('the second process goes on where the first one stopped', async () => {
    const stop = new AbortController()
    const talk = await wire({ files: { a: turns(serve(strong), serve({ ...strong, cutAt: undefined })) } })
    const clock = { ...talk.clock, sleep: async () => stop.abort(new Error('Ctrl-C')) }
    let armed = false
    const first = await talk.run(
      {},
      {
        onEvent: ({ type }) => {
          armed ||= type === 'manifest-received'
        },
      },
      {
        clock: { ...clock, sleep: (ms, signal) => (armed ? clock.sleep() : talk.clock.sleep(ms, signal)) },
        signal: stop.signal,
      },
    )
    expect(String(first.thrown)).toContain('Ctrl-C')
    const second = await talk.run({}, { command: 'resume' })
    expect(exitOf(second)).toBe(0)
    expect(ranges(talk.server.to('/files/a'))).toEqual([
      undefined,
      expect.stringMatching(/^bytes=[1-9]\d*-$/),
    ])
    expect(await textOf(talk.directory, 'Patient.0001.ndjson')).toBe(text)
  })

  test('bytes of another running system are not gone on from', async () => {
    const broken = serve(strong)
    const talk = await wire({
      files: { a: turns(broken, broken, broken, broken, broken, serve({ ...strong, cutAt: undefined })) },
    })
    const self = (host: string) => ({ self: { pid: process.pid, host, isAlive: () => false } })
    await talk.run({}, {}, self('before the power failure'))
    const before = talk.server.to('/files/a').length
    expect(exitOf(await talk.run({}, { command: 'resume' }, self('after it')))).toBe(0)
    expect(ranges(talk.server.to('/files/a').slice(before))[0]).toBeUndefined()
    expect(await textOf(talk.directory, 'Patient.0001.ndjson')).toBe(text)
  })
})

describe('answers to a range that prove nothing', () => {
  const range =
    (
      status: number,
      headers: (start: number, total: number) => Record<string, string | number>,
      from = 0,
    ): Respond =>
    (response, request) => {
      const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
      if (start === 0) return serve({ etag: '"v1"' })(response, request, 0)
      const body = Buffer.from(text).subarray(start + from)
      response.writeHead(status, {
        'content-length': body.length,
        etag: '"v1"',
        ...headers(start, text.length),
      })
      response.end(body)
    }
  const other = lines('Patient', 20_000, 5)

  test.each<[string, Respond]>([
    ['F-45 200 with the whole body', serve({ etag: '"v1"', body: text })],
    [
      'F-44 a total that is wrong',
      range(206, (start, total) => ({ 'content-range': `bytes ${start}-${total - 1}/${total + 9}` })),
    ],
    [
      'F-44 an end that is off by one',
      range(206, (start, total) => ({ 'content-range': `bytes ${start}-${total}/${total}` })),
    ],
    [
      'F-44 another start',
      range(206, (start, total) => ({ 'content-range': `bytes ${start + 1}-${total - 1}/${total}` }), 1),
    ],
    [
      'F-44 a piece of it',
      range(206, (start, total) => ({ 'content-range': `bytes ${start}-${start + 99}/${total}` })),
    ],
    ['no Content-Range', range(206, () => ({}))],
    [
      'an unknown total',
      range(206, (start, total) => ({ 'content-range': `bytes ${start}-${total - 1}/*` })),
    ],
    [
      'F-46 another ETag',
      range(206, (start, total) => ({
        'content-range': `bytes ${start}-${total - 1}/${total}`,
        etag: '"v2"',
      })),
    ],
    [
      'F-46 an ETag that became weak',
      range(206, (start, total) => ({
        'content-range': `bytes ${start}-${total - 1}/${total}`,
        etag: 'W/"v1"',
      })),
    ],
    [
      'a coded range',
      range(206, (start, total) => ({
        'content-range': `bytes ${start}-${total - 1}/${total}`,
        'content-encoding': 'gzip',
      })),
    ],
    [
      'the right headers over the wrong bytes',
      (response, request) => {
        const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
        if (start === 0) return serve({ etag: '"v1"' })(response, request, 0)
        const range = `bytes ${start}-${text.length - 1}/${text.length}`
        const length = text.length - start
        response.writeHead(206, { etag: '"v1"', 'content-range': range, 'content-length': length })
        response.end(Buffer.from(text).subarray(start - 5, text.length - 5))
      },
    ],
    ['F-47 416', range(416, () => ({ 'content-range': 'bytes */5' }))],
    ['404', range(404, () => ({}))],
  ])('%s: from the start, and the bytes are right', async (_name, answer) => {
    const talk = await wire({ files: { a: turns(serve(strong), answer) } })
    expect(exitOf(await talk.run())).toBe(0)
    expect(await textOf(talk.directory, 'Patient.0001.ndjson')).toBe(text)
  })

  test('F-46 a file that changed meanwhile is fetched from the start', async () => {
    const changed: Respond = (response, request) => serve({ etag: '"v2"', body: other })(response, request, 0)
    const talk = await wire({ files: { a: turns(serve(strong), changed) } })
    expect(exitOf(await talk.run())).toBe(0)
    expect(await textOf(talk.directory, 'Patient.0001.ndjson')).toBe(other)
  })
})
