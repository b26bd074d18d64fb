// Builds dist/ from src/. Each file is put in place by a rename, and what the build no longer makes is
// removed afterwards: a command that starts during the build, or a second build beside it (`npx` runs
// `prepare`), never sees a missing file.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const dist = join(root, 'dist')
const filesBelow = (directory) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))

mkdirSync(join(root, '.tmp'), { recursive: true })
const fresh = mkdtempSync(join(root, '.tmp', 'build-'))
try {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const compiled = spawnSync(process.execPath, [tsc, '-p', join(root, 'src'), '--outDir', fresh], {
    stdio: 'inherit',
  })
  if (compiled.status !== 0) process.exit(compiled.status ?? 1)
  const made = filesBelow(fresh)
  for (const file of made) {
    mkdirSync(dirname(join(dist, file)), { recursive: true })
    renameSync(join(fresh, file), join(dist, file))
  }
  const keep = new Set(made)
  for (const file of filesBelow(dist)) if (!keep.has(file)) rmSync(join(dist, file), { force: true })
} finally {
  rmSync(fresh, { recursive: true, force: true })
}
