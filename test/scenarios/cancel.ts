/** Cancelling, cleaning up, going on (C). */
import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Row, Waived } from './row.js'

const kickoff = ['kickoff', 'Group/123', '--type', 'Patient,Observation'] as const

const journalOf = (directory: string): string => join(directory, '.bulkx', 'journal')

/** A crash in the middle of a line. */
const tearLastLine = async (directory: string): Promise<void> => {
  const path = journalOf(directory)
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.slice(0, -20))
}

export const cancelRows: readonly (Row | Waived)[] = [
  {
    id: 'C-01',
    client: 'takes it for done, at the end of a run as well as for cancel',
    exit: 0,
    says: ['cleaned up: the job is deleted on the server'],
    saysNot: ['warning'],
    asks: { delete: 1 },
    then: [{ argv: ['cancel'], exit: 0, says: ['its job is deleted already'], asks: { delete: 0 } }],
  },
  {
    id: 'C-02',
    client: 'says so in a note, and ends as well as without it',
    exit: 0,
    says: ['cleaned up: the job is gone on the server'],
    saysNot: ['warning'],
    asks: { delete: 1 },
    then: [{ argv: ['resume'], exit: 0, asks: { delete: 0 } }],
    variants: {
      '400': { says: ['the server did not delete the job: HTTP 400'] },
      '409': { says: ['the server did not delete the job: HTTP 409'] },
    },
  },
  {
    id: 'C-03',
    client: 'says so in a note',
    exit: 0,
    says: ['the server did not delete the job: HTTP 405: '],
    saysNot: ['warning', 'HTTP 405: HTTP'],
    asks: { delete: 1 },
    variants: { '501': { says: ['the server did not delete the job: HTTP 501: '] } },
  },
  {
    id: 'C-04',
    client: 'asks for a new token, and deletes',
    identity: 'client',
    exit: 0,
    says: ['cleaned up: the job is deleted on the server'],
    saysNot: ['warning'],
    asks: { delete: 2, token: 2 },
  },
  {
    id: 'C-05',
    client: 'takes it for cancelled, and asks nothing more',
    argv: kickoff,
    exit: 0,
    asks: { 'kick-off': 1 },
    then: [
      { argv: ['cancel'], exit: 0, says: ['cancelled'], asks: { delete: 1, status: 0 } },
      { argv: ['cancel'], exit: 0, asks: { delete: 0, status: 0 } },
      { argv: ['resume'], exit: 6, asks: { status: 0 } },
      { argv: ['status'], exit: 6, asks: { status: 0 } },
      { exit: 6, says: ['--again'], asks: { 'kick-off': 0, status: 0 } },
    ],
  },
  {
    id: 'C-06',
    client: 'tries once more, then warns with the URL; cancel deletes it later',
    exit: 0,
    says: [
      'warning: the server did not delete the job at https://ehr.example/fhir/bulkstatus/',
      'HTTP 500: The server is busy',
      'bulkx cancel',
    ],
    saysNot: ['HTTP 0'],
    asks: { delete: 2 },
    then: [
      { argv: ['resume'], exit: 0, asks: { delete: 0 } },
      { argv: ['cancel'], exit: 0, says: ['cleaned up'], asks: { delete: 1 } },
    ],
    variants: {
      'once, 429 with Retry-After: 5': {
        says: ['cleaned up'],
        saysNot: ['warning'],
        then: [],
        check: ({ asked }) => {
          const [first = 0, second = 0] = asked('delete').map(({ at }) => at)
          expect(second - first).toBe(5000)
        },
      },
      'once, 503 with Retry-After: 3600': {
        says: ['warning', 'HTTP 503', 'bulkx cancel'],
        asks: { delete: 1 },
      },
    },
  },
  {
    id: 'C-07',
    client: 'keeps the job for another run, which fetches that file alone',
    exit: 7,
    says: ['nothing was deleted on the server', 'bulkx resume ./out'],
    asks: { delete: 0 },
    then: [{ argv: ['resume'], exit: 0, asks: { 'kick-off': 0, file: 1, delete: 1 } }],
    variants: {
      'for ever': {
        then: [
          { argv: ['resume'], exit: 7, asks: { 'kick-off': 0, delete: 0 } },
          { argv: ['cancel'], exit: 0, asks: { delete: 1 } },
        ],
      },
    },
  },
  {
    id: 'C-08',
    client: 'deletes it when asked to, and only then; the job stays a failed one',
    exit: 5,
    says: ['The export failed'],
    asks: { delete: 0 },
    then: [
      { argv: ['cancel'], exit: 0, asks: { delete: 1, status: 0 } },
      { argv: ['resume'], exit: 5, says: ['The export failed'], asks: { status: 0, delete: 0 } },
    ],
  },
  {
    id: 'C-09',
    client: 'says that it has expired, and starts no new one by itself',
    argv: kickoff,
    exit: 0,
    then: [
      { argv: ['resume'], exit: 6, laterMs: 3_600_000, says: ['The job has expired'], asks: { status: 1 } },
      { argv: ['resume'], exit: 6, says: ['The job has expired'], asks: { status: 0 } },
      { exit: 6, says: ['--again'], asks: { 'kick-off': 0, status: 0 } },
    ],
  },
  {
    id: 'C-10',
    client: 'refuses to mix two questions, and prints both; resume goes on with what is there',
    argv: kickoff,
    exit: 0,
    then: [
      {
        argv: ['export', 'Group/123', '--type', 'Condition'],
        exit: 2,
        says: ['--type Patient,Observation', '--type Condition', '--out', '--again'],
        asks: { 'kick-off': 0, status: 0 },
      },
      {
        argv: ['export', 'Group/all', '--type', 'Patient,Observation'],
        exit: 2,
        says: ['Group/123/$export', 'Group/all/$export'],
        asks: { 'kick-off': 0, status: 0 },
      },
      {
        argv: ['export', 'Group/123', '--server', 'https://other.example/fhir', '--out', 'out'],
        exit: 2,
        says: ['https://ehr.example/fhir/Group/123', 'https://other.example/fhir/Group/123'],
        asks: { 'kick-off': 0, status: 0, other: 0 },
      },
      { argv: ['resume'], exit: 0, asks: { 'kick-off': 0 } },
    ],
  },
  {
    id: 'C-11',
    client: 'the second one stops at the lock, and sends nothing',
    exit: 0,
    asks: { 'kick-off': 1, delete: 1 },
    meanwhile: {
      argv: ['resume'],
      exit: 11,
      says: ['process works in'],
      asks: { 'kick-off': 0, status: 0, delete: 0 },
    },
  },
  {
    id: 'C-12',
    client: 'ignores what is torn, and goes on from the last thing that was written down whole',
    argv: kickoff,
    exit: 0,
    then: [
      {
        argv: ['resume', '--once'],
        exit: 9,
        laterMs: 2000,
        asks: { 'kick-off': 0, status: 1 },
        before: (directory) => appendFile(journalOf(directory), '{"type":"status-in-prog'),
      },
      { argv: ['resume'], exit: 0, asks: { 'kick-off': 0 }, before: tearLastLine },
    ],
  },
  {
    id: 'C-13',
    client: 'waits a minute at most, and ends well',
    exit: 0,
    says: ['cleaned up: the job is deleted on the server'],
    asks: { delete: 1 },
    variants: {
      'after an hour': { says: ['the server did not delete the job', 'no answer came in time'] },
    },
  },
]
