/** Files (F-01 to F-28): how they are reached, and how their bytes arrive. */
import { expect } from 'vitest'
import type { RecordedRequest } from '../../src/mock/index.js'
import type { Row, Seen, Waived } from './row.js'

const first = 'Patient.0001.ndjson'
const second = 'Observation.0001.ndjson'
const both = [first, second]

const path = ({ url }: RecordedRequest): string => url.replace(/^https?:\/\/[^/]*/, '').replace(/[?#].*$/, '')

/** Requests for the first file of the manifest, in their order. */
const ofFirst = ({ asked }: Seen): RecordedRequest[] =>
  asked('file').filter((request) => path(request).endsWith('/Patient.1.ndjson'))

const authorizations = (requests: readonly RecordedRequest[]): (string | undefined)[] =>
  requests.map(({ headers }) => headers.authorization)

/** For files of more than a megabyte. */
const everybody = ['export', 'Group/all', '--type', 'Patient']

const bearer = 'Bearer s3cret-token'

export const fileRows: readonly (Row | Waived)[] = [
  {
    id: 'F-01',
    client: 'goes there without the token',
    exit: 0,
    asks: { 'file-url': 2, file: 2 },
    check: ({ asked }) => {
      expect(authorizations(asked('file-url'))).toEqual([bearer, bearer])
      for (const { headers, elsewhere } of asked('file')) {
        expect(elsewhere).toBe(true)
        expect([headers.authorization, headers.accept]).toEqual([undefined, 'application/fhir+ndjson'])
      }
    },
  },
  {
    id: 'F-02',
    client: 'resolves it, and the token goes along',
    exit: 0,
    asks: { file: 3 },
    check: (seen) => expect(authorizations(ofFirst(seen))).toEqual([bearer, bearer]),
  },
  {
    id: 'F-03',
    client: 'stops after five hops, and never goes down to plain http',
    exit: 7,
    says: [`${first} (`, 'it redirects more than 5 times', 'hint: '],
    tree: [second],
    check: (seen) => expect(ofFirst(seen)).toHaveLength(6),
    variants: {
      'five hops': { exit: 0, says: [], tree: both },
      'https to http': {
        says: ['it redirects from https to plain http'],
        check: (seen) => {
          expect(ofFirst(seen)).toHaveLength(1)
          expect(seen.requests.filter(({ url }) => url.startsWith('http:'))).toEqual([])
        },
      },
    },
  },
  {
    id: 'F-04',
    client: "asks the file's own URL again, for a new signature",
    exit: 0,
    asks: { 'file-url': 3, file: 3 },
    check: ({ asked }) => {
      // The manifest was right: nobody needs to read it again.
      expect(asked('status').filter(({ status }) => status === 200)).toHaveLength(1)
    },
  },
  {
    id: 'F-05',
    client: 'reads the manifest again, once, and goes on with the new URLs',
    exit: 0,
    tree: both,
    check: ({ asked }) => {
      expect(asked('status').filter(({ status }) => status === 200)).toHaveLength(2)
      expect(asked('file').filter(({ status }) => status === 200)).toHaveLength(2)
    },
  },
  {
    id: 'F-06',
    client: 'that file fails, and the message says how to start a new export',
    exit: 7,
    says: [`${second} (HTTP 403: `, 'Request has expired', '--again'],
    tree: [first],
    then: [{ argv: ['resume'], exit: 7, says: ['--again'], tree: [first] }],
    variants: {
      410: {
        says: [`${first} (HTTP 410: Gone)`, '--again'],
        tree: [second],
        then: [{ argv: ['resume'], exit: 7, says: ['--again'], tree: [second] }],
      },
    },
  },
  {
    id: 'F-07',
    client: 'all workers share one token request',
    identity: 'client',
    exit: 0,
    asks: { token: 2 },
    check: ({ asked }) => {
      const refused = asked('file').filter(({ status }) => status === 401)
      expect(refused.length).toBeGreaterThan(1)
      expect(new Set(authorizations(refused)).size).toBe(1)
      const files = asked('file').filter(({ status }) => status === 200)
      expect(new Set(files.map(path)).size).toBe(files.length)
    },
  },
  {
    id: 'F-08',
    client: 'goes on in this file with a new token',
    argv: everybody,
    over: 'tcp',
    identity: 'client',
    exit: 0,
    asks: { token: 2 },
    check: (seen) => {
      const requests = ofFirst(seen)
      expect(requests.map(({ status }) => status)).toEqual([200, 401, 206])
      expect(new Set(authorizations(requests)).size).toBe(2)
    },
  },
  {
    id: 'F-09',
    client: 'asks once more with a new token',
    identity: 'client',
    exit: 0,
    asks: { token: 2 },
    check: (seen) => {
      const requests = ofFirst(seen)
      expect(requests.map(({ status }) => status)).toEqual([404, 200])
      expect(new Set(authorizations(requests)).size).toBe(2)
    },
  },
  {
    id: 'F-10',
    client: 'that file fails, the others come',
    exit: 7,
    says: [`${first} (HTTP 404: Resource Binary/1 is not known)`, '--again'],
    tree: [second],
    asks: { file: { max: 7 } },
  },
  {
    id: 'F-11',
    client: 'one GET a file, and no HEAD',
    exit: 0,
    asks: { file: 2 },
    check: ({ requests, asked }) => {
      expect(requests.filter(({ method }) => method === 'HEAD')).toEqual([])
      expect(new Set(asked('file').map(path)).size).toBe(2)
    },
  },
  {
    id: 'F-12',
    client: 'all requests to that host wait as long as it asks, and no file fails',
    exit: 0,
    check: ({ asked }) => {
      const refused = asked('file').filter(({ status }) => status === 429)
      const lastRefusal = Math.max(...refused.map(({ at }) => at))
      const later = asked('file').filter(({ at }) => at > lastRefusal)
      expect(later.length).toBeGreaterThan(10)
      expect(Math.min(...later.map(({ at }) => at)) - lastRefusal).toBeGreaterThanOrEqual(30_000)
    },
  },
  {
    id: 'F-13',
    client: 'asks these files again',
    exit: 0,
    check: ({ asked }) => {
      const refused = asked('file').filter(({ status }) => status === 502)
      expect(refused.length).toBeGreaterThan(1)
      const good = asked('file').filter(({ status }) => status === 200)
      expect(new Set(good.map(path)).size).toBe(good.length)
    },
  },
  {
    id: 'F-14',
    client: 'goes on where it was, as ranges are proved right here',
    argv: everybody,
    over: 'tcp',
    exit: 0,
    asks: { file: 2 },
    check: (seen) => {
      const requests = ofFirst(seen)
      expect(requests.map(({ status }) => status)).toEqual([200, 206])
      expect(requests[1]?.headers.range).toMatch(/^bytes=[1-9]\d*-$/)
    },
    variants: {
      'no ranges': { check: (seen) => expect(ofFirst(seen).map(({ status }) => status)).toEqual([200, 200]) },
      'for ever': {
        exit: 7,
        says: [`${first} (`, 'bulkx resume'],
        tree: [],
        asks: { file: 5 },
        check: ({ sleeps }) => expect(sleeps).toEqual(expect.arrayContaining([950, 1900, 3800, 7600])),
      },
    },
  },
  {
    id: 'F-15',
    client: 'takes an idle connection for a broken one, and asks again',
    over: 'tcp',
    argv: ['export', 'Group/123', '--type', 'Patient,Observation', '--request-timeout', '1s'],
    exit: 0,
    asks: { file: 3 },
  },
  {
    id: 'F-16',
    client: 'notices, and asks for the rest',
    argv: everybody,
    over: 'tcp',
    exit: 0,
    asks: { file: 2 },
    check: (seen) => expect(ofFirst(seen).map(({ status }) => status)).toEqual([200, 206]),
    variants: {
      'for ever': {
        exit: 7,
        says: [`${first} (`, 'bulkx resume'],
        tree: [],
        asks: { file: 5 },
        check: () => {},
      },
      // Each attempt gets further, and goes on from there.
      'a little each time': { asks: { file: 19 }, check: () => {} },
    },
  },
  {
    id: 'F-17',
    client: 'notices by the count or a broken last line; what nothing tells of is said to be unproved',
    exit: 10,
    content: 'altered',
    findings: ['bad-lines', 'wrong-count'],
    says: ['but look at them'],
    asks: { file: 3 },
    variants: {
      once: { exit: 0, content: 'same', findings: [], says: [] },
      'in a line, no count': { findings: ['bad-lines'] },
      'between two lines, no count': {
        over: 'tcp',
        exit: 0,
        says: [],
        findings: ['end-unproved'],
        asks: { file: 2 },
      },
      'between two lines, in chunks, no count': {
        over: 'tcp',
        exit: 0,
        says: [],
        findings: [],
        asks: { file: 2 },
      },
    },
  },
  {
    id: 'F-18',
    client: 'takes it for broken, and asks again',
    exit: 0,
    asks: { file: 3 },
    variants: {
      'for ever': {
        exit: 7,
        says: [`${first} (`, 'the compressed content is broken or cut off', 'bulkx resume'],
        tree: [second],
        asks: { file: 6 },
      },
      'without its second half': {},
      'damaged in its middle': {},
      'something behind it': {
        exit: 7,
        says: ['compressed content'],
        tree: [second],
        asks: { file: { min: 3 } },
      },
    },
  },
  {
    id: 'F-19',
    client: 'goes by the bytes',
    exit: 0,
    asks: { file: 2 },
  },
  {
    id: 'F-20',
    client: 'takes off both layers, and every member of them',
    exit: 0,
    asks: { file: 2 },
    variants: {
      'three times': {
        exit: 7,
        says: ['it is compressed more than 2 times'],
        tree: [second],
        asks: { file: { max: 3 } },
      },
    },
  },
  {
    id: 'F-21',
    client: 'takes it, and says that the header is wrong',
    exit: 0,
    findings: ['not-compressed'],
    asks: { file: 2 },
  },
  {
    id: 'F-22',
    client: 'asks for what it can take off, and takes it off',
    exit: 0,
    asks: { file: 2 },
    check: ({ asked }) => {
      for (const { headers } of asked('file')) expect(headers['accept-encoding']).toBe('gzip, deflate, br')
    },
    variants: {
      zstd: {
        exit: 7,
        says: ['its content coding zstd is none that was asked for', 'Accept-Encoding'],
        tree: [second],
        asks: { file: { max: 3 } },
        check: () => {},
      },
    },
  },
  {
    id: 'F-23',
    client: 'stops long before it is all there',
    exit: 7,
    says: ['it unpacks to more than 500 times its size'],
    tree: [second],
    asks: { file: 2 },
  },
  {
    id: 'F-24',
    client: 'compares no lengths that count other bytes, and sends no HEAD',
    over: 'tcp',
    exit: 0,
    asks: { file: 2 },
    check: ({ requests }) => expect(requests.filter(({ method }) => method === 'HEAD')).toEqual([]),
  },
  {
    id: 'F-25',
    client: "looks once more: the same bytes twice are the server's error, others each time are nobody's",
    exit: 10,
    findings: ['wrong-count'],
    says: [`${first}: the server counts 11 resources, the file has 10`, '--fail-on never'],
    asks: { file: 3, delete: 1 },
    variants: {
      'other bytes each time': {
        exit: 7,
        says: ['the server sends other bytes each time'],
        tree: [second],
        findings: undefined,
        asks: { file: 3, delete: 0 },
      },
      'a line more': { says: [`${first}: the server counts 9 resources, the file has 10`] },
    },
  },
  {
    id: 'F-26',
    client: 'keeps it as a file without lines',
    exit: 0,
    content: 'altered',
    tree: both,
    findings: ['no-lines'],
    asks: { file: 2 },
    check: async ({ read }) => expect(await read(first)).toBe(''),
    variants: { 'blank lines': { check: async ({ read }) => expect(await read(first)).toBe('\n\n') } },
  },
  {
    id: 'F-27',
    client: 'looks once more; empty twice is a wrong count',
    exit: 10,
    content: 'altered',
    says: [`${first}: the server counts 10 resources, the file has 0`],
    findings: ['wrong-count', 'no-lines'],
    asks: { file: 3 },
    variants: { once: { exit: 0, content: 'same', says: [], findings: [] } },
  },
  {
    id: 'F-28',
    client: 'takes it for an empty file',
    exit: 0,
    content: 'altered',
    tree: both,
    findings: ['no-lines'],
    asks: { file: 2 },
    variants: {
      'ten resources counted': { exit: 10, findings: ['wrong-count', 'no-lines'], asks: { file: 3 } },
    },
  },
]
