/** Polling: when servers want to be asked again, and what they do to those who come earlier. */
import type { Clock } from '../../clock.js'
import { editManifest, withHeaders } from '../edit.js'
import { faults } from '../faults.js'
import { outcomeResponse } from '../outcome.js'
import type { Personality } from '../personality.js'
import type { Scenario, ScenarioServer } from '../scenario.js'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

const asking =
  (retryAfter: string, options: ScenarioServer['options'] = {}): (() => ScenarioServer) =>
  () => ({ personality: { retryAfter: () => retryAfter }, options })

/** `Retry-After` as an HTTP-date, by a server whose clock is ahead of the mock's by so much. */
const askingByDate =
  (waitMs: number, aheadMs = 0): (() => ScenarioServer) =>
  () => ({
    personality: {
      rules: ({ clock }) => [
        async (call, next) => {
          const response = await next(call)
          const now = clock.now() + aheadMs
          const date = (at: number): string => new Date(at).toUTCString()
          if (call.phase !== 'status' || response.status !== 202)
            return withHeaders(response, { date: date(now) })
          return withHeaders(response, { date: date(now), 'retry-after': date(now + waitMs) })
        },
      ],
    },
    faults: [
      editManifest('ownClock', {}, (manifest) => {
        const at = Date.parse(String(manifest.transactionTime)) + aheadMs
        manifest.transactionTime = new Date(at).toISOString()
      }),
    ],
    options: { jobMs: 5 * minute },
  })

/** 429 to whoever asks for the status before the time that was named. */
const strict: Personality['rules'] = ({ clock }) => {
  const notBefore = new Map<string, number>()
  return [
    async (call, next) => {
      if (call.phase !== 'status') return next(call)
      const leftMs = (notBefore.get(call.job ?? '') ?? 0) - clock.now()
      if (leftMs > 0)
        return outcomeResponse(429, 'throttled', 'The status was asked for too early', {
          'retry-after': String(Math.ceil(leftMs / second)),
        })
      const response = await next(call)
      const asked = Number(response.headers.get('retry-after') ?? 0)
      notBefore.set(call.job ?? '', clock.now() + asked * second)
      return response
    },
  ]
}

/** 503 for every status request from one time of the mock's life to another. */
const outage =
  (fromMs: number, toMs: number) =>
  ({ clock }: { clock: Clock }): ReturnType<Personality['rules']> => {
    const startedAt = clock.now()
    return [
      async (call, next) => {
        const age = clock.now() - startedAt
        const isOut = call.phase === 'status' && age >= fromMs && age < toMs
        return isOut ? outcomeResponse(503, 'transient', 'The server is down for maintenance') : next(call)
      },
    ]
  }

const stuck = (personality: ScenarioServer['personality']): (() => ScenarioServer) => {
  return () => ({
    personality: { retryAfter: () => undefined, ...personality },
    options: { jobMs: 365 * day },
  })
}

export const waitScenarios: readonly Scenario[] = [
  {
    id: 'P-09',
    priority: 'A',
    server: 'Retry-After of two minutes',
    make: asking('120', { jobMs: 5 * minute }),
  },
  {
    id: 'P-10',
    priority: 'A',
    server: 'Retry-After as an HTTP-date',
    make: askingByDate(2 * minute),
  },
  {
    id: 'P-11',
    priority: 'B',
    server: 'Retry-After as a date in the past',
    make: askingByDate(-hour),
    variants: {
      'a clock one hour fast': askingByDate(2 * minute, hour),
      'a clock one hour slow': askingByDate(2 * minute, -hour),
    },
  },
  { id: 'P-12', priority: 'A', server: 'Retry-After: 0', make: asking('0') },
  {
    id: 'P-13',
    priority: 'B',
    server: 'a Retry-After that is no sensible number',
    make: asking('-5'),
    variants: {
      abc: asking('abc'),
      empty: asking(''),
      '1e9': asking('1e9'),
      'beyond every deadline': asking('99999999999'),
      '12.5': asking('12.5'),
      '120, 120': asking('120, 120'),
    },
  },
  {
    id: 'P-14',
    priority: 'A',
    server: 'Retry-After of five hours for a job of minutes',
    make: asking('18000', { jobMs: 10 * minute }),
    variants: {
      'and 429 to those who come earlier': () => ({
        personality: { retryAfter: () => '18000', rules: strict },
        options: { jobMs: 10 * minute },
      }),
    },
  },
  {
    id: 'P-15',
    priority: 'A',
    server: 'a Retry-After that doubles each time',
    make: () => ({
      personality: { retryAfter: ({ polls }) => String(10 * 2 ** (polls - 1)) },
      options: { jobMs: 100 * second },
    }),
  },
  {
    id: 'P-16',
    priority: 'A',
    server: '429 to a status request that comes before Retry-After has passed',
    make: () => ({
      personality: { retryAfter: () => '7', rules: strict },
      options: { jobMs: minute },
    }),
  },
  {
    id: 'P-17',
    priority: 'A',
    server: '429 with Retry-After at a status request',
    make: () => ({
      faults: [faults.busy({ on: 'status', status: 429, retryAfter: '30', after: 1 })],
      options: { jobMs: minute },
    }),
  },
  {
    id: 'P-25',
    priority: 'B',
    server: '503 for three quarters of an hour',
    make: () => ({ personality: { rules: outage(second, 45 * minute) }, options: { jobMs: minute } }),
  },
  {
    id: 'P-39',
    priority: 'A',
    server: '202 for ever, with the words of a job that has failed',
    make: stuck({
      progress: () => 'Build in progress - Status set to ERRORED at 2026-01-01T00:00:00.000+0000',
    }),
    variants: {
      'without a word': stuck({ progress: () => undefined }),
      'lastUpdated stands still': stuck({
        progress: () => undefined,
        running: { body: () => ({ status: 'active', lastUpdated: '2026-01-01T00:00:00Z' }) },
      }),
      'lastUpdated goes on': stuck({
        progress: () => undefined,
        running: { body: ({ elapsedMs }) => ({ status: 'active', lastUpdated: elapsedMs }) },
      }),
    },
  },
  {
    id: 'P-45',
    priority: 'B',
    server: 'nothing unusual, while the computer of the client sleeps for hours',
    make: () => ({
      personality: { retryAfter: () => '600', rules: strict },
      options: { jobMs: 4 * hour },
    }),
  },
  {
    id: 'P-46',
    priority: 'A',
    server: 'nothing unusual, while the client is killed and comes back',
    make: () => ({}),
  },
]
