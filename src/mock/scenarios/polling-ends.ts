/** Polling: answers that end a job, or only look as if they did. */
import { bytesOf, type Fault, fault, withBody } from '../edit.js'
import { faults } from '../faults.js'
import { always } from '../matcher.js'
import { jsonResponse, outcomeResponse } from '../outcome.js'
import type { ManifestJson } from '../personality.js'
import type { Scenario, ScenarioServer } from '../scenario.js'
import { onWire } from '../wire.js'

const outcome = (code: string, diagnostics: string): unknown => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code, diagnostics }],
})

/** 200 with this JSON, from the second look on. */
const ending =
  (json: unknown, headers: Record<string, string> = {}): (() => ScenarioServer) =>
  () => ({
    faults: [
      faults.answer({
        after: 1,
        times: always,
        contentType: 'application/json',
        headers,
        body: JSON.stringify(json),
      }),
    ],
  })

/** What becomes of the first so many complete manifests, and of the job thereafter. */
const onManifests = (
  name: string,
  change: (response: Response, number: number) => Response | Promise<Response>,
): Fault => {
  let number = 0
  return {
    name,
    around: async (call, next) => {
      const response = await next(call)
      if (call.phase !== 'status' || response.status !== 200) return response
      number += 1
      return change(response, number)
    },
  }
}

const torn = (tear: (response: Response) => Response | Promise<Response>): (() => ScenarioServer) => {
  return () => ({
    faults: [onManifests('torn', (response, number) => (number === 1 ? tear(response) : response))],
  })
}

/** The first file is listed while the job still runs; then it fails. */
const failingHalfway = (): Fault =>
  onManifests('failingHalfway', async (response, number) => {
    if (number > 2) return outcomeResponse(500, 'exception', 'The second half could not be read')
    const manifest = (await response.json()) as ManifestJson
    const output = Array.isArray(manifest.output) ? manifest.output.slice(0, 1) : []
    return jsonResponse(202, { ...manifest, output }, { 'retry-after': '1' })
  })

/** `application/json` is not acceptable at the status. */
const fhirJsonOnly = (): Fault =>
  fault('fhirJsonOnly', { on: 'status', times: always }, async (call, next) =>
    call.request.headers.get('accept')?.includes('application/fhir+json')
      ? next(call)
      : outcomeResponse(406, 'not-supported', 'Accept must be application/fhir+json'),
  )

const elsewhere = (status: number): ScenarioServer => ({
  faults: [faults.redirect({ on: 'status', to: 'elsewhere', status, times: always })],
})

export const endScenarios: readonly Scenario[] = [
  {
    id: 'P-32',
    priority: 'A',
    server: '200 with an empty body',
    make: () => ({ faults: [faults.empty({ after: 1, times: always })] }),
    variants: { once: () => ({ faults: [faults.empty({ after: 1 })] }) },
  },
  {
    id: 'P-33',
    priority: 'A',
    server: '200 with the text that the job was cancelled',
    make: () => ({
      faults: [
        faults.answer({
          after: 1,
          times: always,
          contentType: 'text/plain',
          body: 'Export job has been canceled',
        }),
      ],
    }),
  },
  {
    id: 'P-34',
    priority: 'B',
    server: '200 with a page to sign in at',
    make: () => ({ faults: [faults.html({ after: 1, times: always })] }),
  },
  {
    id: 'P-35',
    priority: 'A',
    server: '200 with half of the manifest',
    make: torn(async (response) => {
      const body = await bytesOf(response)
      return withBody(response, body.subarray(0, body.length >> 1))
    }),
    variants: {
      'and a reset': torn((response) => onWire(response, { fault: 'torn', stopAt: 200, stopBy: 'reset' })),
      'and the end of the connection': torn((response) =>
        onWire(response, { fault: 'torn', stopAt: 200, stopBy: 'close' }),
      ),
    },
  },
  {
    id: 'P-36',
    priority: 'B',
    server: '200 with JSON that is no object',
    make: ending([]),
    variants: { 'a text': ending('done'), 'a number': ending(5), null: ending(null) },
  },
  {
    id: 'P-37',
    priority: 'B',
    server: '200 with an OperationOutcome of severity error',
    make: ending(outcome('exception', 'The export ran out of memory')),
  },
  {
    id: 'P-38',
    priority: 'A',
    server: '200 with a batch-response that has a 500 inside',
    make: ending({
      resourceType: 'Bundle',
      type: 'batch-response',
      entry: [{ response: { status: '500', outcome: outcome('exception', 'The query failed') } }],
    }),
  },
  {
    id: 'P-40',
    priority: 'B',
    server: '200 with X-Export-Status: 202',
    make: () => ({
      personality: { running: { status: 200, headers: () => ({ 'x-export-status': '202 Accepted' }) } },
    }),
  },
  {
    id: 'P-41',
    priority: 'B',
    server: '200 with X-Export-Status: 500 and an OperationOutcome',
    make: ending(outcome('exception', 'The export failed halfway'), {
      'x-export-status': '500 Internal Server Error',
    }),
  },
  {
    id: 'P-42',
    priority: 'B',
    server: '202 with a part of the manifest, then 500',
    make: () => ({ faults: [failingHalfway()] }),
  },
  {
    id: 'P-43',
    priority: 'A',
    server: '406 to plain JSON',
    make: () => ({ faults: [fhirJsonOnly()] }),
  },
  {
    id: 'P-44',
    priority: 'B',
    server: '303 from the status URL to another host',
    make: () => elsewhere(303),
    variants: { '307': () => elsewhere(307) },
  },
]
