// Builds dist/ from src/: rolldown joins the modules to the few files of bundle.js, tsc checks them and writes their
// types. Each file is put in place by a rename, and what the build no longer makes is removed afterwards: a command
// that starts during the build, or a second build beside it (`npx` runs `prepare`), never sees a missing file.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle } from './bundle.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const dist = join(root, 'dist')
const modules = join(root, 'node_modules')
const filesBelow = (directory) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))

/** The exit status of a program of ours. */
const run = (...args) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' })
    child.on('error', reject)
    child.on('close', (status) => resolve(status ?? 1))
  })

/** AssemblyScript takes seconds to start, so that what it made of the same source is kept. */
const compileAssembly = async (source, target, fresh) => {
  const options = ['--runtime', 'stub', '--enable', 'simd', '-O3', '--noAssert']
  const { version } = JSON.parse(readFileSync(join(modules, 'assemblyscript/package.json'), 'utf8'))
  const sources = readdirSync(dirname(source)).map((name) =>
    readFileSync(join(dirname(source), name), 'utf8'),
  )
  const key = JSON.stringify([version, options, ...sources])
  const kept = join(root, '.tmp', `${createHash('sha256').update(key).digest('hex').slice(0, 16)}.wasm`)
  if (!existsSync(kept)) {
    const made = join(fresh, 'made.wasm')
    const status = await run(join(modules, 'assemblyscript/bin/asc.js'), source, '-o', made, ...options)
    if (status !== 0) return status
    renameSync(made, kept)
  }
  mkdirSync(dirname(target), { recursive: true })
  copyFileSync(kept, target)
  return 0
}

/** Removes types that no entry of the package leads to: nobody can import them. */
const pruneTypes = (files) => {
  const wanted = new Set(['index.d.ts', 'mock/index.d.ts'])
  for (const file of wanted) {
    const named = readFileSync(join(files, file), 'utf8').matchAll(
      /(?:from |import\()['"](\.[^'"]+)\.js['"]/g,
    )
    for (const [, name] of named) wanted.add(`${join(dirname(file), name)}.d.ts`)
  }
  const superfluous = filesBelow(files).filter((file) => file.endsWith('.d.ts') && !wanted.has(file))
  for (const file of superfluous) rmSync(join(files, file))
}

mkdirSync(join(root, '.tmp'), { recursive: true })
const fresh = mkdtempSync(join(root, '.tmp', 'build-'))
const files = join(fresh, 'dist')
try {
  const tsc = join(modules, 'typescript', 'bin', 'tsc')
  const statuses = await Promise.all([
    run(tsc, '-p', join(root, 'src'), '--emitDeclarationOnly', '--outDir', files),
    bundle(root, files),
    compileAssembly(
      join(root, 'src/ndjson/wasm/scan-lines.ts'),
      join(files, 'ndjson/scan-lines.wasm'),
      fresh,
    ),
  ])
  process.exitCode = Math.max(...statuses)
  if (process.exitCode === 0) {
    pruneTypes(files)
    const made = filesBelow(files)
    for (const file of made) {
      mkdirSync(dirname(join(dist, file)), { recursive: true })
      renameSync(join(files, file), join(dist, file))
    }
    const keep = new Set(made)
    for (const file of filesBelow(dist)) if (!keep.has(file)) rmSync(join(dist, file), { force: true })
  }
} finally {
  rmSync(fresh, { recursive: true, force: true })
}
