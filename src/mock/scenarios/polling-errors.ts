/** Polling: errors at the status, some of which pass. */
import { faults } from '../faults.js'
import { always } from '../matcher.js'
import type { Scenario } from '../scenario.js'

const minute = 60_000

interface Refusal {
  status: number
  code: string
  diagnostics: string
  times?: number
  after?: number
}

/** An OperationOutcome at the status; by default once, and not at the first look. */
const outcome = ({ status, code, diagnostics, times = 1, after = 1 }: Refusal) =>
  faults.answer({
    status,
    times,
    after,
    contentType: 'application/fhir+json',
    body: JSON.stringify({
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'error', code, diagnostics }],
    }),
  })

export const statusErrorScenarios: readonly Scenario[] = [
  {
    id: 'P-18',
    priority: 'A',
    server: '401 at a status request: the token has expired',
    make: () => ({ faults: [faults.expireTokens({ after: 2 })] }),
    variants: {
      'tokens of five minutes': () => ({ options: { tokenLifetimeMs: 5 * minute, jobMs: 30 * minute } }),
    },
  },
  {
    id: 'P-19',
    priority: 'A',
    server: '403 with an empty body: the token has expired',
    make: () => ({
      personality: { access: { invalid: { status: 403, empty: true } } },
      faults: [faults.expireTokens({ after: 2 })],
    }),
    variants: {
      'for ever': () => ({ faults: [faults.answer({ status: 403, after: 2, times: always })] }),
    },
  },
  {
    id: 'P-20',
    priority: 'B',
    server: '401 to the new token, too',
    make: () => ({ faults: [faults.answer({ status: 401, after: 2, times: 2 })] }),
  },
  {
    id: 'P-21',
    priority: 'A',
    server: '500 with the issue code transient, twice',
    make: () => ({
      faults: [outcome({ status: 500, code: 'transient', diagnostics: 'The store is busy', times: 2 })],
    }),
  },
  {
    id: 'P-22',
    priority: 'A',
    server: '500 with the issue code exception, once',
    make: () => ({
      faults: [
        outcome({
          status: 500,
          code: 'exception',
          diagnostics: 'Error trying to fetch job. Please try again.',
        }),
      ],
    }),
  },
  {
    id: 'P-23',
    priority: 'A',
    server: '500 with an OperationOutcome, for ever',
    make: () => ({
      faults: [
        outcome({
          status: 500,
          code: 'exception',
          diagnostics: 'The id file is missing',
          times: always,
        }),
      ],
    }),
  },
  {
    id: 'P-24',
    priority: 'A',
    server: '503, 502 and 504 from proxies',
    make: () => ({
      faults: [faults.html({ status: 503 }), faults.html({ status: 502 }), faults.html({ status: 504 })],
    }),
  },
  {
    id: 'P-26',
    priority: 'B',
    server: 'the connection is reset instead of an answer, twice',
    make: () => ({ faults: [faults.reset({ after: 1, times: 2 })] }),
    variants: { 'the network is gone for a while': () => ({ options: { jobMs: minute } }) },
  },
  {
    id: 'P-27',
    priority: 'B',
    server: 'no byte of an answer for a minute',
    make: () => ({
      faults: [faults.slow({ on: 'status', after: 1, seconds: 61 })],
      options: { jobMs: 5 * minute },
    }),
    variants: {
      'an answer that drips for a quarter of an hour': () => ({
        faults: [faults.slow({ on: 'status', bytesPerSecond: 1 })],
        options: { jobMs: 0 },
      }),
    },
  },
  {
    id: 'P-28',
    priority: 'A',
    server: '404 once, right after the kick-off',
    make: () => ({ faults: [faults.answer({ status: 404 })] }),
  },
  {
    id: 'P-29',
    priority: 'A',
    server: '404 with the issue code deleted',
    make: () => ({
      faults: [outcome({ status: 404, code: 'deleted', diagnostics: 'The job was deleted', times: always })],
    }),
  },
  {
    id: 'P-30',
    priority: 'A',
    server: '404 with plain text',
    make: () => ({
      faults: [
        faults.answer({
          status: 404,
          after: 1,
          times: always,
          contentType: 'text/plain',
          body: 'Could not find job',
        }),
      ],
    }),
  },
  {
    id: 'P-31',
    priority: 'A',
    server: '410 with an OperationOutcome',
    make: () => ({
      faults: [
        outcome({ status: 410, code: 'not-found', diagnostics: 'The files have expired', times: always }),
      ],
    }),
    variants: {
      'without a body': () => ({ faults: [faults.answer({ status: 410, after: 1, times: always })] }),
    },
  },
]
