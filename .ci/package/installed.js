// The tarball, installed in an empty directory and run there, as a user of npm has it: by this Node, on this system.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './production.js'

const isWindows = process.platform === 'win32'
const work = realpathSync(mkdtempSync(join(tmpdir(), 'bulkx-installed-')))
const consumer = join(work, 'consumer')
mkdirSync(consumer)
const env = { ...process.env, BULKX_STATE_DIR: join(work, 'state'), BULKX_CONFIG_DIR: join(work, 'config') }

const npm = (cwd, ...words) => execFileSync('npm', words, { cwd, env, encoding: 'utf8', shell: isWindows })

const must = (holds, words) => {
  if (!holds) throw new Error(words)
}

/** As a shell finds it, which on Windows is a script of npm's. */
const bulkx = (...words) => {
  const binary = join(consumer, 'node_modules/.bin', isWindows ? 'bulkx.cmd' : 'bulkx')
  const { status, stdout, stderr } = spawnSync(binary, words, {
    cwd: consumer,
    env,
    encoding: 'utf8',
    shell: isWindows,
  })
  must(status === 0, `bulkx ${words.join(' ')} ended ${status}: ${stdout}${stderr}`)
  must(!/warning/i.test(stderr), `bulkx ${words.join(' ')} warns: ${stderr}`)
  return stdout
}

const library = `
  import { exportJob, openJob, runExport } from 'bulkx'
  import { createMock, faults, listen, personalities } from 'bulkx/mock'
  for (const name of [exportJob, openJob, runExport, createMock, faults, listen, personalities]) if (!name) process.exit(1)
`

try {
  if (process.argv[2]) writeFileSync(join(work, 'bulkx.tgz'), readFileSync(process.argv[2]))
  else {
    npm(root, 'pack', '--silent', '--pack-destination', work)
    const [made] = readdirSync(work).filter((name) => name.endsWith('.tgz'))
    writeFileSync(join(work, 'bulkx.tgz'), readFileSync(join(work, made)))
  }
  writeFileSync(join(consumer, 'package.json'), '{"private":true}')
  npm(consumer, 'install', '--no-audit', '--no-fund', '--engine-strict', join('..', 'bulkx.tgz'))
  must(/^(bulkx )?\d+\.\d+\.\d+/.test(bulkx('--version')), 'bulkx --version says no version')
  bulkx('export', 'Group/123', '--type', 'Patient', '--server', 'mock:', '--out', 'out')
  const lines = readFileSync(join(consumer, 'out/Patient.0001.ndjson'), 'utf8').trimEnd().split('\n')
  must(lines.length === 10, `${lines.length} patients instead of 10`)
  must(readFileSync(join(consumer, 'out/manifest.json'), 'utf8').length > 0, 'no manifest.json')
  bulkx('verify', 'out')
  bulkx('sync', 'Group/123', '--server', 'mock:', '--out', 'data')
  writeFileSync(join(consumer, 'library.mjs'), library)
  const used = spawnSync(process.execPath, ['library.mjs'], { cwd: consumer, env, encoding: 'utf8' })
  must(used.status === 0 && used.stderr === '', `the library: ${used.stderr}`)
  console.log(`Node ${process.version}, ${process.platform}: installed, exported, verified, synced, imported`)
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  rmSync(work, { recursive: true, force: true })
}
