// `node .ci/package/release.js v1.2.3 owner/name`: may this tag be released? Prints what the changelog says of it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readJson, root } from './production.js'

const [tag, repository] = process.argv.slice(2)
const { name, version, repository: named } = readJson('package.json')
const changelog = readFileSync(join(root, 'CHANGELOG.md'), 'utf8')
const heading = `## ${version}\n`
const at = changelog.indexOf(`\n${heading}`)
const end = changelog.indexOf('\n## ', at + 2)
const url = typeof named === 'string' ? named : named?.url

const wrong = [
  [tag === `v${version}`, `the tag is ${tag}, package.json says ${version}: v${version}`],
  [
    readJson('package-lock.json').version === version,
    'package-lock.json has another version: npm install --package-lock-only',
  ],
  [at !== -1, `CHANGELOG.md has no heading ${JSON.stringify(heading.trim())}`],
  [
    repository === undefined || url?.replace(/\.git$/, '').endsWith(`github.com/${repository}`),
    `package.json names the repository ${url}, this is ${repository}: npm publishes no provenance of another one`,
  ],
].flatMap(([isRight, words]) => (isRight ? [] : [words]))

for (const words of wrong) console.error(`${name}: ${words}`)
if (wrong.length > 0) process.exit(1)
console.log(changelog.slice(at + heading.length + 1, end === -1 ? undefined : end).trim())
