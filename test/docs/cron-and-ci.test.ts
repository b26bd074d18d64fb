/** What docs/cron-and-ci.md shows can be pasted: its script, its crontab, its unit and its workflow are run. */
import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { start } from '../process/child.js'
import { blocksOf, fileOf, textOf } from './page.js'
import { type DocsPlace, docsPlace, writeFileOf } from './shell.js'

const page = 'docs/cron-and-ci.md'
const file = (name: string): string => fileOf(page, name)

/** The `run` steps of a workflow, as GitHub runs them. */
const stepsOf = (job: string): string[] => {
  const [, own = ''] = new RegExp(`^  ${job}:\\n((?:    .*\\n|\\n)+)`, 'm').exec(file('bulk-data.yml')) ?? []
  return [...own.matchAll(/^ {8}run: (?:\|\n((?: {10}.*\n|\n)+)|(.*)\n)/gm)].map(
    ([, lines, line = '']) => lines?.replace(/^ {10}/gm, '') ?? line,
  )
}

let place: DocsPlace
let server = ''

/** As cron would run it: with little in the environment. */
const shell = (script: string, more: Record<string, string> = {}, shellOptions: string[] = []) => {
  const { status, stdout, stderr } = spawnSync(
    '/bin/sh',
    [...shellOptions, '-c', script.replaceAll('/srv/bulkx', place.directory)],
    {
      cwd: place.directory,
      encoding: 'utf8',
      env: { ...place.env, BULKX_SERVER: server, BULKX_POLL_MIN: '100ms', ...more },
    },
  )
  return { status, said: stdout + stderr }
}

const generation = (): number =>
  JSON.parse(readFileSync(join(place.directory, 'data/dataset.json'), 'utf8')).generation

const makeStale = (): void => {
  const then = Date.now() / 1000 - 3 * 86_400
  utimesSync(join(place.directory, 'data/dataset.json'), then, then)
}

beforeAll(async () => {
  place = await docsPlace()
  for (const block of blocksOf(textOf(page)))
    if (/ file=nightly\.sh$/.test(block.info)) writeFileOf(place, block)
  const mock = start(place, ['mock', '--port', '0', '--patients', '20', '--job-seconds', '0'])
  server = /http:\S+/.exec(await mock.saying(/http:\/\/\S+/))?.[0] ?? ''
})

afterAll(() => place[Symbol.asyncDispose]())

describe('nightly.sh', () => {
  test('from the crontab: silent, and the data set is there', () => {
    const { text = '' } = blocksOf(textOf(page)).find(({ info }) => info === 'crontab') ?? {}
    const [, command = ''] = /^(?:\S+ ){5}(.+)$/m.exec(text.replace(/^\w+=.*$/gm, '').trim()) ?? []
    expect(command).toBe('/srv/bulkx/nightly.sh')
    expect(shell(command)).toEqual({ status: 0, said: '' })
    expect(generation()).toBe(1)
    expect(readFileSync(join(place.directory, 'sync.log'), 'utf8')).toMatch(/verified \.\/data/)
  })

  test('from the unit: the next round', () => {
    const [, command = ''] = /^ExecStart=(.+)$/m.exec(file('bulkx-sync.service')) ?? []
    expect(shell(command)).toEqual({ status: 0, said: '' })
    expect(generation()).toBe(2)
  })

  test('another server is another question: an alert', () => {
    const away = { BULKX_SERVER: 'http://127.0.0.1:9/fhir', BULKX_PATIENCE: '100ms' }
    const other = shell('./nightly.sh', away)
    expect([other.status, other.said]).toEqual([
      2,
      expect.stringContaining('a new question needs a data set'),
    ])
  })

  test('codes that retry, ignore and alert', () => {
    const real = join(place.root, 'bin/bulkx')
    const script = readFileSync(real, 'utf8')
    const ending = (code: number) => {
      writeFileSync(real, `#!/bin/sh\necho "hint: of ${code}" >&2\nexit ${code}\n`)
      return shell('./nightly.sh')
    }
    try {
      for (const code of [0, 11, 5, 6, 7, 9, 129, 130, 143])
        expect(ending(code), `${code}`).toEqual({ status: 0, said: '' })
      for (const code of [1, 2, 3, 4, 8, 10, 77])
        expect(ending(code)).toEqual({ status: code, said: `hint: of ${code}\n` })
      makeStale()
      expect(ending(9)).toEqual({
        status: 9,
        said: 'bulkx: no run has ended well for two days\nhint: of 9\n',
      })
      expect(ending(11)).toEqual({ status: 0, said: '' })
    } finally {
      writeFileSync(real, script)
    }
  })
})

describe('the workflow', () => {
  const github = (run: string) => {
    const temporary = join(place.root, 'temporary')
    mkdirSync(temporary, { recursive: true })
    return {
      KEY: 'a key',
      RUNNER_TEMP: temporary,
      GITHUB_ENV: join(temporary, 'env'),
      GITHUB_RUN_ID: run,
      BULKX_STATE_DIR: join(place.root, 'state-of-ci'),
    }
  }

  test('the job of the data set is the script', () => {
    expect(stepsOf('sync')).toEqual(['/srv/bulkx/nightly.sh'])
  })

  test('the job of exports: everything first, then what has changed', () => {
    const steps = stepsOf('export')
    expect(steps).toHaveLength(4)
    for (const [run, words] of [
      ['7001', /so everything is exported/],
      ['7002', /--since last: since \d{4}-.*, the data of \.\/exports\/7001/],
    ] as const) {
      const said = steps.map((step) => shell(step, github(run), ['-e']))
      expect(said.map(({ status }) => status)).toEqual([0, 0, 0, 0])
      expect(said[2]?.said).toMatch(words)
      expect(existsSync(join(place.directory, `exports/${run}/manifest.json`))).toBe(true)
    }
    expect(readFileSync(join(place.root, 'temporary/env'), 'utf8')).toMatch(/^BULKX_KEY=\S+key\.pem$/m)
  })
})

test('nightly.sh tells of what was changed since', async () => {
  const folder = join(place.directory, 'data/exports/001')
  const name = (await readdir(folder)).find((one) => one.startsWith('Patient.')) ?? ''
  appendFileSync(join(folder, name), '\n')
  const { status, said } = shell('./nightly.sh')
  expect(status).toBe(10)
  expect(said).toMatch(/^exports\/001\/\S+: its content is not what was stored/m)
})
