/** Faults of the manifest: what it lists, and how long that holds. */
import { type Entry, editManifest, entriesOf, type Fault } from '../edit.js'
import { reach, row } from '../fault-row.js'
import type { Call, FileRef } from '../handler.js'
import type { Matcher } from '../matcher.js'

/** Which manifests: those that `times` and `after` leave. */
type Manifests = Omit<Matcher, 'on' | 'file'>

const fileOf = (entry: Entry, call: Call): FileRef | undefined =>
  typeof entry.url === 'string' ? call.fileAt(entry.url) : undefined

/** The manifest's count of a file is wrong by so many. Default: the first file, in every manifest, by one. */
const wrongCount = ({ file = 1, by = 1, ...matcher }: Omit<Matcher, 'on'> & { by?: number }): Fault =>
  editManifest('wrongCount', matcher, (manifest, call) => {
    for (const entry of entriesOf(manifest)) {
      if (fileOf(entry, call)?.number === file && typeof entry.count === 'number') entry.count += by
    }
  })

const keyOf = ({ job, number }: FileRef): string => `${job} ${number}`

/** As S3 answers a link whose time is over. */
const expired = (): Response => {
  const xml =
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    '<Error><Code>AccessDenied</Code><Message>Request has expired</Message><RequestId>7A1B</RequestId></Error>'
  const headers = { 'content-type': 'application/xml', 'content-length': String(xml.length) }
  return new Response(xml, { status: 403, headers })
}

/** Each reading of the manifest gives new URLs, signed in their query; from then on the older ones are refused. */
const changeUrls = (options: Manifests = {}): Fault => {
  const signatures = new Map<string, string>()
  let readings = 0
  const sign = editManifest('changeUrls', options, (manifest, call) => {
    readings += 1
    for (const entry of entriesOf(manifest)) {
      const file = fileOf(entry, call)
      if (file === undefined) continue
      const signature = `sig=${readings}-${file.number}`
      signatures.set(keyOf(file), signature)
      entry.url += `${String(entry.url).includes('?') ? '&' : '?'}${signature}`
    }
  })
  return {
    name: sign.name,
    around: async (call, next) => {
      const signature = call.file && signatures.get(keyOf(call.file))
      if (signature !== undefined && !call.request.url.endsWith(signature)) return expired()
      return sign.around(call, next)
    },
  }
}

/** How long the URLs of a manifest are good, and whether another reading helps. */
export interface Expiry {
  /** So many requests for files; default 2 when `ms` is not given. */
  requests?: number
  /** So long after the manifest was read, milliseconds. */
  ms?: number
  /** How many further readings of the manifest make them good again; default all, 0 is for good. */
  renewals?: number
}

/** File URLs stop working after so many requests, or so long, until the manifest is read again. */
const expireUrls = (options: Expiry = {}): Fault => {
  const { ms = Number.POSITIVE_INFINITY, renewals = Number.POSITIVE_INFINITY } = options
  const requests = options.requests ?? (options.ms === undefined ? 2 : Number.POSITIVE_INFINITY)
  let readings = 0
  let left = 0
  let until = Number.NEGATIVE_INFINITY
  const renew = editManifest('expireUrls', {}, (_manifest, call) => {
    readings += 1
    if (readings - 1 > renewals) return
    left = requests
    until = call.clock.now() + ms
  })
  return {
    name: renew.name,
    around: async (call, next) => {
      if (call.phase !== 'file') return renew.around(call, next)
      left -= 1
      return left < 0 || call.clock.now() >= until ? expired() : next(call)
    },
  }
}

/** The manifest's next link leads to the manifest itself, or with `pages` to so many further ones that say the same. */
const nextLoop = ({ pages = 0, ...matcher }: Manifests & { pages?: number } = {}): Fault =>
  editManifest('nextLoop', matcher, (manifest, { request }) => {
    const url = new URL(request.url)
    const page = Number(url.searchParams.get('again') ?? '0')
    if (page < pages) url.searchParams.set('again', String(page + 1))
    manifest.link = [{ relation: 'next', url: pages === 0 ? request.url : url.href }]
  })

const hostileTypes: readonly string[] = [
  '../../x',
  'CON',
  'x'.repeat(300),
  'Patient\u0000',
  '.bulkx/journal',
  'C:\\x',
  '__proto__',
  'Patient\u202endjson',
]

/** Types that are no names for files, one after the other; with `type` that one for all. */
const hostileNames = ({ type, ...matcher }: Manifests & { type?: string } = {}): Fault =>
  editManifest('hostileNames', matcher, (manifest) => {
    entriesOf(manifest).forEach((entry, index) => {
      entry.type = type ?? hostileTypes[index % hostileTypes.length]
    })
  })

const hostileTargets: readonly string[] = [
  'file:///etc/passwd',
  'http://169.254.169.254/latest/meta-data/iam/security-credentials/',
  'http://localhost:22/',
  'http://[::ffff:10.0.0.1]/',
  'http://0x7f.1/',
  'gs://bucket/Patient.ndjson',
  's3://bucket/Patient.ndjson',
  'javascript:alert(1)',
]

const withDots = (url: string): string => url.replace(/^(https?:\/\/[^/]*)\//i, '$1/x/%2e%2e/')

/**
 * Entries that lead where no client may go are listed after the others, whose URLs get `%2e%2e` into their paths and
 * still work. With `url` only that one is added.
 */
const hostileUrls = ({ url, ...matcher }: Manifests & { url?: string } = {}): Fault =>
  editManifest('hostileUrls', matcher, (manifest) => {
    const output = Array.isArray(manifest.output) ? (manifest.output as Entry[]) : []
    if (url === undefined)
      for (const entry of entriesOf(manifest))
        if (typeof entry.url === 'string') entry.url = withDots(entry.url)
    const type = output[0]?.type ?? 'Patient'
    const added = (url === undefined ? hostileTargets : [url]).map((target) => ({ type, url: target }))
    manifest.output = [...output, ...added]
  })

/** A file, or every file, is listed twice in its section. */
const duplicateUrls = ({ file, ...matcher }: Omit<Matcher, 'on'> = {}): Fault =>
  editManifest('duplicateUrls', matcher, (manifest, call) => {
    for (const [key, value] of Object.entries(manifest)) {
      if (key === 'link' || !Array.isArray(value)) continue
      const twice = (entry: Entry): boolean => file === undefined || fileOf(entry, call)?.number === file
      manifest[key] = (value as Entry[]).flatMap((entry) => (twice(entry) ? [entry, { ...entry }] : [entry]))
    }
  })

/** From its second reading on a page of the manifest lists something else: it has lost its first file. */
const otherFiles = (): Fault => {
  const read = new Set<string>()
  return editManifest('otherFiles', {}, (manifest, { request }) => {
    const again = read.has(request.url)
    read.add(request.url)
    if (again && Array.isArray(manifest.output)) manifest.output = manifest.output.slice(1)
  })
}

/** The files of the manifest come in another order at each reading. */
const shuffleFiles = (): Fault => {
  const readings = new Map<string, number>()
  return editManifest('shuffleFiles', {}, (manifest, { request }) => {
    const before = readings.get(request.url) ?? 0
    readings.set(request.url, before + 1)
    const output = Array.isArray(manifest.output) ? manifest.output : []
    const first = output.length === 0 ? 0 : before % output.length
    manifest.output = [...output.slice(first), ...output.slice(0, first)]
  })
}

export const manifestFaults = {
  wrongCount,
  changeUrls,
  expireUrls,
  nextLoop,
  hostileNames,
  hostileUrls,
  duplicateUrls,
  otherFiles,
  shuffleFiles,
} as const

const { matcher } = reach

export const manifestFaultRows = {
  wrongCount: row(wrongCount, 'a wrong count in the manifest', { ...reach.file, by: 'integer' }),
  changeUrls: row(changeUrls, 'new file URLs at each reading of the manifest, the old ones refused', matcher),
  expireUrls: row(expireUrls, 'file URLs that stop working until the manifest is read again', {
    requests: 'count',
    ms: 'count',
    renewals: 'count',
  }),
  nextLoop: row(nextLoop, 'a next link that leads in a circle', { ...matcher, pages: 'count' }),
  hostileNames: row(hostileNames, 'types that are no file names', { ...matcher, type: 'text' }),
  hostileUrls: row(hostileUrls, 'URLs that lead to where no client may go', { ...matcher, url: 'text' }),
  duplicateUrls: row(duplicateUrls, 'files that are listed twice', reach.file),
  otherFiles: row(otherFiles, 'a manifest that lists other files when it is read again', {}),
  shuffleFiles: row(shuffleFiles, 'a manifest whose files change their order', {}),
} as const
