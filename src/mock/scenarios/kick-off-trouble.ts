/** Kick-offs that take their time, get lost, or are answered by something else. */
import { type Fault, fault } from '../edit.js'
import { faults } from '../faults.js'
import { always } from '../matcher.js'
import type { Scenario } from '../scenario.js'

const dayMs = 24 * 3_600_000

/** The job starts, and a gateway in between gives up after a minute. */
const gatewayTimeout = (): Fault =>
  fault('gatewayTimeout', { on: 'kick-off', times: always }, async (call, next) => {
    await next(call)
    await call.clock.sleep(60_000)
    return new Response('<html><body><h1>504 Gateway Time-out</h1></body></html>', {
      status: 504,
      headers: { 'content-type': 'text/html' },
    })
  })

/** The answer to the kick-off is the manifest itself; of jobs that are done when they start. */
const synchronous = (): Fault =>
  fault('synchronous', { on: 'kick-off', times: always }, async (call, next) => {
    const { headers, status } = await next(call)
    if (status !== 202) return next(call)
    const authorization = call.request.headers.get('authorization')
    const request = new Request(headers.get('content-location') ?? '', {
      headers: authorization === null ? {} : { authorization },
    })
    return next({ ...call, request })
  })

const bundle = (more: Record<string, unknown> = {}): Fault =>
  faults.answer({
    on: 'kick-off',
    times: always,
    contentType: 'application/fhir+json',
    body: JSON.stringify({ resourceType: 'Bundle', type: 'searchset', total: 0, ...more }),
  })

/** A search answered as a search: its links are the server's own URLs. */
const searchset = (): Fault =>
  fault('searchset', { on: 'kick-off', times: always }, async ({ request: { url } }) => {
    const body = {
      resourceType: 'Bundle',
      type: 'searchset',
      link: [{ relation: 'self', url: `${url}&_page=1` }],
    }
    return new Response(JSON.stringify(body), { headers: { 'content-type': 'application/fhir+json' } })
  })

export const kickOffTroubleScenarios: readonly Scenario[] = [
  {
    id: 'K-26',
    priority: 'A',
    server: 'the kick-off is answered after two minutes (OpenEMR)',
    make: () => ({ faults: [faults.slow({ on: 'kick-off', seconds: 120 })] }),
  },
  {
    id: 'K-27',
    priority: 'A',
    server: '504 after a minute, and the job has started (Medplum)',
    make: () => ({ faults: [gatewayTimeout()] }),
  },
  {
    id: 'K-28',
    priority: 'B',
    server: 'the connection is reset after the request was sent, and the job has started',
    make: () => ({ faults: [faults.loseKickOffAnswer()] }),
  },
  {
    id: 'K-29',
    priority: 'B',
    server: 'nothing at first: the connection is refused, the name is not known; then 202',
    make: () => ({}),
  },
  {
    id: 'K-30',
    priority: 'B',
    server: '503 with Retry-After: 2, then 202',
    make: () => ({ faults: [faults.busy({ on: 'kick-off', retryAfter: '2' })] }),
  },
  {
    id: 'K-31',
    priority: 'A',
    server: '503 with an empty body, for ever: maintenance (AB2D)',
    make: () => ({ faults: [faults.answer({ on: 'kick-off', times: always, status: 503 })] }),
  },
  {
    id: 'K-32',
    priority: 'A',
    server: '200 with the whole manifest at once (1upHealth, synchronous servers)',
    make: () => ({ faults: [synchronous()], options: { jobMs: 0 } }),
  },
  {
    id: 'K-33',
    priority: 'A',
    server: '200 with a Bundle, the answer of another pattern (Blaze)',
    make: () => ({ faults: [bundle()] }),
    variants: {
      'with links': () => ({ faults: [searchset()] }),
      empty: () => ({ faults: [faults.empty({ on: 'kick-off', times: always })] }),
    },
  },
  {
    id: 'K-34',
    priority: 'B',
    server: '200 with a page to sign in at',
    make: () => ({ faults: [faults.html({ on: 'kick-off', times: always })] }),
  },
  {
    id: 'K-35',
    priority: 'B',
    server: '302 to another host, which wants a credential',
    make: () => ({
      personality: { elsewhere: { credential: 'required' } },
      faults: [faults.redirect({ on: 'kick-off', to: 'elsewhere', status: 302, times: always })],
    }),
    variants: {
      'which is open': () => ({
        faults: [faults.redirect({ on: 'kick-off', to: 'elsewhere', status: 302, times: always })],
      }),
      'of a POST': () => ({
        faults: [faults.redirect({ on: 'kick-off', to: 'elsewhere', status: 302, times: always })],
      }),
      '307 of a POST': () => ({
        faults: [faults.redirect({ on: 'kick-off', to: 'elsewhere', status: 307, times: always })],
      }),
      'to plain http': () => ({
        faults: [faults.redirect({ on: 'kick-off', to: 'downgrade', times: always })],
      }),
    },
  },
  {
    id: 'K-38',
    priority: 'A',
    server: '202, and without _since only what changed in the last 24 hours (Greenway)',
    make: () => ({ personality: { since: { missingMs: dayMs } } }),
  },
]
