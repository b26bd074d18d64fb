/** The examples of the help work as they are printed: each is parsed, and each that needs no other machine is run. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { catalogue } from '../../src/cli/catalogue.js'
import { readCommandLine } from '../../src/cli/command-line.js'
import { resolveSettings } from '../../src/cli/settings.js'
import { type Session, session } from './session.js'

/** As a shell splits it; what stands behind # or > is for people and files. */
const wordsOf = (example: string): string[] => {
  const line = example.replace(/\s+[#>].*$/, '')
  return (line.match(/(?:[^\s']|'[^']*')+/g) ?? []).map((word) => word.replaceAll("'", ''))
}

const rows = Object.entries(catalogue).flatMap(([name, { examples }]) =>
  examples.map((example) => ({ name, example })),
)

/** Beside its own command, an example may show what comes next. */
const commandOf = (words: readonly string[]): string => {
  const both = words.slice(1, 3).join(' ')
  return Object.hasOwn(catalogue, both) ? both : (words[1] ?? '')
}

test('there is one for each command, and each is of a command', () => {
  for (const [name, { examples }] of Object.entries(catalogue)) {
    expect(examples.filter((example) => commandOf(wordsOf(example)) === name).length, name).toBeGreaterThan(0)
    expect(
      examples.filter((example) => !example.startsWith('bulkx ')),
      name,
    ).toEqual([])
  }
})

test.each(rows)('$example: is parsed', ({ example }) => {
  const words = wordsOf(example)
  const name = commandOf(words)
  const row = catalogue[name]
  if (!row) throw new Error(`there is no command ${name}`)
  const line = readCommandLine(name, row, words.slice(1 + name.split(' ').length))
  if (line === 'help') throw new Error('it asks for help')
  resolveSettings({ names: row.options, flags: line.flags, env: {} })
})

const finished = async ({ run, server }: Session): Promise<void> => {
  await run(['export', '--server', server, '-o', 'out'])
  for (const dataset of ['data', 'dataset']) await run(['sync', '--server', server, '-o', dataset])
}

/** What has to be there first. */
const before: Readonly<Record<string, (world: Session) => Promise<unknown>>> = {
  resume: ({ run, server }) => run(['kickoff', '--server', server, '-o', 'out']),
  status: ({ run, server }) => run(['kickoff', '--server', server, '-o', 'out']),
  cancel: ({ run, server }) => run(['kickoff', '--server', server, '-o', 'out']),
  verify: finished,
  report: finished,
  'auth jwks': ({ run }) => run(['auth', 'keygen', '--out', 'key.pem']),
  mock: async ({ run, server, cwd }) => {
    await run(['auth', 'keygen', '--out', 'key.pem'])
    await run(['export', '--server', server, '-o', join(cwd, 'ndjson')])
  },
}

/** What another machine, or a server that signs in, would be needed for. */
const notRun = new Set(['auth token', 'worker'])

/** The status URL of a job that is kicked off somewhere else. */
const runningJob = async ({ run, server }: Session): Promise<string> => {
  const { lines } = await run(['kickoff', '--server', server, '-o', 'elsewhere', '--json'])
  return String(lines.find(({ type }) => type === 'kick-off-accepted')?.pollingLocation)
}

/** A look may come too early. */
const codesOf = (words: readonly string[]): number[] =>
  words.includes('--once') || words.includes('status') ? [0, 9] : [0]

test.each(rows.filter(({ name }) => !notRun.has(name)))('$example: is run', async ({ name, example }) => {
  const world = await session()
  const { run, server, cwd } = world
  for (const file of ['token', 'clinic.pem']) writeFileSync(join(cwd, file), 'a.token')
  await run(['profile', 'set', 'clinic', '--server', server])
  await run(['profile', 'set', 'epic', '--server', server, '--kid', 'k'])
  const words = wordsOf(example)
  const takesOver = words[2]?.startsWith('https:') === true && name !== 'export'
  const statusUrl = takesOver ? await runningJob(world) : ''
  if (!takesOver) await (before[name] ?? before[commandOf(words)])?.(world)
  const argv = words
    .slice(1)
    .map((word) => word.replace('https://ehr.example/fhir/jobs/77', statusUrl))
    .map((word) => word.replace('https://ehr.example/fhir', server))
  const isMock = name === 'mock'
  const { code, err } = await run(isMock ? [...argv, '--port', '0'] : argv, {
    env: { BULKX_SERVER: server },
    watch: (io, text) => {
      if (isMock && text.includes('Ctrl-C')) io.interrupt()
    },
  })
  expect(codesOf(words), err).toContain(code)
})
