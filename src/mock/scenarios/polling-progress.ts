/** Polling: the many words in which servers say that a job runs. */
import type { Differences } from '../personality.js'
import type { Scenario, ScenarioServer } from '../scenario.js'

const server =
  (personality: Differences): (() => ScenarioServer) =>
  () => ({ personality })

const saying = (progress: string): (() => ScenarioServer) => server({ progress: () => progress })

const each = (texts: readonly string[]): Record<string, () => ScenarioServer> =>
  Object.fromEntries(texts.map((text) => [text, saying(text)]))

/** An answer that has its words in the body. */
const bodySaying = (body: unknown, status = 202): (() => ScenarioServer) =>
  server({ progress: () => undefined, running: { status, body: () => body } })

export const progressScenarios: readonly Scenario[] = [
  {
    id: 'P-01',
    priority: 'A',
    server: '202 with neither headers nor body',
    make: server({ progress: () => undefined, retryAfter: () => undefined }),
  },
  {
    id: 'P-02',
    priority: 'A',
    server: 'a percentage in X-Progress',
    make: saying('45%'),
    variants: each([
      'In Progress (45%)',
      '45% complete',
      '23.0% complete',
      'Running (45% complete)',
      'RUNNING: 50.00%',
      '"50% complete"',
    ]),
  },
  {
    id: 'P-03',
    priority: 'A',
    server: 'an X-Progress that is no percentage',
    make: saying('150'),
    variants: each([
      'Build in progress - Status set to IN_PROGRESS at 2026-01-01T00:00:00.000+0000',
      'found 954 of 1,000 resources',
    ]),
  },
  {
    id: 'P-04',
    priority: 'A',
    server: 'a header Status instead of X-Progress',
    make: server({ progress: () => undefined, running: { headers: () => ({ status: 'In Progress' }) } }),
  },
  {
    id: 'P-05',
    priority: 'A',
    server: '202 with a fraction and a message in the body',
    make: bodySaying({
      status: 'in-progress',
      progress: 0.28,
      message: 'Exporting Observation',
      lastUpdated: '2026-01-01T00:00:00Z',
    }),
  },
  {
    id: 'P-06',
    priority: 'A',
    server: '200 with a status word and batches, and no output',
    make: bodySaying({ status: 'In Progress', batches: { total: 4, complete: 1, failed: 0 } }, 200),
  },
  {
    id: 'P-07',
    priority: 'B',
    server: 'an X-Progress of 10 kB',
    make: saying('x'.repeat(10_000)),
    variants: {
      'escape sequences': bodySaying({ progress: '\u001b[2J\u001b[1;31m50%\u001b]0;title\u0007 done\u202e' }),
      'lines of its own': bodySaying({ progress: '50%\r\nerror: The disk is full\nhint: rm -rf out' }),
    },
  },
  {
    id: 'P-08',
    priority: 'B',
    server: 'a percentage that goes down, from above 100',
    make: server({ progress: ({ polls }) => `${150 - 20 * polls}%` }),
  },
]
