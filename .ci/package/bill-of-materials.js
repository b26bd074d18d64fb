// Writes the software bill of materials (CycloneDX) of what we publish to the named file. Fails unless each package that
// users get is in it, with a licence that licences.json permits.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { productionPackages, readJson, root } from './production.js'

const [target] = process.argv.slice(2)
const options = ['--package-lock-only', '--sbom-format', 'cyclonedx', '--sbom-type', 'application']
const bill = JSON.parse(
  execFileSync('npm', ['sbom', ...options], { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 }),
)

const own = bill.metadata.component
// npm takes the name of the directory.
own.name = readJson('package.json').name

const permitted = new Set(readJson('.ci/package/licences.json'))
const licencesOf = ({ licenses = [] }) =>
  licenses.map(({ license, expression }) => expression ?? license?.id ?? license?.name ?? 'none')

/** `MIT OR Apache-2.0`: one that is permitted will do; of `AND`, each. */
const isPermitted = (expression) =>
  expression
    .replace(/[()]/g, '')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((one) => permitted.has(one.trim())))

const fullName = ({ group, name, version }) => `${group ? `${group}/` : ''}${name}@${version}`
const production = productionPackages().map(fullName)

// `npm sbom --omit dev` leaves out what users get where a package for developers might use it, too.
bill.components = bill.components.filter((component) => production.includes(fullName(component)))
const components = new Map(bill.components.map((component) => [fullName(component), component]))
const known = new Set([own, ...bill.components].map((component) => component['bom-ref']))
bill.dependencies = bill.dependencies
  .filter(({ ref }) => known.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => known.has(other)) }))

const wrong = production.flatMap((name) => {
  const component = components.get(name)
  if (!component) return [`${name} is not in the bill`]
  const licences = licencesOf(component)
  if (licences.length === 0) return [`${name} names no licence`]
  return licences.filter((one) => !isPermitted(one)).map((one) => `${name}: ${one} is not in licences.json`)
})

for (const line of wrong) console.log(line)
if (wrong.length > 0) process.exitCode = 1
if (target) writeFileSync(target, `${JSON.stringify(bill, null, 2)}\n`)
console.log(`${bill.components.length} packages in the bill of materials`)
