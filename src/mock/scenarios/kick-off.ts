/** Kick-off: what servers answer, and fail to answer. */
import { type Fault, fault, withBody, withHeaders } from '../edit.js'
import { always } from '../matcher.js'
import { operationOutcome } from '../outcome.js'
import type { Scenario } from '../scenario.js'
import { onWire } from '../wire.js'
import { kickOffRefusalScenarios } from './kick-off-refusals.js'
import { kickOffTroubleScenarios } from './kick-off-trouble.js'

const warning = operationOutcome([
  {
    severity: 'warning',
    code: 'not-supported',
    diagnostics: 'Unsupported parameter ignored: includeAssociatedData',
  },
])

/** A body beside the address in the header. */
const acceptedWith = (contentType: string, body: string): Fault =>
  fault('acceptedWith', { on: 'kick-off', times: always }, async (call, next) =>
    withBody(await next(call), Buffer.from(body), { 'content-type': contentType }),
  )

/** The status is at the server's second host. */
const elsewhere = (): Fault => ({
  ...fault('elsewhere', { on: 'kick-off', times: always }, async (call, next) => {
    const response = await next(call)
    const url = response.headers.get('content-location') ?? ''
    return withHeaders(response, {
      'content-location': url.replace(/^https?:\/\/[^/]*/i, call.elsewhereOrigin),
    })
  }),
  elsewhere: true,
})

/** Content-Location with two values, the second one of a job that is not there. */
const twice = (join: (first: string, second: string, response: Response) => Response): Fault =>
  fault('twice', { on: 'kick-off', times: always }, async (call, next) => {
    const response = await next(call)
    const url = response.headers.get('content-location') ?? ''
    return join(url, `${url.slice(0, url.lastIndexOf('/'))}/0123456789abcdef`, response)
  })

export const kickOffScenarios: readonly Scenario[] = [
  {
    id: 'K-01',
    priority: 'A',
    server: '202 with Content-Location and an empty body',
    make: () => ({}),
    variants: {
      '200': () => ({ personality: { kickOff: { status: 200 } } }),
      '201 and JSON': () => ({
        personality: { kickOff: { status: 201, body: () => ({ status: 'created' }) } },
      }),
    },
  },
  {
    id: 'K-02',
    priority: 'A',
    server: '202 with an OperationOutcome: an unsupported parameter was ignored',
    make: () => ({ personality: { kickOff: { body: () => warning } } }),
    variants: {
      'a page': () => ({ faults: [acceptedWith('text/html', '<html><body>Accepted</body></html>')] }),
      text: () => ({ faults: [acceptedWith('text/plain', 'Accepted')] }),
    },
  },
  {
    id: 'K-03',
    priority: 'B',
    server: '202 with no address anywhere',
    make: () => ({ personality: { kickOff: { headers: () => ({}) } } }),
    variants: {
      'its own URL': () => ({
        faults: [
          fault('ownUrl', { on: 'kick-off', times: always }, async (call, next) =>
            withHeaders(await next(call), { 'content-location': call.request.url }),
          ),
        ],
      }),
      'an object store': () => ({
        personality: { kickOff: { headers: () => ({ 'content-location': 'gs://bucket/operations/1' }) } },
      }),
    },
  },
  {
    id: 'K-04',
    priority: 'A',
    server: '202 with Location only (Smile CDR)',
    make: () => ({ personality: { kickOff: { headers: (_job, { url }) => ({ location: url }) } } }),
  },
  {
    id: 'K-05',
    priority: 'A',
    server: '202 with the address in the JSON body only (1upHealth)',
    make: () => ({
      personality: {
        kickOff: {
          headers: () => ({}),
          body: (job, { url }) => ({ id: job.id, message: 'Export started', statusUrl: url }),
        },
      },
    }),
    variants: {
      'behind other URLs': () => ({
        personality: {
          kickOff: {
            headers: () => ({}),
            body: (job, { url }) => ({
              help: 'https://docs.vendor.example/export',
              note: `${url.replace(/\/[^/]*$/, '')} lists all jobs`,
              job: { id: job.id, links: [{ rel: 'status', href: url }] },
            }),
          },
        },
      }),
    },
  },
  {
    id: 'K-06',
    priority: 'A',
    server: 'Content-Location is an absolute path (Aidbox)',
    make: () => ({
      personality: {
        paths: { status: '/fhir/$export-status/{job}' },
        kickOff: { headers: (_job, { path }) => ({ 'content-location': path }) },
      },
    }),
  },
  {
    id: 'K-07',
    priority: 'B',
    server: 'Content-Location is relative to the kick-off of a group: $export-poll-status?_jobId=…',
    make: () => ({
      personality: {
        paths: { status: '/fhir/Group/123/$export-poll-status?_jobId={job}' },
        kickOff: { headers: ({ id }) => ({ 'content-location': `$export-poll-status?_jobId=${id}` }) },
      },
    }),
  },
  {
    id: 'K-08',
    priority: 'A',
    server: 'Content-Location is a name of its own kind: projects/p/locations/l/operations/1 (Google)',
    make: () => ({
      personality: {
        kickOff: { headers: () => ({ 'content-location': 'projects/p/locations/l/operations/1' }) },
      },
    }),
  },
  {
    id: 'K-09',
    priority: 'B',
    server: 'Content-Location is on another host, which takes no credential',
    make: () => ({ faults: [elsewhere()] }),
    variants: {
      '401 there': () => ({
        personality: { elsewhere: { credential: 'required' } },
        faults: [elsewhere()],
      }),
      '401 there, trusted': () => ({
        personality: { elsewhere: { credential: 'required' } },
        faults: [elsewhere()],
      }),
    },
  },
  {
    id: 'K-10',
    priority: 'A',
    server: 'Content-Location is plain http where the base is https: TLS ends at a proxy (BCDA)',
    make: () => ({
      personality: {
        kickOff: { headers: (_job, { url }) => ({ 'content-location': url.replace(/^https:/, 'http:') }) },
      },
    }),
  },
  {
    id: 'K-11',
    priority: 'A',
    server: 'Content-Location twice',
    make: () => ({
      faults: [
        twice((first, second, response) =>
          onWire(response, { fault: 'twice', headers: { 'content-location': [first, second] } }),
        ),
      ],
    }),
    variants: {
      'joined by a comma': () => ({
        faults: [
          twice((first, second, response) =>
            withHeaders(response, { 'content-location': `${first}, ${second}` }),
          ),
        ],
      }),
    },
  },
  {
    id: 'K-12',
    priority: 'A',
    server: 'an opaque status URL, ?job=…%3D%3D, which no other bytes will do for (LinuxForHealth)',
    make: () => ({ personality: { paths: { status: '/fhir/$bulkdata-status?job={job}%3D%3D' } } }),
  },
  {
    id: 'K-13',
    priority: 'A',
    server: 'the status URL is outside the FHIR base (Epic, Esus)',
    make: () => ({ personality: { paths: { status: '/api/BulkRequest/{job}' } } }),
  },
  ...kickOffRefusalScenarios,
  ...kickOffTroubleScenarios,
]
