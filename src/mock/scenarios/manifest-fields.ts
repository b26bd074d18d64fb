/** The manifest's fields: missing, of another type, in another format, or too much of them. */
import { editContent, editManifest, withBody } from '../edit.js'
import type { ManifestJson } from '../personality.js'
import type { Scenario, ScenarioServer } from '../scenario.js'

/** A server whose manifests come out of `reshape`. */
const reshaping = (
  reshape: (manifest: ManifestJson) => unknown,
  options: ScenarioServer['options'] = {},
): ScenarioServer => ({ personality: { manifest: { reshape } }, options })

/** With these keys; undefined takes one away. */
const having = (keys: ManifestJson, options?: ScenarioServer['options']) => (): ScenarioServer =>
  reshaping((manifest) => ({ ...manifest, ...keys }), options)

type Entry = Record<string, unknown>

const eachOutput = (edit: (entry: Entry, index: number) => Entry): ScenarioServer =>
  reshaping((manifest) => ({ ...manifest, output: (manifest.output as Entry[]).map(edit) }))

const expiring = (expires: (at: number) => string | undefined) => (): ScenarioServer => ({
  personality: { manifest: { expires } },
})

const DAY_MS = 24 * 60 * 60_000

/** `2020/01/20 16:53:41.160 -0500`. */
const slashed = (instant: string): string => {
  const local = new Date(Date.parse(instant) - 5 * 60 * 60_000).toISOString()
  return local.replaceAll('-', '/').replace('T', ' ').replace('Z', ' -0500')
}

const timed = (write: (instant: string) => unknown) => (): ScenarioServer =>
  reshaping((manifest) => ({ ...manifest, transactionTime: write(String(manifest.transactionTime)) }))

/** As text, for what `JSON.stringify` cannot write. */
const rewriting = (rewrite: (text: string) => string) => (): ScenarioServer => ({
  personality: {
    rules: () => [
      async (call, next) => {
        const response = await next(call)
        if (call.phase !== 'status' || response.status !== 200) return response
        return withBody(response, Buffer.from(rewrite(await response.text())))
      },
    ],
  },
})

const MANIFEST_BYTES = 50_000_000

/** White space, as servers that indent do it, and a key that nobody knows. */
const large = (text: string): string => text.replace('{', `{${' \n'.repeat(MANIFEST_BYTES / 2)}`)

const deep = (depth: number): string => `"deep":${'['.repeat(depth)}${']'.repeat(depth)}`

const headerLine = `${JSON.stringify({
  resourceType: 'Parameters',
  parameter: [{ name: 'header', valueReference: { reference: 'Patient/pat-1' } }],
})}\n`

export const manifestFieldScenarios: readonly Scenario[] = [
  {
    id: 'M-01',
    priority: 'A',
    server: 'requiresAccessToken is the text "true"',
    make: having({ requiresAccessToken: 'true' }),
  },
  {
    id: 'M-02',
    priority: 'B',
    server: 'requiresAccessToken is no boolean',
    make: having({ requiresAccessToken: 'False' }, { files: { requiresAccessToken: false } }),
    variants: {
      zero: having({ requiresAccessToken: 0 }),
      null: having({ requiresAccessToken: null }),
      missing: having({ requiresAccessToken: undefined }),
    },
  },
  {
    id: 'M-03',
    priority: 'A',
    server: 'file in place of url',
    make: () => eachOutput(({ url, ...entry }) => ({ ...entry, file: url })),
  },
  { id: 'M-04', priority: 'A', server: 'output is null', make: having({ output: null }) },
  {
    id: 'M-05',
    priority: 'A',
    server: 'error is null or missing',
    make: having({ error: null }),
    variants: { missing: having({ error: undefined, deleted: undefined }) },
  },
  {
    id: 'M-06',
    priority: 'A',
    server: 'neither output nor error',
    make: having({ output: undefined, error: undefined, deleted: undefined }),
  },
  { id: 'M-07', priority: 'A', server: 'output is empty', make: having({ output: [] }) },
  {
    id: 'M-12',
    priority: 'A',
    server: 'no transactionTime',
    make: having({ transactionTime: undefined }),
    variants: { null: having({ transactionTime: null }), rubbish: having({ transactionTime: 'now' }) },
  },
  {
    id: 'M-13',
    priority: 'A',
    server: 'a transactionTime that is no instant',
    make: timed(slashed),
    variants: {
      epoch: timed((instant) => Date.parse(instant)),
      'no zone': timed((instant) => instant.replace('Z', '')),
      nanoseconds: timed((instant) => instant.replace('Z', '123456Z')),
    },
  },
  {
    id: 'M-14',
    priority: 'A',
    server: 'extensions as object, list or null',
    make: having({ extension: { 'https://ehr.example/ext': 1 } }),
    variants: {
      list: having({ extension: [{ url: 'https://ehr.example/ext', valueString: 'x' }] }),
      null: having({ extension: null }),
      'of a file': () => eachOutput((entry) => ({ ...entry, extension: null })),
      'of a file, odd': () =>
        eachOutput((entry) => ({ ...entry, extension: ['x', null, { valueString: 5 }] })),
    },
  },
  {
    id: 'M-15',
    priority: 'A',
    server: 'a request that is none',
    make: having({ request: '[base]/Patient/$export' }),
    variants: {
      relative: having({ request: '/Patient/$export' }),
      wrong: having({ request: 'https://elsewhere.example/$export?_type=Condition' }),
      missing: having({ request: undefined }),
      'no text': having({ request: { url: 'x' } }),
    },
  },
  {
    id: 'M-16',
    priority: 'A',
    server: 'Expires in the words of Go',
    make: expiring((at) =>
      new Date(at)
        .toISOString()
        .replace('T', ' ')
        .replace(/\.000Z$/, '.7 +0000 UTC'),
    ),
    variants: {
      'HTTP-date': expiring((at) => new Date(at).toUTCString()),
      ISO: expiring((at) => new Date(at).toISOString()),
      past: expiring((at) => new Date(at - 365 * DAY_MS).toUTCString()),
      soon: expiring((at) => new Date(at - DAY_MS + 5 * 60_000).toUTCString()),
      rubbish: expiring(() => '-1'),
      missing: expiring(() => undefined),
      'in the body': () => ({
        personality: {
          manifest: {
            expires: () => undefined,
            reshape: (manifest) => ({ ...manifest, expirationTime: Date.UTC(2026, 0, 2) / 1000 }),
          },
        },
      }),
    },
  },
  {
    id: 'M-25',
    priority: 'C',
    server: 'types that are no file names',
    make: () => eachOutput((entry, index) => ({ ...entry, type: ['../../x', 'CON'][index] })),
    variants: {
      long: () => eachOutput((entry) => ({ ...entry, type: 'x'.repeat(300) })),
      NUL: () => eachOutput((entry) => ({ ...entry, type: `${entry.type}\u0000` })),
      'no text': () => eachOutput((entry, index) => ({ ...entry, type: [{ a: 1 }, 7][index] })),
    },
  },
  {
    id: 'M-27',
    priority: 'B',
    server: 'types in lower case, unknown, or missing',
    make: () => eachOutput((entry) => ({ ...entry, type: String(entry.type).toLowerCase() })),
    variants: {
      missing: () => eachOutput(({ type: _type, ...entry }) => entry),
      unknown: () => eachOutput((entry, index) => (index === 0 ? { ...entry, type: 'VendorThing' } : entry)),
    },
  },
  {
    id: 'M-29',
    priority: 'C',
    server: 'a manifest of 50 MB',
    make: rewriting(large),
  },
  {
    id: 'M-34',
    priority: 'A',
    server: 'counts that are text, or none',
    make: () => eachOutput((entry) => ({ ...entry, count: String(entry.count) })),
    variants: {
      none: () => eachOutput((entry, index) => ({ ...entry, count: [-1, 12.5][index] })),
      null: () => eachOutput((entry) => ({ ...entry, count: null })),
      zero: () => eachOutput((entry, index) => (index === 0 ? { ...entry, count: 0 } : entry)),
    },
  },
  {
    id: 'M-40',
    priority: 'C',
    server: 'the same key twice',
    make: rewriting((text) =>
      text.replace('{', '{"output":[{"type":"Patient","url":"https://ehr.example/no"}],'),
    ),
    variants: {
      prototype: rewriting((text) =>
        text.replace('{', '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},'),
      ),
      'depth 10,000': rewriting((text) => text.replace('{', `{${deep(10_000)},`)),
      'depth 10,000 in an entry': rewriting((text) => text.replace('"url"', `${deep(10_000)},"url"`)),
      'depth 10,000 as a link': rewriting((text) =>
        text.replace('{', `{${deep(10_000).replace('deep', 'link')},`),
      ),
    },
  },
  {
    id: 'M-41',
    priority: 'B',
    server: 'header Parameters between the resources, and continuesInFile',
    make: () => ({
      options: { pageSize: 50 },
      faults: [
        editContent('headers', {}, (content) => Buffer.concat([Buffer.from(headerLine), content])),
        editManifest('continuesInFile', {}, (manifest) => {
          const output = manifest.output as Entry[]
          output.forEach((entry, index) => {
            const next = output[index + 1]
            if (next?.type === entry.type) entry.continuesInFile = next?.url
          })
        }),
      ],
    }),
  },
]
