/** Kick-offs that servers refuse: busy ones, strict ones, and those that ask who it is. */
import { bytesOf, type Fault, fault, withBody } from '../edit.js'
import { faults } from '../faults.js'
import { always } from '../matcher.js'
import { operationOutcome, outcomeResponse } from '../outcome.js'
import { reference } from '../personality.js'
import type { Scenario, ScenarioServer } from '../scenario.js'

/** Every kick-off is refused in the words of an OperationOutcome. */
const refusing = (
  status: number,
  code: string,
  diagnostics: string,
  retryAfter?: string,
): ScenarioServer => ({
  faults: [
    faults.answer({
      on: 'kick-off',
      times: always,
      status,
      retryAfter,
      contentType: 'application/fhir+json',
      body: JSON.stringify(operationOutcome([{ severity: 'error', code, diagnostics }])),
    }),
  ],
})

/** Two jobs run already; their addresses are joined in one header (AB2D). */
const busyWithTwo = (): Fault =>
  fault('busyWithTwo', { on: 'kick-off' }, async (call, next) => {
    const running = [await next(call), await next(call)]
    const urls = running.map(({ headers }) => headers.get('content-location'))
    const headers = { 'content-location': urls.join(', '), 'retry-after': '300' }
    return outcomeResponse(429, 'throttled', 'You already have active export requests in progress', headers)
  })

/** The two headers are compared as strings (BCDA, DPC, OpenEMR, Microsoft). */
const exactHeaders = (): Fault =>
  fault('exactHeaders', { on: 'kick-off', times: always }, async (call, next) => {
    const { headers } = call.request
    const wrong = Object.entries({ accept: 'application/fhir+json', prefer: 'respond-async' }).find(
      ([name, value]) => headers.get(name) !== value,
    )
    if (wrong === undefined) return next(call)
    return outcomeResponse(400, 'invalid', `The ${wrong[0]} header must be ${wrong[1]}`)
  })

/** One value twice in `_type` is refused (BCDA). */
const noRepeatedType = (): Fault =>
  fault('noRepeatedType', { on: 'kick-off', times: always }, async (call, next) => {
    const types = (new URL(call.request.url).searchParams.get('_type') ?? '').split(',')
    const repeated = types.find((type, index) => types.indexOf(type) !== index)
    return repeated === undefined
      ? next(call)
      : outcomeResponse(400, 'structure', `Repeated resource type ${repeated}`)
  })

const without = (name: string): ScenarioServer => ({
  personality: { parameters: reference.parameters.filter((one) => one !== name) },
})

/** Tokens are given for one type only, whatever was asked for. */
const patientScopeOnly = (): Fault =>
  fault('patientScopeOnly', { on: 'token', times: always }, async (call, next) => {
    const response = await next(call)
    if (response.status !== 200) return response
    const token = JSON.parse((await bytesOf(response)).toString()) as Record<string, unknown>
    return withBody(response, Buffer.from(JSON.stringify({ ...token, scope: 'system/Patient.rs' })))
  })

export const kickOffRefusalScenarios: readonly Scenario[] = [
  {
    id: 'K-14',
    priority: 'A',
    server: '429 with Retry-After: 600, throttled: a job runs (Oracle)',
    make: () => refusing(429, 'throttled', 'Only one export may run at a time', '600'),
  },
  {
    id: 'K-15',
    priority: 'A',
    server: '429 with an empty body and Retry-After: 0 (BCDA)',
    make: () => ({
      faults: [faults.answer({ on: 'kick-off', times: always, status: 429, retryAfter: '0' })],
    }),
  },
  {
    id: 'K-16',
    priority: 'A',
    server: '429 with the addresses of two running jobs in one Content-Location (AB2D)',
    make: () => ({ faults: [busyWithTwo()] }),
  },
  {
    id: 'K-17',
    priority: 'A',
    server: '409: the same request runs already (Soarian)',
    make: () => refusing(409, 'duplicate', 'A request with the same parameters is in progress'),
  },
  {
    id: 'K-18',
    priority: 'A',
    server:
      '400 unless Accept and Prefer are exactly the two that the IG shows (BCDA, DPC, OpenEMR, Microsoft)',
    make: () => ({ faults: [exactHeaders()] }),
  },
  {
    id: 'K-19',
    priority: 'A',
    server: '400 whenever _outputFormat is there (FHIR Works, HAPI)',
    make: () => ({ ...without('_outputFormat') }),
  },
  {
    id: 'K-20',
    priority: 'A',
    server: '400 on a repeated _type, and on a value that comes twice (Oracle, BCDA)',
    make: () => ({ personality: { listParameters: 'comma-only' }, faults: [noRepeatedType()] }),
  },
  {
    id: 'K-21',
    priority: 'A',
    server: '400: _until is not supported (Microsoft)',
    make: () => without('_until'),
    variants: { _elements: () => without('_elements') },
  },
  {
    id: 'K-22',
    priority: 'A',
    server: '422: the _typeFilter is wrong (Oracle)',
    make: () => refusing(422, 'invalid', 'Invalid _typeFilter: Observation has no search parameter "colour"'),
  },
  {
    id: 'K-23',
    priority: 'A',
    server: '406: the group is empty (DPC)',
    make: () => refusing(406, 'business-rule', 'No active attribution found for the given group'),
    variants: {
      'media type': () => refusing(406, 'not-supported', 'Accept must be application/fhir+json'),
    },
  },
  {
    id: 'K-24',
    priority: 'A',
    server: '501: bulk export is disabled (OpenEMR, Soarian)',
    make: () => refusing(501, 'not-supported', 'Operation $export is disabled'),
  },
  {
    id: 'K-25',
    priority: 'A',
    server: '405 to GET (STU4)',
    make: () => ({ personality: { kickOff: { methods: ['post'] } } }),
    variants: { 'to POST': () => ({ personality: { kickOff: { methods: ['get'] } } }) },
  },
  {
    id: 'K-36',
    priority: 'A',
    server: '401 with an empty body (ModMed)',
    make: () => ({ faults: [faults.answer({ on: 'kick-off', times: always, status: 401 })] }),
  },
  {
    id: 'K-37',
    priority: 'A',
    server: '403: insufficient scope',
    make: () => {
      const words = 'insufficient scope: Observation needs system/Observation.rs'
      const { faults: refusal = [] } = refusing(403, 'forbidden', words)
      return { faults: [patientScopeOnly(), ...refusal] }
    },
  },
]
