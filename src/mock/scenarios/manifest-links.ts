/** The URLs of a manifest: of its files and of its further pages, and what becomes of them when it is read again. */
import { editManifest, entriesOf, fault } from '../edit.js'
import { faults } from '../faults.js'
import type { Call } from '../handler.js'
import { outcomeResponse } from '../outcome.js'
import type { Scenario, ScenarioServer } from '../scenario.js'

/** Every file's URL rewritten. */
const urls = (rewrite: (url: string, call: Call, index: number) => unknown) =>
  editManifest('urls', {}, (manifest, call) => {
    entriesOf(manifest).forEach((entry, index) => {
      if (typeof entry.url === 'string') entry.url = rewrite(entry.url, call, index)
    })
  })

const atElsewhere = {
  ...urls((url, { elsewhereOrigin }) => url.replace(/^https?:\/\/[^/]*/i, elsewhereOrigin)),
  elsewhere: true,
}

const inPath = (file: string) => (): ScenarioServer => ({
  personality: { paths: { file } },
  options: { pageSize: 50 },
})

/** Three pages of a file each. */
const threePages: ScenarioServer['options'] = { pageSize: 60, manifestEntries: 1 }

const pageOf = ({ request }: Call): number => Number(new URL(request.url).searchParams.get('page') ?? '1')

const isFurtherPage = (call: Call): boolean => call.phase === 'status' && pageOf(call) > 1

/** Further pages at another origin. */
const pagesAt = (origin: (call: Call) => string) =>
  editManifest('pagesElsewhere', {}, (manifest, call) => {
    const [link] = (manifest.link ?? []) as { url: string }[]
    if (link) link.url = link.url.replace(/^https?:\/\/[^/]*/i, origin(call))
  })

const cloud = (scheme: string) => (): ScenarioServer => ({
  faults: [urls((url, _call, index) => (index === 0 ? url.replace(/^https?:/, `${scheme}:`) : url))],
})

const hostile = (url: string) => (): ScenarioServer => ({ faults: [faults.hostileUrls({ url })] })

export const manifestLinkScenarios: readonly Scenario[] = [
  {
    id: 'M-17',
    priority: 'A',
    server: 'relative file URLs',
    make: () => ({ faults: [urls((url) => url.replace(/^https?:\/\/[^/]*/i, ''))] }),
    variants: {
      'from the status URL': () => ({
        faults: [urls((url) => url.replace(/^.*\/bulkfiles/i, '../bulkfiles'))],
      }),
      'without a scheme': () => ({ faults: [urls((url) => url.replace(/^https?:/i, ''))] }),
    },
  },
  {
    id: 'M-18',
    priority: 'A',
    server: 'plain http for files that need a token',
    make: () => ({ faults: [urls((url) => url.replace(/^https:/i, 'http:'))] }),
    variants: {
      'at another host': () => ({
        personality: { elsewhere: { used: true, credential: 'required' } },
        faults: [
          urls(
            (url, { elsewhereOrigin }) => elsewhereOrigin.replace('https:', 'http:') + new URL(url).pathname,
          ),
        ],
      }),
    },
  },
  {
    id: 'M-19',
    priority: 'A',
    server: 'files on another host that wants the token',
    make: () => ({
      personality: { elsewhere: { used: true, credential: 'required' } },
      faults: [atElsewhere],
    }),
    variants: {
      trusted: () => ({
        personality: { elsewhere: { used: true, credential: 'required' } },
        faults: [atElsewhere],
      }),
      'that refuses tokens': () => ({
        personality: { elsewhere: { used: true, credential: 'refused' } },
        faults: [atElsewhere],
      }),
    },
  },
  {
    id: 'M-20',
    priority: 'A',
    server: 'a file in a bucket: gs://',
    make: cloud('gs'),
    variants: { s3: cloud('s3'), abfss: cloud('abfss') },
  },
  {
    id: 'M-21',
    priority: 'C',
    server: 'files at file:///etc/passwd, at cloud metadata, at localhost',
    make: () => ({ faults: [faults.hostileUrls()] }),
    variants: {
      'file:///etc/passwd': hostile('file:///etc/passwd'),
      'cloud metadata': hostile('http://169.254.169.254/latest/meta-data/'),
      localhost: hostile('http://localhost:22/'),
      'an IPv6 address': hostile('http://[fd00:ec2::254]/latest/meta-data/'),
      'a number': hostile('http://2130706433/'),
      'behind a redirect': () => ({
        faults: [
          faults.answer({
            on: 'file',
            file: 1,
            times: Number.POSITIVE_INFINITY,
            status: 302,
            location: 'https://10.0.0.1/secret',
          }),
        ],
      }),
    },
  },
  {
    id: 'M-22',
    priority: 'B',
    server: 'every file listed twice',
    make: () => ({ faults: [faults.duplicateUrls()] }),
  },
  {
    id: 'M-23',
    priority: 'A',
    server: 'files with the same last part of their paths',
    make: inPath('/fhir/bulkfiles/{job}/{number}/data.ndjson'),
  },
  {
    id: 'M-24',
    priority: 'A',
    server: 'URLs without a name',
    make: inPath('/fhir/Binary/{job}-{number}'),
    variants: { 'different in their query alone': inPath('/fhir/bulkfiles?job={job}&part={number}') },
  },
  {
    id: 'M-26',
    priority: 'C',
    server: 'path traversal in the URL of a file',
    make: () => ({ faults: [urls((url) => url.replace(/^(https?:\/\/[^/]*)\//i, '$1/x/y/%2e%2e/%2e%2e/'))] }),
  },
  {
    id: 'M-28',
    priority: 'A',
    server: 'a manifest with 20,000 entries',
    make: () => ({
      personality: { example: 'Group/all --type Patient,Observation' },
      options: { data: { patients: 1900 }, pageSize: 1 },
    }),
    variants: {
      '500': () => ({
        personality: { example: 'Group/all --type Patient,Observation' },
        options: { data: { patients: 46 }, pageSize: 1 },
      }),
    },
  },
  {
    id: 'M-30',
    priority: 'B',
    server: 'three pages, by next links',
    make: () => ({ options: threePages }),
  },
  {
    id: 'M-31',
    priority: 'C',
    server: 'a next link that leads to itself',
    make: () => ({ faults: [faults.nextLoop()] }),
    variants: {
      'a circle of pages': () => ({
        options: threePages,
        faults: [
          editManifest('circle', {}, (manifest, { request }) => {
            if (manifest.link === undefined)
              manifest.link = [{ relation: 'next', url: request.url.replace(/page=\d+$/, 'page=2') }]
          }),
        ],
      }),
    },
  },
  {
    id: 'M-32',
    priority: 'B',
    server: 'a second page on another host',
    make: () => ({
      personality: { elsewhere: { used: true, credential: 'required' } },
      options: threePages,
      faults: [pagesAt(({ elsewhereOrigin }) => elsewhereOrigin)],
    }),
    variants: {
      'that wants no token': () => ({
        personality: { elsewhere: { used: true, credential: 'refused' } },
        options: threePages,
        faults: [pagesAt(({ elsewhereOrigin }) => elsewhereOrigin)],
      }),
      'that is not there': () => ({
        options: threePages,
        faults: [
          fault('noPage', { on: 'status', times: Number.POSITIVE_INFINITY }, async (call, next) =>
            isFurtherPage(call) ? outcomeResponse(404, 'not-found', 'There is no such page') : next(call),
          ),
        ],
      }),
      'at a private address': () => ({
        options: threePages,
        faults: [pagesAt(() => 'http://169.254.169.254')],
      }),
    },
  },
  {
    id: 'M-33',
    priority: 'B',
    server: 'pages with different transactionTimes',
    make: () => ({
      options: threePages,
      faults: [
        editManifest('times', {}, (manifest, call) => {
          const earlier = Date.parse(String(manifest.transactionTime)) - (pageOf(call) === 2 ? 60_000 : 0)
          manifest.transactionTime = new Date(earlier).toISOString()
        }),
      ],
    }),
  },
  {
    id: 'M-38',
    priority: 'A',
    server: 'new signed URLs at each reading, and old ones that expire',
    make: () => ({
      options: { pageSize: 20 },
      faults: [faults.changeUrls(), faults.expireUrls({ requests: 3 })],
    }),
    variants: {
      'in another order': () => ({
        options: { pageSize: 20 },
        faults: [faults.shuffleFiles(), faults.expireUrls({ requests: 3 })],
      }),
      'after a minute': () => ({
        options: { pageSize: 20 },
        faults: [
          faults.changeUrls(),
          faults.expireUrls({ ms: 60_000 }),
          faults.busy({ on: 'file', file: 2, times: 1, retryAfter: '90' }),
        ],
      }),
      'for good': () => ({ options: { pageSize: 20 }, faults: [faults.expireUrls({ renewals: 0 })] }),
    },
  },
  {
    id: 'M-39',
    priority: 'B',
    server: 'other entries when it is read again',
    make: () => ({
      options: { pageSize: 20 },
      faults: [faults.otherFiles(), faults.expireUrls({ requests: 2 })],
    }),
    variants: {
      'another transactionTime': () => ({
        options: { pageSize: 20 },
        faults: [
          editManifest('otherRun', { after: 1 }, (manifest) => {
            manifest.transactionTime = '2026-01-01T12:00:00.000Z'
          }),
          faults.expireUrls({ requests: 2 }),
        ],
      }),
    },
  },
]
