// Which modules share a file of dist/: a process starts faster with few files, and loads only those it uses.
import { readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { rolldown } from 'rolldown'

/** Files that are named from outside: by bin/, by package.json, or by the URL of a thread. */
const entriesOf = (source) => [
  ...['cli/main', 'index', 'mock/index'],
  ...readdirSync(source, { recursive: true })
    .filter((name) => name.endsWith('-thread.ts'))
    .map((name) => name.replaceAll(sep, '/').slice(0, -'.ts'.length)),
]

/**
 * What is loaded together, from the ground up: each group takes with it what it needs, save what stands above. All
 * else, such as a command, has a file of its own.
 */
const groups = [
  [
    'base',
    /^(errors|json|config|version|system-clock|system-process|sink\/(disk|storage-error)|protocol\/operation-outcome)\.ts$/,
  ],
  ['options', /^(options\/.+|sink\/object\/store-url)\.ts$/],
  ['presets', /^preset(s\/.+|s|-advice)\.ts$/],
  ['program', /^cli\/(main|io|program)\.ts$/],
  ['check', /^(ndjson\/inspect|fetch\/(check|check-message))\.ts$/],
  ['settings', /^cli\/(profiles|settings)\.ts$/],
  ['job', /^(job\/|spelling\.ts$)/],
  ['auth', /^auth\//],
  ['fleet', /^queue\/fleet-note\.ts$/],
  ['engine', /^open-job\.ts$/],
  ['download', /^fetch\/executor\.ts$/],
  ['commands', /^cli\/(run-job|start-export|describe-job|place|job-list)\.ts$/],
  ['mock-tables', /^mock\/(faults|handler|personalities|scenarios)\.ts$/],
  ['mock', /^mock\//],
]

/** A file less to read for each command. */
const fixedVersion = (source, version) => ({
  name: 'fixed-version',
  load: (id) =>
    id === join(source, 'version.ts') ? `export const version = ${JSON.stringify(version)}` : null,
})

const write = async (root, files) => {
  const source = join(root, 'src')
  const { version, dependencies, peerDependencies } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  )
  const nameOf = (id) => id.slice(source.length + 1).replaceAll(sep, '/')
  const build = await rolldown({
    input: Object.fromEntries(entriesOf(source).map((name) => [name, join(source, `${name}.ts`)])),
    external: new RegExp(
      `^(node:|(${Object.keys({ ...dependencies, ...peerDependencies }).join('|')})(/|$))`,
    ),
    plugins: [fixedVersion(source, version)],
    platform: 'node',
    transform: { target: 'node20.18' },
    tsconfig: false,
    // Of dynamic imports that split nothing: tests say what is loaded.
    checks: { ineffectiveDynamicImport: false },
  })
  await build.write({
    dir: files,
    format: 'esm',
    entryFileNames: '[name].js',
    // As deep as the folders of src/, for URLs relative to a module.
    chunkFileNames: 'chunks/[name].js',
    // A stack trace shows names, and a file that a build has just replaced still fits the others.
    minifyInternalExports: false,
    comments: false,
    codeSplitting: {
      groups: groups.map(([name, members], place) => ({
        name,
        test: (id) => members.test(nameOf(id)),
        priority: groups.length - place,
      })),
    },
  })
  await build.close()
}

/**
 * Writes the JavaScript of src/ to `files`, and resolves to an exit status. Packages stay outside: users get their
 * fixes from the registry.
 */
export const bundle = async (root, files) => {
  try {
    await write(root, files)
    return 0
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    return 1
  }
}
