/** Kick-off (K): late, lost, and odd answers. */
import { expect } from 'vitest'
import type { Row, Seen } from './row.js'

const post = ['export', 'Group/123', '--type', 'Patient,Observation', '--method', 'post'] as const

const oneJob = ({ mock }: Seen): void => expect([...mock.jobs.all()]).toHaveLength(1)

/** Lost, and known to have been sent: nothing is sent again, whatever is run, until the address is known. */
const undecided = {
  exit: 4,
  says: ['a job may be running', 'bulkx resume <status-url> --out ./out', '--again'],
  asks: { 'kick-off': 1, status: 0 },
} as const

export const kickOffTroubleRows: readonly Row[] = [
  {
    id: 'K-26',
    client: 'waits for it',
    exit: 0,
    asks: { 'kick-off': 1 },
    check: ({ asked }) => {
      const [kickOff] = asked('kick-off')
      expect((asked('status')[0]?.at ?? 0) - (kickOff?.at ?? 0)).toBeGreaterThan(120_000)
    },
  },
  {
    id: 'K-27',
    client: 'sends no second one, and explains',
    ...undecided,
    then: [
      { exit: 4, asks: { 'kick-off': 0 } },
      { argv: ['kickoff', 'Group/123', '--type', 'Patient,Observation'], exit: 4, asks: { 'kick-off': 0 } },
      {
        argv: (mock) => {
          const [job] = mock.jobs.all()
          return ['resume', `https://ehr.example/fhir/bulkstatus/${job?.id}`, '--out', 'out']
        },
        exit: 0,
        asks: { 'kick-off': 0 },
      },
    ],
    check: oneJob,
  },
  {
    id: 'K-28',
    client: 'sends no second one, and explains',
    over: 'tcp',
    ...undecided,
    then: [{ exit: 4, asks: { 'kick-off': 0 } }],
    check: oneJob,
  },
  {
    id: 'K-29',
    client: 'tries again, for nothing was started',
    unreachable: ['ECONNREFUSED', 'ENOTFOUND'],
    exit: 0,
    says: ['the connection was refused; next try in 3 s', 'the host name is not known; next try in 7 s'],
    asks: { 'kick-off': 1 },
    check: ({ sleeps }) => expect(sleeps.slice(0, 2)).toEqual([3000, 7000]),
  },
  {
    id: 'K-30',
    client: 'tries again, not before the two seconds are over',
    exit: 0,
    says: ['the server takes no kick-off now: HTTP 503', 'next try in 3 s'],
    asks: { 'kick-off': 2 },
    check: ({ asked }) => {
      const [first = 0, second = 0] = asked('kick-off').map(({ at }) => at)
      expect(second - first).toBeGreaterThanOrEqual(2000)
      expect(second - first).toBeLessThanOrEqual(10_000)
    },
  },
  {
    id: 'K-31',
    client: 'tries three times in ten seconds, then asks whether it is maintenance',
    exit: 9,
    says: ['takes no kick-off now, HTTP 503', 'maintenance?', 'nothing was started'],
    asks: { 'kick-off': 3 },
    then: [{ argv: ['resume'], exit: 9, asks: { 'kick-off': 3 } }],
    check: ({ sleeps }) => expect(sleeps).toEqual([3000, 7000, 3000, 7000]),
  },
  {
    id: 'K-32',
    client: 'downloads what it lists, and has no job to ask after or to delete',
    exit: 0,
    asks: { 'kick-off': 1, status: 0, delete: 0, file: { min: 2 } },
    then: [{ argv: ['resume'], exit: 0, asks: { 'kick-off': 0, file: 0 } }],
  },
  {
    id: 'K-33',
    client: 'says that this is no bulk export, and what came instead',
    exit: 4,
    says: ['not that of a bulk export, but a resource of type Bundle (HTTP 200)', '--server'],
    asks: { 'kick-off': 1, status: 0, other: 0 },
    variants: { empty: { says: ['not that of a bulk export, but an empty answer (HTTP 200)'] } },
  },
  {
    id: 'K-34',
    client: 'says that a page came, and asks whether this is the FHIR base URL',
    exit: 4,
    says: ['a web page, "Sign in" (HTTP 200)', 'is this the FHIR base URL?', '--server'],
    asks: { 'kick-off': 1, status: 0 },
  },
  {
    id: 'K-35',
    client: 'follows a GET without the credential, and a POST not at all',
    exit: 3,
    says: ['redirected to https://elsewhere.example', '--trust-origin https://elsewhere.example'],
    asks: { 'kick-off': 2 },
    variants: {
      'which is open': {
        exit: 0,
        says: [],
        check: ({ requests }) =>
          expect(requests.map(({ elsewhere }) => elsewhere).slice(0, 3)).toEqual([false, true, true]),
      },
      'of a POST': {
        argv: post,
        exit: 4,
        says: [
          'HTTP 302, to https://elsewhere.example/fhir/Group/123/$export',
          'a kick-off by POST is not sent again elsewhere',
          '--server',
        ],
        asks: { 'kick-off': 1 },
      },
      '307 of a POST': {
        argv: post,
        exit: 4,
        says: ['HTTP 307, to https://elsewhere.example/fhir/Group/123/$export', '--server'],
        asks: { 'kick-off': 1 },
      },
      'to plain http': {
        exit: 4,
        says: ['it redirects from https to plain http', '--server'],
        asks: { 'kick-off': 1 },
      },
    },
  },
  {
    id: 'K-38',
    client: 'the preset says before the request what an export without --since leaves out',
    argv: [
      ...['export', 'Group/123', '--type', 'Patient,Observation'],
      ...['--preset', 'greenway', '--auth', 'bearer'],
    ],
    exit: 0,
    says: ['24 hours', '--since'],
    asks: { 'kick-off': 1 },
    check: ({ err, asked }) => {
      expect(err.indexOf('24 hours')).toBeLessThan(err.indexOf('kick-off: GET'))
      expect(asked('kick-off')[0]?.url).not.toContain('_since')
    },
  },
]
