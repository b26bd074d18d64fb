/** Polling (P). */
import { expect } from 'vitest'
import type { Row, Seen, Waived } from './row.js'

const second = 1000
const minute = 60 * second
const hour = 60 * minute

const exported = ['export', 'Group/123', '--type', 'Patient,Observation']

/** When the status was asked for, milliseconds after the first time. */
const looks = ({ asked }: Seen): number[] => {
  const times = asked('status').map(({ at }) => at)
  return times.map((at) => at - (times[0] ?? 0))
}

const statuses = ({ asked }: Seen): (number | undefined)[] => asked('status').map(({ status }) => status)

const times = (text: string, words: string): number => text.split(words).length - 1

const neverEarly = (seen: Seen): void => expect(statuses(seen)).not.toContain(429)

/** The jobs of ten seconds that most rows have: looks at 0.2 s, then a second apart. */
const ownBackoff = { status: { min: 5, max: 12 } }

const progressRows: readonly Row[] = [
  {
    id: 'P-01',
    client: 'waits by its own backoff, and says how long it has been',
    exit: 0,
    says: ['in progress after 0.2 s'],
    saysNot: ['undefined', 'NaN', 'null'],
    asks: ownBackoff,
    check: ({ sleeps }) => expect(sleeps.filter((ms) => ms < 200)).toEqual([]),
  },
  {
    id: 'P-02',
    client: 'says it as it is, without the quotes',
    exit: 0,
    says: [': 45%'],
    variants: {
      'In Progress (45%)': { says: [': In Progress (45%)'] },
      '45% complete': { says: [': 45% complete'] },
      '23.0% complete': { says: [': 23.0% complete'] },
      'Running (45% complete)': { says: [': Running (45% complete)'] },
      'RUNNING: 50.00%': { says: [': RUNNING: 50.00%'] },
      '"50% complete"': { says: [': 50% complete'], saysNot: ['"50%'] },
    },
  },
  {
    id: 'P-03',
    client: 'says it as it is, never as a percentage',
    exit: 0,
    says: [': 150'],
    saysNot: ['%'],
    variants: {
      'Build in progress - Status set to IN_PROGRESS at 2026-01-01T00:00:00.000+0000': {
        says: [': Build in progress - Status set to IN_PROGRESS at 2026-01-01T00:00:00.000+0000'],
      },
      'found 954 of 1,000 resources': { says: [': found 954 of 1,000 resources'] },
    },
  },
  { id: 'P-04', client: 'says it', exit: 0, says: [': In Progress'] },
  { id: 'P-05', client: 'says both', exit: 0, says: [': 28%, Exporting Observation'], saysNot: ['0.28'] },
  {
    id: 'P-06',
    client: 'goes on, for nothing is listed',
    exit: 0,
    says: [': 1/4 batches'],
    asks: { status: { min: 5 } },
  },
  {
    id: 'P-07',
    client: 'cuts it at a hundred characters',
    exit: 0,
    says: [`: ${'x'.repeat(99)}…`],
    saysNot: ['x'.repeat(100)],
    variants: {
      'escape sequences': { says: [': 50% done'], saysNot: ['\u001b', '\u0007', '\u202e', 'title'] },
      'lines of its own': {
        says: [': 50% error: The disk is full hint: rm -rf out'],
        saysNot: ['\nerror:', '\nhint:', '\r'],
      },
    },
    check: async ({ read }) => {
      const journal = await read('.bulkx/journal')
      expect(Math.max(...journal.split('\n').map((line) => line.length))).toBeLessThan(5000)
    },
  },
  { id: 'P-08', client: 'says it, and does not mind', exit: 0, says: [': 130%', ': 30%'] },
]

const stalled = (words: string) => ({
  argv: [...exported, '--deadline', '10h', '--poll-min', '30m'],
  exit: 9,
  says: [words, '`bulkx cancel ./out`', 'the deadline has come'],
})

const stallRow: Row = {
  id: 'P-39',
  client: 'says once that nothing has changed for hours, and gives up at the deadline',
  ...stalled('the server has said the same of its progress for 6 h'),
  asks: { status: { min: 12, max: 25 }, delete: 0 },
  check: ({ err }) => expect(times(err, 'warning: the server has said')).toBe(1),
  then: [
    {
      argv: ['status', '--offline'],
      exit: 9,
      asks: { status: 0 },
      saysNot: ['error:'],
    },
    {
      argv: ['resume', '--deadline', '10h'],
      exit: 9,
      asks: { status: 1, 'kick-off': 0 },
      saysNot: ['has said'],
    },
    {
      argv: ['resume', '--deadline', '12h', '--poll-min', '30m'],
      exit: 9,
      saysNot: ['has said'],
      asks: { 'kick-off': 0 },
    },
  ],
  variants: {
    'without a word': stalled('the server has said nothing of its progress for 6 h'),
    'lastUpdated stands still': stalled('the server has said the same of its progress for 6 h'),
    'lastUpdated goes on': {
      says: ['the deadline has come', '`bulkx cancel ./out`'],
      saysNot: ['the server has said'],
      check: () => {},
    },
  },
}

const waitRows: readonly Row[] = [
  {
    id: 'P-09',
    client: 'waits for two minutes each time',
    exit: 0,
    asks: { status: 4 },
    says: ['next look in 2 min'],
    check: (seen) => expect(looks(seen)).toEqual([0, 2, 4, 6].map((minutes) => minutes * minute)),
  },
  {
    id: 'P-10',
    client: 'waits for the difference to the Date',
    exit: 0,
    asks: { status: 4 },
    check: (seen) => {
      for (const [number, at] of looks(seen).entries()) {
        expect(at).toBeGreaterThanOrEqual(number * 2 * minute)
        expect(at).toBeLessThanOrEqual(number * (2 * minute + second))
      }
    },
  },
  {
    id: 'P-11',
    client: 'waits by its own backoff',
    exit: 0,
    asks: { status: { min: 20, max: 60 } },
    check: ({ sleeps }) => expect(Math.min(...sleeps)).toBeGreaterThanOrEqual(200),
    variants: Object.fromEntries(
      ['a clock one hour fast', 'a clock one hour slow'].map((name) => [
        name,
        {
          client: 'measures by the clock of the server',
          asks: { status: 4 },
          check: ({ sleeps }: Seen) => expect(Math.max(...sleeps)).toBeLessThan(2 * minute + second),
        },
      ]),
    ),
  },
  {
    id: 'P-12',
    client: 'waits by its own backoff, and does not turn in a circle',
    exit: 0,
    asks: ownBackoff,
    check: ({ sleeps }) => expect(Math.min(...sleeps)).toBeGreaterThanOrEqual(200),
  },
  {
    id: 'P-13',
    client: 'waits by its own backoff, or for the number that is there',
    exit: 0,
    asks: ownBackoff,
    check: ({ sleeps }) => {
      expect(Math.min(...sleeps)).toBeGreaterThanOrEqual(200)
      expect(Math.max(...sleeps)).toBeLessThanOrEqual(2 * second)
    },
    variants: {
      '12.5': { asks: { status: 2 }, check: (seen) => expect(looks(seen)).toEqual([0, 12_500]) },
      '120, 120': { asks: { status: 2 }, check: (seen) => expect(looks(seen)).toEqual([0, 2 * minute]) },
    },
  },
  {
    id: 'P-14',
    client: 'shortens the wait when it is told to, and says so',
    argv: [...exported, '--retry-after-max', '15m'],
    exit: 0,
    says: ['warning: the server asks to wait 5 h; `--retry-after-max` makes it 15 min'],
    check: (seen) => expect(looks(seen)).toEqual([0, 15 * minute]),
    variants: {
      'and 429 to those who come earlier': {
        check: (seen) => {
          expect(statuses(seen)).toEqual([202, 429, 200])
          expect(looks(seen)[2]).toBeGreaterThanOrEqual(5 * hour)
        },
      },
    },
  },
  {
    id: 'P-15',
    client: 'waits for what was said last',
    exit: 0,
    check: (seen) => expect(looks(seen)).toEqual([0, 10, 30, 70, 150].map((seconds) => seconds * second)),
  },
  {
    id: 'P-16',
    client: 'never comes too early',
    exit: 0,
    asks: { status: { min: 9, max: 10 } },
    check: neverEarly,
  },
  {
    id: 'P-17',
    client: 'waits as long as it is told, and goes on with the job',
    exit: 0,
    asks: { 'kick-off': 1 },
    says: ['warning: the server cannot answer now: HTTP 429', 'next try in 30 s', 'the server answers again'],
    check: (seen) => {
      const at = statuses(seen).indexOf(429)
      expect((looks(seen)[at + 1] ?? 0) - (looks(seen)[at] ?? 0)).toBeGreaterThanOrEqual(30 * second)
    },
  },
  {
    id: 'P-25',
    client: 'gives up after half an hour, and goes on when it is told to',
    exit: 9,
    says: ['has not answered properly for too long: HTTP 503', '`bulkx resume ./out`', '--patience'],
    asks: { 'kick-off': 1, status: { min: 8, max: 25 }, delete: 0 },
    check: (seen) => expect(statuses(seen).at(-1)).toBe(200),
    then: [
      { argv: ['resume'], exit: 9, asks: { 'kick-off': 0, status: 1 }, says: ['for too long'] },
      { argv: ['resume'], laterMs: 20 * minute, exit: 0, asks: { 'kick-off': 0, status: 1 } },
    ],
  },
  stallRow,
  {
    id: 'P-45',
    client: 'asks once when it wakes, with a new token',
    identity: 'client',
    exit: 0,
    sleepsAt: { text: 'in progress', ms: 3 * hour },
    asks: { 'kick-off': 1, token: { min: 2 } },
    check: (seen) => {
      neverEarly(seen)
      const [first = 0, woken = 0, next = 0] = looks(seen)
      expect(woken - first).toBeGreaterThanOrEqual(3 * hour)
      expect(woken - first).toBeLessThan(3 * hour + 10 * minute)
      expect(next - woken).toBeGreaterThanOrEqual(10 * minute)
      expect(statuses(seen)).not.toContain(401)
    },
  },
  {
    id: 'P-46',
    client: 'goes on with the same job',
    exit: 130,
    interruptAt: 'in progress',
    says: ['the job goes on at the server', '`bulkx resume ./out`', '`bulkx cancel ./out`'],
    asks: { 'kick-off': 1, delete: 0 },
    then: [
      { argv: ['resume'], interruptAt: 'in progress', exit: 130, asks: { 'kick-off': 0 } },
      { argv: ['resume'], exit: 0, says: ['resumed'], asks: { 'kick-off': 0, delete: 1 } },
    ],
  },
]

/** The hint of a job that is over. */
const over = 'start a new export with --again'

const errorRows: readonly Row[] = [
  {
    id: 'P-18',
    client: 'gets a new token, and asks for the same again',
    identity: 'client',
    exit: 0,
    asks: { 'kick-off': 1, token: 2 },
    check: (seen) => {
      const refused = statuses(seen).indexOf(401)
      const [before, after] = seen.asked('status').slice(refused)
      expect(statuses(seen).filter((status) => status === 401)).toHaveLength(1)
      expect(after?.url).toBe(before?.url)
      expect(after?.at).toBe(before?.at)
      expect(after?.headers.authorization).not.toBe(before?.headers.authorization)
    },
    variants: {
      'tokens of five minutes': {
        asks: { 'kick-off': 1, token: { min: 6, max: 12 } },
        check: (seen) => expect(statuses(seen)).not.toContain(401),
      },
    },
  },
  {
    id: 'P-19',
    client: 'gets a new token, and asks for the same again, once',
    identity: 'client',
    exit: 0,
    asks: { 'kick-off': 1, token: 2 },
    check: (seen) => expect(statuses(seen).filter((status) => status === 403)).toHaveLength(1),
    variants: {
      'for ever': {
        exit: 3,
        says: ['HTTP 403', '`bulkx doctor', '`bulkx resume ./out`'],
        check: (seen) => expect(statuses(seen)).toEqual([202, 202, 403, 403]),
      },
    },
  },
  {
    id: 'P-20',
    client: 'stops, and goes on when it is told to',
    identity: 'client',
    exit: 3,
    says: ['HTTP 401', '`bulkx doctor', '`bulkx resume ./out`'],
    asks: { 'kick-off': 1, token: 2 },
    check: (seen) => expect(statuses(seen).slice(0, 4)).toEqual([202, 202, 401, 401]),
    then: [{ argv: ['resume'], exit: 0, asks: { 'kick-off': 0 } }],
  },
  {
    id: 'P-21',
    client: 'backs off and goes on',
    exit: 0,
    says: ['the server cannot answer now: HTTP 500: The store is busy', 'the server answers again'],
    asks: { 'kick-off': 1 },
    check: (seen) => expect(statuses(seen).slice(0, 4)).toEqual([202, 500, 500, 202]),
  },
  {
    id: 'P-22',
    client: 'looks again before it believes it',
    exit: 0,
    says: ['Error trying to fetch job. Please try again.', 'before it is believed'],
    asks: { 'kick-off': 1 },
    check: (seen) => expect(statuses(seen).slice(0, 3)).toEqual([202, 500, 200]),
  },
  {
    id: 'P-23',
    client: 'believes it after three more looks, and says what the server says',
    exit: 5,
    says: ['error: The export failed on the server, HTTP 500: The id file is missing', over],
    asks: { status: 5, delete: 0 },
    check: (seen) => expect(looks(seen).at(-1)).toBeGreaterThanOrEqual(minute),
    then: [
      { argv: ['resume'], exit: 5, says: ['The id file is missing', over], asks: { status: 0 } },
      { argv: ['status'], exit: 5, says: ['The id file is missing'], asks: { status: 0 } },
    ],
  },
  {
    id: 'P-24',
    client: 'backs off and goes on',
    exit: 0,
    asks: { 'kick-off': 1 },
    saysNot: ['<html', '<h1'],
    check: (seen) => expect(statuses(seen).slice(0, 4)).toEqual([503, 502, 504, 202]),
  },
  {
    id: 'P-26',
    client: 'backs off and goes on',
    over: 'tcp',
    exit: 0,
    says: ['the connection was reset', 'the server answers again'],
    asks: { 'kick-off': 1, status: { min: 4 } },
    variants: {
      'the network is gone for a while': {
        over: 'process',
        unreachable: ['', '', 'ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'CERT_HAS_EXPIRED'],
        says: ['the host name is not known', 'the server answers again'],
      },
    },
  },
  {
    id: 'P-27',
    client: 'ends the request, and asks again',
    exit: 0,
    says: ['no answer came in time', 'the server answers again'],
    asks: { 'kick-off': 1 },
    variants: {
      'an answer that drips for a quarter of an hour': {
        says: ['the answer drips too slowly'],
        asks: { 'kick-off': 1, status: 2 },
        check: (seen) => {
          expect(looks(seen)[1]).toBeGreaterThanOrEqual(5 * minute)
          expect(looks(seen)[1]).toBeLessThan(6 * minute)
        },
      },
    },
  },
  {
    id: 'P-28',
    client: 'asks once more before it believes it',
    exit: 0,
    asks: { 'kick-off': 1 },
    check: (seen) => expect(statuses(seen).slice(0, 2)).toEqual([404, 200]),
  },
  {
    id: 'P-29',
    client: 'says that it is gone, with both readings',
    exit: 6,
    says: ['HTTP 404', 'has expired or was cancelled: The job was deleted', over],
    asks: { status: { max: 3 }, delete: 0 },
    then: [{ argv: ['resume'], exit: 6, says: ['The job was deleted', over], asks: { status: 0 } }],
  },
  {
    id: 'P-30',
    client: 'says that it is gone, in the words of the server',
    exit: 6,
    says: ['has expired or was cancelled: Could not find job', over],
    asks: { status: { max: 3 }, delete: 0 },
  },
  {
    id: 'P-31',
    client: 'says that it is gone',
    exit: 6,
    says: ['HTTP 410', 'has expired or was cancelled: The files have expired', over],
    asks: { status: { max: 3 }, delete: 0 },
    variants: { 'without a body': { says: ['HTTP 410', 'has expired or was cancelled\n', over] } },
  },
]

const endRows: readonly Row[] = [
  {
    id: 'P-32',
    client: 'asks three times more, then says so',
    exit: 5,
    says: ['error: The server finished the job without a report', over],
    asks: { status: 5, delete: 0 },
    variants: { once: { exit: 0, says: ['without a report'], asks: { 'kick-off': 1 } } },
  },
  {
    id: 'P-33',
    client: 'says that it was cancelled',
    exit: 6,
    says: ['The job was cancelled on the server', over],
    asks: { status: { max: 3 }, delete: 0 },
  },
  {
    id: 'P-34',
    client: 'says that somebody has to sign in',
    exit: 3,
    says: ['a web page, "Sign in"', '`bulkx doctor'],
    saysNot: ['<h1'],
  },
  {
    id: 'P-35',
    client: 'asks for the whole of it',
    exit: 0,
    asks: { 'kick-off': 1 },
    says: ['The manifest is broken JSON', 'before it is believed'],
    variants: {
      'and a reset': { over: 'tcp', says: ['the connection was'] },
      'and the end of the connection': { over: 'tcp', says: ['the connection was closed'] },
    },
  },
  {
    id: 'P-36',
    client: 'says that this is no manifest',
    exit: 5,
    says: ['not a bulk data manifest', over],
    asks: { file: 0, delete: 0 },
  },
  {
    id: 'P-37',
    client: 'says that the job has failed, in the words of the server',
    exit: 5,
    says: ['The export failed on the server: The export ran out of memory', over],
  },
  {
    id: 'P-38',
    client: 'says that the job has failed, in the words of the server',
    exit: 5,
    says: ['The export failed on the server: The query failed', over],
  },
  { id: 'P-40', client: 'goes on', exit: 0, asks: { 'kick-off': 1, status: { min: 5 } } },
  {
    id: 'P-41',
    client: 'says that the job has failed, after three more looks',
    exit: 5,
    says: ['The export failed on the server, HTTP 500: The export failed halfway', over],
    asks: { status: 5, file: 0 },
  },
  {
    id: 'P-42',
    client: 'fetches what is listed, keeps it, and says that the job has failed',
    exit: 5,
    says: ['The second half could not be read', 'what is whole is in ./out'],
    tree: ['Patient.0001.ndjson'],
    asks: { file: 1, delete: 0 },
    then: [{ argv: ['resume'], exit: 5, asks: { status: 0, file: 0 }, tree: ['Patient.0001.ndjson'] }],
  },
  {
    id: 'P-43',
    client: 'asks with application/fhir+json, and remembers it',
    exit: 0,
    asks: { 'kick-off': 1 },
    check: (seen) => expect(statuses(seen).filter((status) => status === 406)).toHaveLength(1),
  },
  {
    id: 'P-44',
    client: 'follows it without the token',
    exit: 0,
    check: ({ asked }) => {
      const [own, other] = asked('status')
      expect(own).toMatchObject({ elsewhere: false, headers: { authorization: expect.any(String) } })
      expect(other).toMatchObject({ elsewhere: true, headers: { accept: 'application/json' } })
      expect(other?.headers.authorization).toBeUndefined()
    },
  },
]

export const pollingRows: readonly (Row | Waived)[] = [...progressRows, ...waitRows, ...errorRows, ...endRows]
