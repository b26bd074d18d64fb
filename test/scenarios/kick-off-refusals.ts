/** Kick-off (K): what servers refuse. */
import { expect } from 'vitest'
import type { Mock } from '../../src/mock/index.js'
import type { Row, Seen } from './row.js'

const usual = ['export', 'Group/123', '--type', 'Patient,Observation'] as const

const urlsOf = (mock: Mock): string[] =>
  [...mock.jobs.all()].map(({ id }) => `https://ehr.example/fhir/bulkstatus/${id}`)

/** The query of the first kick-off, as it was sent. */
const queryOf = ({ asked }: Seen): string => asked('kick-off')[0]?.url.split('?')[1] ?? ''

const nothingStarted = ({ mock }: Seen): void => expect([...mock.jobs.all()]).toEqual([])

export const kickOffRefusalRows: readonly Row[] = [
  {
    id: 'K-14',
    client: 'does not wait so long; says that a job is running, and when to come again',
    exit: 4,
    says: ['Only one export may run at a time', '600 s', 'a job of yours is probably running', 'bulkx jobs'],
    asks: { 'kick-off': 1 },
    then: [{ argv: ['status'], exit: 4, asks: { status: 0 } }],
    check: ({ sleeps }) => expect(sleeps).toEqual([]),
  },
  {
    id: 'K-15',
    client: 'tries once more after ten seconds of its own, never in a tight loop',
    exit: 4,
    says: ['HTTP 429', 'next try in 10 s', 'a job of yours is probably running'],
    asks: { 'kick-off': 2 },
    check: ({ sleeps }) => expect(sleeps).toEqual([10_000]),
  },
  {
    id: 'K-16',
    client: 'lists the jobs, with the commands that attach to one or end it',
    exit: 4,
    says: ['You already have active export requests in progress', '300 s'],
    asks: { 'kick-off': 1 },
    then: [
      { argv: (mock) => ['cancel', urlsOf(mock)[0] ?? ''], exit: 0, asks: { delete: 1 } },
      {
        argv: (mock) => ['resume', urlsOf(mock)[1] ?? '', '--out', 'out'],
        exit: 0,
        asks: { 'kick-off': 0 },
      },
    ],
    check: ({ mock, err }) => {
      for (const url of urlsOf(mock)) {
        expect(err).toContain(`bulkx resume ${url} --out <dir>`)
        expect(err).toContain(`bulkx cancel ${url}`)
      }
    },
  },
  {
    id: 'K-17',
    client: 'takes it for the 429 that it is',
    exit: 4,
    says: ['A request with the same parameters is in progress', 'a job of yours is probably running'],
    asks: { 'kick-off': 2 },
    check: ({ sleeps }) => expect(sleeps).toEqual([10_000]),
  },
  { id: 'K-18', client: 'has sent exactly these', exit: 0, asks: { 'kick-off': 1 } },
  {
    id: 'K-19',
    client: 'does not send it unless it was asked for',
    exit: 0,
    asks: { 'kick-off': 1 },
    check: (seen) => expect(queryOf(seen)).toBe('_type=Patient,Observation'),
  },
  {
    id: 'K-20',
    client: 'joins them by commas, each once',
    argv: ['export', 'Group/123', '--type', 'Patient,Observation', '--type', 'Patient'],
    exit: 0,
    asks: { 'kick-off': 1 },
    check: (seen) => expect(queryOf(seen)).toBe('_type=Patient,Observation'),
  },
  {
    id: 'K-21',
    client: "shows the server's words, names the option, and drops nothing by itself",
    argv: [...usual, '--until', '2025-01-01T00:00:00Z'],
    exit: 4,
    says: ['the parameter "_until" is not supported', 'correct --until, or leave it out', '--lenient'],
    asks: { 'kick-off': 1 },
    then: [{ exit: 0, asks: { 'kick-off': 1 } }],
    variants: {
      _elements: {
        argv: [...usual, '--elements', 'id'],
        says: ['the parameter "_elements" is not supported', 'correct --elements, or leave it out'],
      },
    },
  },
  {
    id: 'K-22',
    client: "shows the server's words, and names the option",
    argv: [...usual, '--type-filter', 'Observation?colour=red'],
    exit: 4,
    says: ['HTTP 422', 'has no search parameter "colour"', 'correct --type-filter'],
    saysNot: ['correct --type,', '--type and'],
    asks: { 'kick-off': 1 },
    check: nothingStarted,
  },
  {
    id: 'K-23',
    client: "shows the server's words, and what they may mean",
    exit: 4,
    says: ['No active attribution found for the given group', 'the group may be empty', '--output-format'],
    asks: { 'kick-off': 1 },
    variants: {
      'media type': { says: ['Accept must be application/fhir+json', '--output-format'] },
    },
  },
  {
    id: 'K-24',
    client: 'says that it is not enabled on this server',
    exit: 4,
    says: ['Operation $export is disabled', 'bulk export is not enabled on this server'],
    asks: { 'kick-off': 1 },
  },
  {
    id: 'K-25',
    client: 'names the option, and changes nothing by itself',
    exit: 4,
    says: ['HTTP 405', 'try --method post'],
    asks: { 'kick-off': 1 },
    then: [{ argv: [...usual, '--method', 'post'], exit: 0, asks: { 'kick-off': 1 } }],
    variants: {
      'to POST': {
        argv: [...usual, '--method', 'post'],
        says: ['HTTP 405', 'try --method get'],
        then: [{ argv: [...usual, '--method', 'get'], exit: 0, asks: { 'kick-off': 1 } }],
      },
    },
  },
  {
    id: 'K-36',
    client: 'asks for one new token, tries once more, and stops',
    identity: 'client',
    exit: 3,
    says: ['HTTP 401', 'bulkx doctor'],
    asks: { 'kick-off': 2, token: 2 },
  },
  {
    id: 'K-37',
    client: "shows the server's words, and which scopes it asked for and was granted",
    identity: 'client',
    exit: 3,
    says: ['insufficient scope: Observation needs system/Observation.rs', 'system/Patient.rs', '--scope'],
    asks: { 'kick-off': { min: 1, max: 2 } },
    check: nothingStarted,
  },
]
