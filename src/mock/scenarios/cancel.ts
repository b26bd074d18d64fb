/** Cancelling, cleaning up, and going on. */
import { faults } from '../faults.js'
import { always } from '../matcher.js'
import { operationOutcome } from '../outcome.js'
import type { Differences } from '../personality.js'
import type { Scenario, ScenarioServer } from '../scenario.js'

/** How DELETE and what comes after it are answered. */
const deleting = (row: NonNullable<Differences['delete']>): ScenarioServer => ({
  personality: { delete: row },
})

const afterwards = (status: number) => (): ScenarioServer => deleting({ after: status })

export const cancelScenarios: readonly Scenario[] = [
  {
    id: 'C-01',
    priority: 'A',
    server: 'DELETE is answered by 202',
    make: () => deleting({ running: 202, done: 202 }),
    variants: {
      '200': () => deleting({ running: 200, done: 200 }),
      '200 with an OperationOutcome': () => deleting({ running: 200, done: 200, outcome: true }),
      '204': () => deleting({ running: 204, done: 204 }),
    },
  },
  {
    id: 'C-02',
    priority: 'A',
    server: 'DELETE of a finished job is answered by 404 (HAPI)',
    make: () => deleting({ done: 404 }),
    variants: {
      '410': () => deleting({ done: 410 }),
      '400': () => deleting({ done: 400 }),
      '409': () => deleting({ done: 409 }),
    },
  },
  {
    id: 'C-03',
    priority: 'A',
    server: 'DELETE is answered by 405',
    make: () => deleting({ running: 405, done: 405 }),
    variants: { '501': () => deleting({ running: 501, done: 501 }) },
  },
  {
    id: 'C-04',
    priority: 'A',
    server: 'DELETE is answered by 401: the token has expired',
    make: () => ({ faults: [faults.expireTokens({ on: 'delete' })] }),
  },
  {
    id: 'C-05',
    priority: 'A',
    server: 'a cancelled job is answered by 404',
    make: afterwards(404),
    variants: {
      '410': afterwards(410),
      '500': afterwards(500),
      '200 and text': () => deleting({ after: 200, afterText: 'Job is being canceled' }),
      '202 for ever': () => deleting({ after: 202, afterText: '' }),
    },
  },
  {
    id: 'C-06',
    priority: 'B',
    server: 'DELETE is answered by 500, twice',
    make: () => ({ faults: [faults.busy({ on: 'delete', status: 500, times: 2 })] }),
    variants: {
      'once, 429 with Retry-After: 5': () => ({
        faults: [faults.busy({ on: 'delete', status: 429, retryAfter: '5' })],
      }),
      'once, 503 with Retry-After: 3600': () => ({
        faults: [faults.busy({ on: 'delete', status: 503, retryAfter: '3600' })],
      }),
    },
  },
  {
    id: 'C-07',
    priority: 'A',
    server: 'a file is not there, four times',
    make: () => ({ faults: [faults.answer({ file: 1, status: 404, times: 4 })] }),
    variants: {
      'for ever': () => ({ faults: [faults.answer({ file: 1, status: 404, times: always })] }),
    },
  },
  {
    id: 'C-08',
    priority: 'A',
    server: 'the job fails, and its group stays locked until it is deleted (Epic)',
    make: () => ({
      faults: [
        faults.answer({
          on: 'status',
          times: always,
          status: 500,
          body: JSON.stringify(
            operationOutcome([{ severity: 'error', code: 'exception', diagnostics: 'The export failed' }]),
          ),
        }),
      ],
    }),
  },
  {
    id: 'C-09',
    priority: 'B',
    server: '410 when the client comes back: the job has expired',
    make: () => ({
      faults: [
        faults.answer({
          on: 'status',
          times: always,
          status: 410,
          body: JSON.stringify(
            operationOutcome([{ severity: 'error', code: 'not-found', diagnostics: 'The job has expired' }]),
          ),
        }),
      ],
    }),
  },
  {
    id: 'C-10',
    priority: 'B',
    server: 'nothing unusual, for a client that comes back with another question',
    make: () => ({}),
  },
  {
    id: 'C-11',
    priority: 'B',
    server: 'nothing unusual, for two clients in one directory',
    make: () => ({}),
  },
  {
    id: 'C-12',
    priority: 'B',
    server: 'nothing unusual, for a client that a crash has interrupted',
    make: () => ({}),
  },
  {
    id: 'C-13',
    priority: 'A',
    server: 'DELETE is answered after almost a minute',
    make: () => ({ faults: [faults.slow({ on: 'delete', seconds: 55 })] }),
    variants: {
      'after an hour': () => ({ faults: [faults.slow({ on: 'delete', seconds: 3600, times: always })] }),
    },
  },
]
