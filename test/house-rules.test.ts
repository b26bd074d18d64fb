/** The rules of the house: who may import whom, which package has which home, how large things may get. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { presets } from '../src/presets.js'

const src = join(import.meta.dirname, '../src')

interface Import {
  from: string
  to: string
  typeOnly: boolean
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(src, join(entry.parentPath, entry.name)))

const files = filesBelow(src)
const textOf = (file: string): string => readFileSync(join(src, file), 'utf8')

const importsOf = (file: string): Import[] => {
  const statements = textOf(file).matchAll(
    /(?:import|export)\s([^'";]*?)\sfrom\s'([^']+)'|import\('([^']+)'\)/g,
  )
  return [...statements].map(([, names = '', named, dynamic]) => {
    const specifier = named ?? dynamic ?? ''
    const to = specifier.startsWith('.')
      ? relative(src, join(src, dirname(file), specifier)).replace(/js$/, 'ts')
      : specifier
    const listed = /^\{(.*)\}$/s
      .exec(names.trim())?.[1]
      ?.split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
    const typeOnly = /^type\s/.test(names) || listed?.every((name) => name.startsWith('type ')) === true
    return { from: file, to, typeOnly }
  })
}

/** Without comments. */
const code = (file: string): string => textOf(file).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')

const layerOf = (file: string): string => file.split('/')[0] ?? ''
const imports = files.flatMap(importsOf)

/** `*`: anything of it; `types`: its types only; otherwise the files that may be imported. */
type Allowed = Record<string, '*' | 'types' | string[]>

const common: Allowed = {
  'json.ts': '*',
  'errors.ts': '*',
  'clock.ts': 'types',
  'config.ts': 'types',
  'version.ts': '*',
}

const table: Record<string, Allowed> = {
  http: { ...common },
  auth: { ...common, http: '*' },
  protocol: { 'json.ts': '*', http: ['exchange', 'retry-after', 'url', 'body'] },
  ndjson: { 'json.ts': '*' },
  sink: { ...common, http: ['retry'] },
  fetch: { ...common, http: '*', protocol: '*', ndjson: '*', sink: 'types' },
  job: {
    ...common,
    http: ['body', 'exchange', 'network-error', 'retry', 'url'],
    protocol: '*',
    ndjson: ['lines'],
    sink: ['disk', 'storage-error', 'sink'],
    fetch: 'types',
  },
  // Knows data sets: exports that are finished, and snapshots made of them.
  sync: {
    ...common,
    http: ['body', 'exchange', 'network-error', 'retry', 'retry-after', 'url'],
    protocol: ['instant', 'operation-outcome'],
    ndjson: '*',
    sink: ['disk', 'storage-error'],
    job: ['facts', 'journal', 'next-command', 'question'],
  },
  // Reads what stands on the disk, and changes nothing.
  verify: {
    ...common,
    http: ['coding'],
    protocol: ['types'],
    ndjson: '*',
    sink: ['disk', 'storage-error'],
    fetch: 'types',
    job: ['directory', 'export-log', 'files', 'manifest-file', 'next-command', 'outcome', 'pool', 'state'],
    sync: ['check', 'dataset'],
  },
  // Tells of what stands on the disk, as a page. Numbers have the same words there as on a terminal.
  report: {
    ...common,
    http: ['url'],
    options: ['target'],
    protocol: ['types', 'parameters'],
    job: ['directory', 'facts', 'files', 'findings', 'journal', 'manifest-file', 'outcome', 'pages', 'state'],
    sync: ['dataset', 'round', 'round-advice'],
    verify: ['dataset-there', 'inside', 'journal-there', 'stored-manifest'],
    cli: ['text'],
  },
  'system-clock.ts': { 'clock.ts': 'types' },
  'system-process.ts': { job: 'types' },
  // What can be set, for the command line and the library alike.
  options: { ...common, 'config.ts': '*', protocol: 'types' },
  'open-network.ts': { ...common, http: '*', auth: '*' },
  // Knows Redis: tasks and results on their way between coordinator and workers.
  queue: {
    ...common,
    http: ['exchange', 'pace', 'url'],
    protocol: ['operation-outcome'],
    fetch: 'types',
    sink: ['disk', 'sink', 'local'],
    job: ['journal-line'],
  },
  'open-worker.ts': {
    ...common,
    http: ['url'],
    fetch: '*',
    sink: ['open-sink'],
    job: 'types',
    'open-network.ts': '*',
    queue: '*',
  },
  'open-job.ts': {
    ...common,
    http: '*',
    'open-network.ts': '*',
    sink: '*',
    fetch: '*',
    job: '*',
    queue: '*',
  },
  // Looks at a server as an export would, and knows nothing of jobs.
  doctor: {
    ...common,
    http: '*',
    auth: '*',
    protocol: ['base-url', 'operation-outcome'],
    'presets.ts': '*',
    'preset-advice.ts': '*',
    sink: ['storage-error'],
    'open-network.ts': '*',
  },
  // Rows, and what they say of a request: nothing runs here.
  'presets.ts': { options: 'types', presets: '*' },
  presets: { 'presets.ts': 'types' },
  'preset-advice.ts': { 'presets.ts': 'types', protocol: 'types' },
  'config.ts': { auth: 'types', protocol: 'types', job: 'types' },
  'spelling.ts': { options: '*', protocol: 'types', job: ['next-command'] },
  // The engine for other programs: nothing of the command line.
  library: {
    ...common,
    options: '*',
    'presets.ts': '*',
    'preset-advice.ts': '*',
    'spelling.ts': '*',
    auth: ['credentials-for', 'given-secrets'],
    http: 'types',
    protocol: ['types', 'operation-outcome'],
    sink: ['object/store-url', 'open-sink'],
    job: '*',
    'open-job.ts': '*',
    'system-clock.ts': '*',
    'system-process.ts': '*',
  },
  'index.ts': {
    ...common,
    'config.ts': '*',
    library: '*',
    auth: 'types',
    http: 'types',
    protocol: 'types',
    job: '*',
    'open-job.ts': '*',
    'system-clock.ts': '*',
  },
  cli: {
    ...common,
    'config.ts': '*',
    options: '*',
    'presets.ts': '*',
    'preset-advice.ts': '*',
    'spelling.ts': '*',
    auth: ['access-token', 'credentials-for', 'given-secrets', 'key-pair', 'keys', 'method', 'scopes'],
    http: ['url', 'exchange'],
    protocol: ['types', 'kick-off', 'delete'],
    sink: ['disk', 'storage-error', 'open-sink', 'object/store-url'],
    job: '*',
    fetch: ['progress'],
    verify: '*',
    report: '*',
    'open-job.ts': '*',
    'open-network.ts': '*',
    'open-worker.ts': '*',
    queue: ['fleet-note'],
    doctor: '*',
    sync: '*',
    'system-clock.ts': '*',
    'system-process.ts': '*',
    mock: ['index', 'faults', 'handler', 'personalities', 'scenarios'],
  },
  // The mock shares types with the client and nothing else: a shared reader would cancel its own bugs out.
  mock: { 'clock.ts': 'types', 'system-clock.ts': '*', http: 'types', protocol: 'types' },
}

const isAllowed = ({ from, to, typeOnly }: Import): boolean => {
  const rule = { ...table[layerOf(from)] }[layerOf(to)]
  if (layerOf(from) === layerOf(to) || rule === '*') return true
  if (rule === undefined) return false
  if (rule === 'types') return typeOnly
  return typeOnly || rule.includes(to.replace(/^[^/]*\//, '').replace(/\.ts$/, ''))
}

test('layers import only what lies below them', () => {
  const own = imports.filter(({ to }) => to.endsWith('.ts'))
  expect(own.length).toBeGreaterThan(100)
  expect(own.filter((entry) => !isAllowed(entry)).map(({ from, to }) => `${from} imports ${to}`)).toEqual([])
})

const homes: Record<string, RegExp> = {
  '@aws-sdk/client-s3': /^sink\/object\/s3\.ts$/,
  '@azure/core-auth': /^sink\/object\/azure\.ts$/,
  '@azure/identity': /^sink\/object\/azure\.ts$/,
  '@azure/storage-blob': /^sink\/object\/azure\.ts$/,
  'google-auth-library': /^sink\/object\/gcs\.ts$/,
  '@redis/client': /^queue\/load-client\.ts$/,
  undici: /^http\/transport\.ts$/,
  'p-retry': /^http\/retry\.ts$/,
  jose: /^(auth\/|mock\/token)/,
  split2: /^(ndjson\/|mock\/)/,
  msw: /^mock\//,
  commander: /^cli\//,
  chalk: /^cli\//,
  ora: /^cli\/reporter\//,
  'cli-progress': /^cli\/reporter\//,
  conf: /^cli\//,
  'd3-array': /^report\/charts\//,
  'd3-time': /^report\/charts\//,
}

test('each package has one home', () => {
  const packages = imports.filter(({ to }) => !to.endsWith('.ts') && !to.startsWith('node:'))
  const strays = packages.filter(({ from, to }) => !homes[to]?.test(from))
  expect(strays.map(({ from, to }) => `${from} imports ${to}`)).toEqual([])
})

test('the package lists the dependencies that are imported, and no others', () => {
  const manifest: Record<'dependencies' | 'peerDependencies', Record<string, string>> = JSON.parse(
    readFileSync(join(src, '../package.json'), 'utf8'),
  )
  const isOptional = (name: string): boolean => name in manifest.peerDependencies
  const imported = new Set(
    imports.flatMap(({ to, typeOnly }) => (to in homes && !typeOnly && !isOptional(to) ? [to] : [])),
  )
  expect(Object.keys(manifest.dependencies).sort()).toEqual([...imported].sort())
})

test('time, chance, the process and the console are reached through io.ts and the system files alone', () => {
  const globals =
    /(?<![-.\w])(?:process\.|console\.|Date\.now\(|setTimeout\(|setInterval\(|Math\.random\(|AbortSignal\.timeout\()/
  expect(
    files.filter(
      (file) =>
        !['cli/io.ts', 'system-clock.ts', 'system-process.ts'].includes(file) && globals.test(code(file)),
    ),
  ).toEqual([])
})

test('directories are made by one function: the recursive one of Node does not end where a system makes nothing', () => {
  const own = files.filter((file) => layerOf(file) !== 'mock')
  expect(own.filter((file) => /\bmkdir(?:Sync)?\([^)]*recursive/.test(code(file)))).toEqual([])
})

test('files stay below 300 lines, say in their first line why they exist, and are no drawers', () => {
  expect(files.filter((file) => textOf(file).split('\n').length > 301)).toEqual([])
  expect(files.filter((file) => !textOf(file).startsWith('/**'))).toEqual([])
  expect(files.filter((file) => /(^|\/)(utils?|helpers?|common|lib|misc)(\/|\.ts$)/.test(file))).toEqual([])
  expect(files.filter((file) => !/^[a-z0-9-]+(\/[a-z0-9-]+)*\.ts$/.test(file))).toEqual([])
})

/** From a declaration at the margin, or a method's head, to the line that closes it at the same margin. */
const functionLengths = (file: string): { name: string; lines: number }[] => {
  const lines = textOf(file).split('\n')
  const head = /^( {0,2})(?:export )?(?:async )?(?:(?:const|function\*?) )?([\w$]+)\b.*(?:=>|\)).*[{(]$/
  return lines.flatMap((line, start) => {
    const [, margin = '', name = ''] = head.exec(line) ?? []
    if (name === '' || /^(if|for|while|switch|return|interface|type|class|try|else)$/.test(name)) return []
    const length = lines
      .slice(start + 1)
      .findIndex((later) => later.startsWith(margin) && /^[})]/.test(later.slice(margin.length)))
    return length === -1 ? [] : [{ name: `${file}: ${name}`, lines: length + 2 }]
  })
}

test('functions fit on a screen', () => {
  const long = files.flatMap(functionLengths).filter(({ lines }) => lines > 60)
  expect(files.flatMap(functionLengths).length).toBeGreaterThan(200)
  expect(long.map(({ name }) => name)).toEqual([])
})

test('named exports, and no way round the types', () => {
  const forbidden = /^export default|: any\b|\bas any\b|<any>|@ts-ignore|@ts-expect-error/m
  expect(files.filter((file) => forbidden.test(code(file)))).toEqual([])
})

test('what a job does with a server never depends on who made it', () => {
  const products = [...Object.keys(presets), 'cerner', 'millennium', 'practice ?fusion', 'healthlake']
  const named = new RegExp(`(?<![\\w-])(?:${products.join('|')})(?![\\w-])`, 'i')
  const layers = ['job', 'protocol', 'http', 'fetch']
  expect(files.filter((file) => layers.includes(layerOf(file)) && named.test(code(file)))).toEqual([])
})
