/** What docs/cron-and-ci.md shows can be pasted: its script, its crontab, its unit, its workflow and its commands are run. */
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { start } from './child.js'
import { newPlace, type Place } from './place.js'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/cron-and-ci.md'), 'utf8')

/** Blocks by what stands behind their three ticks. */
const blocks = (info: RegExp): { name: string; text: string }[] =>
  [...page.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].flatMap(([, head = '', text = '']) => {
    const found = info.exec(head)
    return found ? [{ name: found[1] ?? '', text }] : []
  })

const file = (name: string): string => {
  const [found] = blocks(/ file=(\S+)$/).filter((block) => block.name === name)
  if (!found) throw new Error(`the page has no ${name}`)
  return found.text
}

/** The `run` steps of a workflow, as GitHub runs them. */
const stepsOf = (job: string): string[] => {
  const [, own = ''] = new RegExp(`^  ${job}:\\n((?:    .*\\n|\\n)+)`, 'm').exec(file('bulk-data.yml')) ?? []
  return [...own.matchAll(/^ {8}run: (?:\|\n((?: {10}.*\n|\n)+)|(.*)\n)/gm)].map(
    ([, lines, line = '']) => lines?.replace(/^ {10}/gm, '') ?? line,
  )
}

let place: Place
let server = ''

/** As cron would run it: with little in the environment. */
const shell = (script: string, more: Record<string, string> = {}, shellOptions: string[] = []) => {
  const { status, stdout, stderr } = spawnSync(
    '/bin/sh',
    [...shellOptions, '-c', script.replaceAll('/srv/bulkx', place.root)],
    {
      cwd: place.root,
      encoding: 'utf8',
      env: {
        PATH: `${join(place.root, 'bin')}:/usr/bin:/bin`,
        HOME: place.root,
        BULKX_STATE_DIR: place.state,
        BULKX_SERVER: server,
        BULKX_POLL_MIN: '100ms',
        ...more,
      },
    },
  )
  return { status, said: stdout + stderr }
}

const generation = (): number =>
  JSON.parse(readFileSync(join(place.root, 'data/dataset.json'), 'utf8')).generation

const makeStale = (): void => {
  const then = Date.now() / 1000 - 3 * 86_400
  utimesSync(join(place.root, 'data/dataset.json'), then, then)
}

beforeAll(async () => {
  expect(inject('buildFailure')).toBe('')
  place = await newPlace()
  const bin = join(place.root, 'bin')
  mkdirSync(bin)
  writeFileSync(
    join(bin, 'bulkx'),
    `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'bin/bulkx.js')}" "$@"\n`,
  )
  // What the workflow installs is what is tested.
  writeFileSync(join(bin, 'npm'), '#!/bin/sh\nexit 0\n')
  for (const name of ['bulkx', 'npm']) chmodSync(join(bin, name), 0o755)
  writeFileSync(join(place.root, 'nightly.sh'), file('nightly.sh'))
  chmodSync(join(place.root, 'nightly.sh'), 0o755)
  const mock = start(place, ['mock', '--port', '0', '--patients', '20', '--job-seconds', '0'])
  server = /http:\S+/.exec(await mock.saying(/http:\/\/\S+/))?.[0] ?? ''
})

afterAll(() => place[Symbol.asyncDispose]())

describe('nightly.sh', () => {
  test('from the crontab: silent, and the data set is there', () => {
    const [{ text } = { text: '' }] = blocks(/^(crontab)$/)
    const [, command = ''] = /^(?:\S+ ){5}(.+)$/m.exec(text.replace(/^\w+=.*$/gm, '').trim()) ?? []
    expect(command).toBe('/srv/bulkx/nightly.sh')
    expect(shell(command)).toEqual({ status: 0, said: '' })
    expect(generation()).toBe(1)
    expect(readFileSync(join(place.root, 'sync.log'), 'utf8')).toMatch(/verified \.\/data/)
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

test.each(blocks(/^(sh) run$/))('a command of the page, %#', ({ text }) => {
  const { status, said } = shell(text)
  expect(status, said).toBe(0)
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
      expect(existsSync(join(place.root, `exports/${run}/manifest.json`))).toBe(true)
    }
    expect(readFileSync(join(place.root, 'temporary/env'), 'utf8')).toMatch(/^BULKX_KEY=\S+key\.pem$/m)
  })
})

test('nightly.sh tells of what was changed since', async () => {
  const folder = join(place.root, 'data/exports/001')
  const name = (await readdir(folder)).find((one) => one.startsWith('Patient.')) ?? ''
  appendFileSync(join(folder, name), '\n')
  const { status, said } = shell('./nightly.sh')
  expect(status).toBe(10)
  expect(said).toMatch(/^exports\/001\/\S+: its content is not what was stored/m)
})
