// `node .ci/package/executable.js <directory>`: bulkx as one executable file, which needs no Node, tried out in an empty
// directory. By Node 26 or newer, for the system that this runs on; what is in the file is this very Node.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { rolldown } from 'rolldown'
import { readJson, root } from './production.js'

const target = resolve(process.argv[2] ?? '.')
const { version } = readJson('package.json')
const scanLines = readFileSync(join(root, 'dist/ndjson/scan-lines.wasm'), 'base64')

/** What is a file of its own elsewhere, written into the code; each must be met, or the sources have changed. */
const inlined = (more = []) => {
  const rows = [
    ['src/version.ts', 'readVersion()', JSON.stringify(version)],
    ['src/ndjson/scanner.ts', 'readFileSync(programFile)', `Buffer.from('${scanLines}', 'base64')`],
    ...more,
  ].map(([file, from, to]) => ({ file: join(root, file), from, to, isMet: false }))
  return {
    name: 'inlined',
    transform: (code, id) => {
      const own = rows.filter(({ file }) => file === id)
      if (own.length === 0) return null
      return own.reduce((text, row) => {
        row.isMet ||= text.includes(row.from)
        return text.replace(row.from, () => row.to)
      }, code)
    },
    missing: () => rows.filter(({ isMet }) => !isMet).map(({ file, from }) => `${file} has no ${from}`),
  }
}

const bundle = async (input, plugin) => {
  const build = await rolldown({
    input: join(root, input),
    // What stands in dist/ is made of these.
    resolve: { alias: { '../dist/cli/main.js': join(root, 'src/cli/main.ts') } },
    plugins: [plugin],
    platform: 'node',
    tsconfig: false,
    checks: { ineffectiveDynamicImport: false },
  })
  const { output } = await build.generate({ format: 'esm', codeSplitting: false })
  await build.close()
  return output[0].code
}

const ofThread = inlined()
const thread = await bundle('src/fetch/check-thread.ts', ofThread)
const ofMain = inlined([
  [
    'bin/bulkx.js',
    "JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))",
    JSON.stringify({ version }),
  ],
  [
    'src/fetch/check-threads.ts',
    "new URL('../../dist/fetch/check-thread.js', import.meta.url)",
    `new URL('data:text/javascript;base64,${Buffer.from(thread).toString('base64')}')`,
  ],
])
mkdirSync(target, { recursive: true })
writeFileSync(join(target, 'bulkx.mjs'), await bundle('bin/bulkx.js', ofMain))
const missing = ofMain.missing()
if (missing.length > 0) throw new Error(missing.join('\n'))

const settings = {
  main: 'bulkx.mjs',
  mainFormat: 'module',
  output: process.platform === 'win32' ? 'bulkx.exe' : 'bulkx',
  disableExperimentalSEAWarning: true,
}
writeFileSync(join(target, 'sea.json'), JSON.stringify(settings))
execFileSync(process.execPath, ['--build-sea=sea.json'], { cwd: target, stdio: 'inherit' })

const empty = mkdtempSync(join(tmpdir(), 'bulkx-executable-'))
const state = { BULKX_STATE_DIR: join(empty, 'state'), BULKX_CONFIG_DIR: join(empty, 'config') }
try {
  for (const words of [
    ['--version'],
    ['export', 'Group/123', '--server', 'mock:', '--out', 'out', '--gzip'],
    ['verify', 'out'],
    ['sync', 'Group/123', '--server', 'mock:', '--out', 'data'],
    ['verify', 'data'],
    ['doctor', '--server', 'mock:'],
  ])
    execFileSync(join(target, settings.output), words, { cwd: empty, env: state, stdio: 'pipe' })
} finally {
  rmSync(empty, { recursive: true, force: true })
}
rmSync(join(target, settings.main))
rmSync(join(target, 'sea.json'))
