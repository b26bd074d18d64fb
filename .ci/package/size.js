// Is the package still as small as size.json allows? Says what grew where it is not. `--write`: takes what is there.
import { execFileSync } from 'node:child_process'
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { productionPackages, readJson, root } from './production.js'

const place = '.ci/package/size.json'
/** Of what is there, how much may be added before somebody must say that it is worth it. */
const room = 1.5

const bytesBelow = (directory) =>
  readdirSync(directory, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(directory, entry.name)
    // What another package needs in another version is counted as a package of its own.
    if (entry.isDirectory()) return sum + (entry.name === 'node_modules' ? 0 : bytesBelow(path))
    return sum + (entry.isFile() ? statSync(path).size : 0)
  }, 0)

const packed = () => {
  const text = execFileSync('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], {
    cwd: root,
    encoding: 'utf8',
  })
  const said = JSON.parse(text)
  return Array.isArray(said) ? said[0] : Object.values(said)[0]
}

/** `dist/chunks`, `CHANGELOG.md`. */
const partOf = (path) =>
  path
    .split('/')
    .slice(0, path.split('/').length > 2 ? 2 : 1)
    .join('/')

const measure = () => {
  const { size, unpackedSize, files } = packed()
  const parts = {}
  for (const file of files) parts[partOf(file.path)] = (parts[partOf(file.path)] ?? 0) + file.size
  const dependencies = productionPackages()
  for (const { path } of dependencies) parts[path] = bytesBelow(join(root, path))
  const installed = Object.values(parts).reduce((sum, bytes) => sum + bytes, 0)
  const totals = {
    'bytes packed': size,
    'bytes unpacked': unpackedSize,
    files: files.length,
    packages: dependencies.length,
    'bytes installed, with all packages': installed,
  }
  return { totals, parts }
}

const write = ({ totals, parts }) => {
  const most = Object.fromEntries(
    Object.entries(totals).map(([name, count]) => [name, Number((count * room).toPrecision(2))]),
  )
  const sorted = Object.fromEntries(Object.entries(parts).sort(([, one], [, other]) => other - one))
  writeFileSync(join(root, place), `${JSON.stringify({ most, were: totals, parts: sorted }, null, 2)}\n`)
}

/** Parts with the most bytes more than they had, the largest first. */
const grown = (now, then) =>
  Object.entries(now)
    .map(([name, bytes]) => ({ name, more: bytes - (then[name] ?? 0) }))
    .filter(({ more }) => more > 0)
    .sort((one, other) => other.more - one.more)
    .slice(0, 10)
    .map(({ name, more }) => `  ${name}: ${more} bytes more`)

const measured = measure()
if (process.argv.includes('--write')) write(measured)
const { most, were, parts } = readJson(place)
for (const [name, count] of Object.entries(measured.totals))
  console.log(`${count} ${name}, at most ${most[name]}`)
const over = Object.entries(measured.totals).filter(([name, count]) => count > most[name])
for (const [name, count] of over) console.log(`${name}: ${count}, was ${were[name]}, at most ${most[name]}`)
if (over.length > 0) {
  console.log(['what grew:', ...grown(measured.parts, parts)].join('\n'))
  console.log('hint: make it smaller, or say that it is worth it: node .ci/package/size.js --write')
  process.exitCode = 1
}
