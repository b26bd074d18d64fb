/** Files, as far as their first byte: redirects, links that end, tokens, files that are not to be had. */
import { bytesOf, type Fault, fault, withHeaders } from '../edit.js'
import { faults } from '../faults.js'
import type { Call } from '../handler.js'
import { always } from '../matcher.js'
import { outcomeResponse } from '../outcome.js'
import type { Scenario } from '../scenario.js'

const xml = '<?xml version="1.0" encoding="UTF-8"?>\n'

/** Sends requests for the first file on to where `location` says; undefined: they are answered. */
const leading = (location: (call: Call) => string | undefined): Fault =>
  fault('leading', { on: 'file', file: 1, times: always }, async (call, next) => {
    const to = location(call)
    if (to === undefined) return next(call)
    return new Response(null, { status: 307, headers: { location: to, 'content-length': '0' } })
  })

/** So many hops, counted in the query. */
const hops = (number: number): Fault =>
  leading(({ request: { url } }) => {
    const [path = '', query = ''] = url.split('?hop=')
    return Number(query) < number
      ? `${path.slice(path.lastIndexOf('/') + 1)}?hop=${Number(query) + 1}`
      : undefined
  })

/** Leads the first request to the same file by other words. */
const once = (words: (path: string) => string): Fault => {
  let led = false
  return leading(({ request: { url } }) => {
    if (led) return undefined
    led = true
    return words(url.replace(/^https?:\/\/[^/]*/, ''))
  })
}

/** As storage answers a link whose time is over, so many times. */
const expiredThere = (times: number): Fault => {
  const { name, around } = fault('expiredThere', { on: 'file', file: 1, times }, async () => {
    const body = `${xml}<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>`
    return new Response(body, { status: 403, headers: { 'content-type': 'application/xml' } })
  })
  return { name, around: (call, next) => (call.elsewhere ? around(call, next) : next(call)) }
}

/** AB2D: a file may be asked for six times, and HEAD counts. */
const sixDownloads = (): Fault => {
  const asked = new Map<number, number>()
  return fault('sixDownloads', { on: 'file', times: always }, async (call, next) => {
    const number = call.file?.number ?? 0
    const times = (asked.get(number) ?? 0) + 1
    asked.set(number, times)
    return times > 6 ? outcomeResponse(500, 'exception', 'The file limit was reached') : next(call)
  })
}

const oneInTen = (): Fault => {
  let asked = 0
  return fault('oneInTen', { on: 'file', times: always }, async (call, next) => {
    asked += 1
    if (asked % 10 !== 0) return next(call)
    return new Response('<html><body><h1>502 Bad Gateway</h1></body></html>', {
      status: 502,
      headers: { 'content-type': 'text/html' },
    })
  })
}

/** HEAD tells another length than GET sends. */
const otherHead = (): Fault =>
  fault('otherHead', { on: 'file', times: always }, async (call, next) => {
    const response = await next(call)
    if (call.request.method !== 'HEAD') return response
    await bytesOf(response)
    return withHeaders(response, { 'content-length': '17' })
  })

const behindRedirect = { files: { held: 'behind-redirect' }, elsewhere: { used: true } } as const

const gone = (status: number): Fault[] => [
  faults.answer({
    on: 'file',
    file: 1,
    times: always,
    status,
    contentType: 'text/plain',
    body: status === 410 ? 'Gone' : 'Resource Binary/1 is not known',
  }),
]

export const fileAccessScenarios: readonly Scenario[] = [
  {
    id: 'F-01',
    priority: 'A',
    server: '307 to storage on another origin, which fails when it sees Authorization',
    make: () => ({ personality: behindRedirect }),
  },
  {
    id: 'F-02',
    priority: 'A',
    server: '307 to a relative Location',
    make: () => ({ faults: [faults.redirect({ to: 'relative', file: 1 })] }),
    variants: {
      'a path': () => ({ faults: [once((path) => `${path}?again`)] }),
      'with dots': () => ({
        faults: [once((path) => `../../bulkfiles/${path.split('/').slice(-2).join('/')}`)],
      }),
      'a query alone': () => ({ faults: [once(() => '?again')] }),
    },
  },
  {
    id: 'F-03',
    priority: 'C',
    server: 'redirects without end, too many of them, or to plain http',
    make: () => ({ faults: [faults.redirect({ to: 'loop', file: 1 })] }),
    variants: {
      'five hops': () => ({ faults: [hops(5)] }),
      'six hops': () => ({ faults: [hops(6)] }),
      'https to http': () => ({ faults: [faults.redirect({ to: 'downgrade', file: 1, times: always })] }),
    },
  },
  {
    id: 'F-04',
    priority: 'A',
    server: '307 to a signed URL that has expired by the time it is asked for: 403 in XML',
    make: () => ({ personality: behindRedirect, faults: [expiredThere(1)] }),
  },
  {
    id: 'F-05',
    priority: 'A',
    server: 'the signed URLs of the manifest have expired; reading it again gives new ones',
    make: () => ({ faults: [faults.expireUrls({ requests: 1 })] }),
    variants: {
      'other URLs each time': () => ({ faults: [faults.changeUrls(), faults.expireUrls({ requests: 1 })] }),
    },
  },
  {
    id: 'F-06',
    priority: 'A',
    server: 'a signed URL has expired, and the manifest has no other one',
    make: () => ({ faults: [faults.expireUrls({ requests: 1, renewals: 0 })] }),
    variants: { 410: () => ({ faults: gone(410) }) },
  },
  {
    id: 'F-07',
    priority: 'A',
    server: 'the token ends between two files: 401',
    make: () => ({
      options: { pageSize: 2 },
      // Slow enough for others to be on their way meanwhile, and to be refused as well.
      faults: [
        faults.slow({ on: ['file', 'token'], seconds: 1, times: always }),
        faults.expireTokens({ on: 'file' }),
      ],
    }),
  },
  {
    id: 'F-08',
    priority: 'B',
    server: 'the body of a file is cut when the token ends',
    make: () => ({
      options: { data: { patients: 1500 } },
      faults: [
        faults.expireTokens({ on: 'file', file: 1, after: 1 }),
        faults.cut({ file: 1, keepBytes: 600_000 }),
      ],
    }),
  },
  {
    id: 'F-09',
    priority: 'A',
    server: '404 once, then the file',
    make: () => ({
      faults: [
        faults.answer({
          on: 'file',
          file: 1,
          status: 404,
          contentType: 'text/plain',
          body: 'open /data: no such file or directory',
        }),
      ],
    }),
  },
  {
    id: 'F-10',
    priority: 'A',
    server: '404 for ever for a file of a job that is complete',
    make: () => ({ faults: gone(404) }),
  },
  {
    id: 'F-11',
    priority: 'A',
    server: '500 with an OperationOutcome for the seventh download of a file, HEAD included',
    make: () => ({ faults: [sixDownloads()] }),
  },
  {
    id: 'F-12',
    priority: 'A',
    server: '429 with Retry-After for a host with very many files',
    make: () => ({
      options: { pageSize: 2 },
      faults: [faults.busy({ on: 'file', status: 429, retryAfter: '30', after: 3, times: 3 })],
    }),
  },
  {
    id: 'F-13',
    priority: 'A',
    server: '502 for one request in ten',
    make: () => ({ options: { pageSize: 2 }, faults: [oneInTen()] }),
  },
  {
    id: 'F-24',
    priority: 'A',
    server: 'Content-Length of the compressed size, and HEAD that differs from GET',
    make: () => ({ faults: [otherHead(), faults.coding({ name: 'gzip' })] }),
    variants: { 'no Content-Length': () => ({ personality: { files: { gzip: true } } }) },
  },
]
