/** What each command loads: modules are most of the time that a short command takes. */
import { readFileSync } from 'node:fs'
import { access, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { catalogue } from '../../src/cli/catalogue.js'
import { start } from './child.js'
import { newPlace, type Place } from './place.js'
import { serve } from './server.js'

/** V8 names every script that a process has loaded in its coverage. */
const scriptsOf = async (directory: string): Promise<string[]> => {
  const reports = await Promise.all(
    (await readdir(directory)).map(
      async (name): Promise<{ result: { url: string }[] }> =>
        JSON.parse(await readFile(join(directory, name), 'utf8')),
    ),
  )
  return reports
    .flatMap(({ result }) => result.map(({ url }) => url))
    .filter((url) => url.startsWith('file:'))
}

/** The build leaves the name of each module above what came of it. */
const modulesIn = async (url: string): Promise<string[]> => {
  const text = await readFile(fileURLToPath(url), 'utf8')
  return [...text.matchAll(/^\/\/ src\/(.+\.ts)$/gm)].flatMap(([, name]) => name ?? [])
}

interface Loaded {
  /** By name, without those that only packages load. */
  packages: string[]
  /** Of src/. */
  modules: string[]
}

/** What a command loads that ends well, or that is ended once it has said `until`. */
const loadedBy = async (place: Place, words: readonly string[], until?: RegExp): Promise<Loaded> => {
  const directory = await mkdtemp(join(place.root, 'coverage-'))
  const child = start(place, words, { env: { NODE_V8_COVERAGE: directory } })
  if (until) {
    await child.saying(until)
    child.kill('SIGTERM')
  }
  const { code, stderr } = await child.ended
  if (!until) expect(code, stderr).toBe(0)
  const scripts = await scriptsOf(directory)
  const ours = scripts.filter((url) => /\/dist\//.test(url) && !url.includes('/node_modules/'))
  const packages = scripts.flatMap((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? [])
  return {
    packages: [...new Set(packages.filter((name) => name in dependencies))].sort(),
    modules: (await Promise.all([...new Set(ours)].map(modulesIn))).flat().sort(),
  }
}

const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
)

interface World {
  fhirUrl: string
  /** A file of this test, by name. */
  at: (name: string) => string
}

interface Row {
  words: (world: World) => string[]
  packages: string[]
  /** Of src/, in spite of which files share one of dist/. */
  without: readonly string[]
  /** Ends by itself, or once it has said this. */
  until?: RegExp
}

const line = ['commander']
const reading = [...line, 'p-retry', 'split2']
const asking = [...reading, 'undici']

/** What has no use where nothing is asked of a server. */
const network = [
  'open-network.ts',
  'open-job.ts',
  'http/transport.ts',
  'fetch/fetch-file.ts',
  'ndjson/inspect.ts',
]
/** What has no use where nobody asked for it; nor has a thread for small files. */
const rare = [
  ...['mock/index.ts', 'doctor/checks.ts', 'cli/reporter/fancy.ts', 'cli/reporter/bars.ts'],
  ...['queue/redis.ts', 'queue/open-queue.ts', 'open-worker.ts'],
  ...['fetch/check-thread.ts', 'report/', 'verify/'],
]

/** What has no use where there is only something to say. */
const talking = [...network, ...rare, 'presets.ts', 'job/']

/** What has no use where no file is fetched. */
const fetching = ['fetch/executor.ts', 'fetch/transfer.ts', 'ndjson/scanner.ts']

/** In an order in which each finds what it needs. */
const rows: Record<string, Row> = {
  '--help': { words: () => ['--help'], packages: [], without: talking },
  'export --help': { words: () => ['export', '--help'], packages: [], without: talking },
  help: { words: () => ['help'], packages: [], without: talking },
  'help exit-codes': { words: () => ['help', 'exit-codes'], packages: [], without: talking },
  'help vendors': { words: () => ['help', 'vendors'], packages: [], without: [...network, ...rare, 'job/'] },
  'help faults': { words: () => ['help', 'faults'], packages: [], without: talking },
  completion: { words: () => ['completion', 'bash'], packages: line, without: [...network, ...rare] },
  'a tab': { words: () => ['__complete', 'export', '--pr'], packages: [], without: [...talking, 'mock/'] },
  'a tab at a personality': {
    words: () => ['__complete', 'export', '--server', 'mock:'],
    packages: [],
    without: talking,
  },
  'export --dry-run': {
    words: ({ fhirUrl, at }) => ['export', '--dry-run', '--server', fhirUrl, '--out', at('nothing')],
    packages: reading,
    without: [...network, ...rare],
  },
  export: {
    words: ({ fhirUrl, at }) => ['export', '--server', fhirUrl, '--out', at('out')],
    packages: asking,
    without: rare,
  },
  'export from mock:': {
    words: ({ at }) => ['export', '--server', 'mock:', '--out', at('pretended')],
    packages: [...line, 'jose', 'msw', 'p-retry', 'split2', 'undici'],
    without: rare.slice(1),
  },
  kickoff: {
    words: ({ fhirUrl, at }) => ['kickoff', '--server', fhirUrl, '--out', at('started')],
    packages: asking,
    without: [...rare, ...fetching],
  },
  cancel: {
    words: ({ at }) => ['cancel', at('started')],
    packages: asking,
    without: [...rare, ...fetching],
  },
  resume: { words: ({ at }) => ['resume', at('out')], packages: asking, without: rare },
  status: { words: ({ at }) => ['status', at('out')], packages: reading, without: [...network, ...rare] },
  verify: { words: ({ at }) => ['verify', at('out')], packages: reading, without: rare.slice(0, -1) },
  report: {
    words: ({ at }) => ['report', at('out')],
    packages: ['commander', 'd3-array', 'd3-time', 'p-retry', 'split2'],
    without: [...network, ...rare.slice(0, -2)],
  },
  sync: {
    words: ({ fhirUrl, at }) => ['sync', 'Patient', '--server', fhirUrl, '--out', at('data')],
    packages: asking,
    without: rare,
  },
  jobs: { words: () => ['jobs'], packages: reading, without: [...network, ...rare] },
  doctor: {
    words: ({ fhirUrl }) => ['doctor', '--server', fhirUrl],
    packages: asking,
    without: ['mock/index.ts', 'cli/reporter/fancy.ts', 'verify/'],
  },
  'profile set': {
    words: ({ fhirUrl }) => ['profile', 'set', 'mine', '--server', fhirUrl],
    packages: ['commander', 'conf', 'p-retry', 'split2'],
    without: [...network, ...rare],
  },
  'profile list': { words: () => ['profile', 'list'], packages: reading, without: [...network, ...rare] },
  'profile show': {
    words: () => ['profile', 'show', 'mine'],
    packages: reading,
    without: [...network, ...rare],
  },
  'profile use': {
    words: () => ['profile', 'use', 'mine'],
    packages: ['commander', 'conf', 'p-retry', 'split2'],
    without: [...network, ...rare],
  },
  'export with a profile': {
    words: ({ at }) => ['export', '--dry-run', '--out', at('nothing')],
    packages: reading,
    without: [...network, ...rare],
  },
  'profile remove': {
    words: () => ['profile', 'remove', 'mine'],
    packages: ['commander', 'conf', 'p-retry', 'split2'],
    without: [...network, ...rare],
  },
  'auth keygen': {
    words: ({ at }) => ['auth', 'keygen', '--out', at('key.pem')],
    packages: ['commander', 'jose', 'p-retry', 'split2'],
    without: [...network, ...rare],
  },
  'auth jwks': {
    words: ({ at }) => ['auth', 'jwks', at('key.pem')],
    packages: ['commander', 'jose', 'p-retry', 'split2'],
    without: [...network, ...rare],
  },
  'auth token': {
    words: ({ fhirUrl, at }) => ['auth', 'token', '--server', fhirUrl, '--token-file', at('token')],
    packages: asking,
    without: [...rare, ...fetching],
  },
  // Where there is no Redis.
  worker: {
    words: ({ fhirUrl, at }) => [
      'worker',
      '--server',
      fhirUrl,
      '--out',
      at('shared'),
      '--queue',
      'redis://127.0.0.1:1',
    ],
    until: /Redis/,
    packages: reading,
    without: rare.filter((name) => !['queue/redis.ts', 'open-worker.ts'].includes(name)),
  },
  mock: {
    words: () => ['mock', '--port', '0'],
    until: /http:/,
    packages: ['commander', 'jose', 'msw', 'p-retry', 'split2'],
    without: [...network, ...rare.slice(1)],
  },
}

const isAmong = (modules: readonly string[], name: string): boolean =>
  modules.some((module) => (name.endsWith('/') ? module.startsWith(name) : module === name))

test('what files of dist/ read beside themselves is there', async () => {
  const dist = join(import.meta.dirname, '../../dist')
  const names = (await readdir(dist, { recursive: true })).filter((name) => name.endsWith('.js'))
  const targets = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(dist, name), 'utf8')
      const named = [...text.matchAll(/new URL\("(\.\.\/[^"]+)", import\.meta\.url\)/g)]
      return named.map(([, path = '']) => join(dist, name, '..', path))
    }),
  )
  expect(targets.flat()).toContain(join(dist, 'ndjson/scan-lines.wasm'))
  await Promise.all(targets.flat().map((path) => access(path)))
})

test('--version loads nothing', async () => {
  await using place = await newPlace()
  expect(await loadedBy(place, ['--version'])).toEqual({ packages: [], modules: [] })
})

test('every command has a row, and every module that is spared is one', async () => {
  expect(Object.keys(rows)).toEqual(expect.arrayContaining(Object.keys(catalogue)))
  const source = join(import.meta.dirname, '../../src')
  const all = await readdir(source, { recursive: true })
  const spared = new Set(Object.values(rows).flatMap(({ without }) => without))
  expect([...spared].filter((name) => !isAmong(all, name))).toEqual([])
})

test('each command loads what it uses, and nothing else', async () => {
  await using place = await newPlace()
  await using server = await serve()
  const world: World = { fhirUrl: server.fhirUrl, at: (name) => join(place.root, name) }
  await writeFile(world.at('token'), 'a.token')
  for (const [name, { words, packages, without, until }] of Object.entries(rows)) {
    const loaded = await loadedBy(place, words(world), until)
    expect.soft(loaded.packages, name).toEqual(packages)
    const superfluous = without.filter((module) => isAmong(loaded.modules, module))
    expect.soft(superfluous, name).toEqual([])
    expect.soft(isAmong(loaded.modules, 'cli/program.ts'), name).toBe(true)
  }
})
