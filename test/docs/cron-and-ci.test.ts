/** What docs/cron-and-ci.md shows can be pasted: its script, its crontab, its unit and its workflow are run. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lacks } from '../helpers/tools.js'
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
/** One whose jobs never end. */
let slowServer = ''

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

const log = (name = 'data'): string => readFileSync(join(place.directory, `${name}.log`), 'utf8')

const makeStale = (): void => {
  const then = Date.now() / 1000 - 3 * 86_400
  utimesSync(join(place.directory, 'data/dataset.json'), then, then)
}

beforeAll(async () => {
  place = await docsPlace()
  for (const block of blocksOf(textOf(page)))
    if (/ file=(nightly|step)\.sh$/.test(block.info)) writeFileOf(place, block)
  const mock = start(place, ['mock', '--port', '0', '--patients', '20', '--job-seconds', '0'])
  server = /http:\S+/.exec(await mock.saying(/http:\/\/\S+/))?.[0] ?? ''
  const slow = start(place, ['mock', '--port', '0', '--patients', '20', '--job-seconds', '86400'])
  slowServer = /http:\S+/.exec(await slow.saying(/http:\/\/\S+/))?.[0] ?? ''
})

afterAll(() => place[Symbol.asyncDispose]())

describe('nightly.sh', () => {
  test('from the crontab: silent, and the data set is there', () => {
    const { text = '' } = blocksOf(textOf(page)).find(({ info }) => info === 'crontab') ?? {}
    const [, command = ''] = /^(?:\S+ ){5}(.+)$/m.exec(text.replace(/^\w+=.*$/gm, '').trim()) ?? []
    expect(command).toBe('/srv/bulkx/nightly.sh Group/123 data')
    expect(shell(command)).toEqual({ status: 0, said: '' })
    expect(generation()).toBe(1)
    const time = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 nightly\.sh \d+: `
    expect(log()).toMatch(
      new RegExp(
        `^${time}bulkx sync Group/123 --out data.*\n[\\s\\S]+\n${time}ended with 0\n${time}bulkx verify data\n[\\s\\S]*verified \\./data.*\n${time}ended with 0\n$`,
      ),
    )
  })

  test('from the unit: the next round', () => {
    const unit = file('bulkx-sync@.service')
    const [, command = ''] = /^ExecStart=(.+)$/m.exec(unit) ?? []
    const before = log()
    const { status, said } = shell(command.replaceAll('%i', 'data'), {
      TARGET: 'Group/123',
      NIGHTLY_LOG: /^Environment=NIGHTLY_LOG=(.+)$/m.exec(unit)?.[1] ?? '',
    })
    expect(status).toBe(0)
    expect(said).toMatch(/verified \.\/data[\s\S]+ended with 0\n$/)
    expect(log()).toBe(before)
    expect(generation()).toBe(2)
  })

  test('another server is another question: an alert', () => {
    const away = { BULKX_SERVER: 'http://127.0.0.1:9/fhir', BULKX_PATIENCE: '100ms' }
    const other = shell('./nightly.sh Group/123 data', away)
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
      return shell('./nightly.sh Group/123 data')
    }
    const saying = (code: number) =>
      expect.stringMatching(new RegExp(`^.* bulkx sync .*\nhint: of ${code}\n.*ended with ${code}\n$`))
    try {
      for (const code of [0, 11, 5, 6, 7, 9, 129, 130, 143])
        expect(ending(code), `${code}`).toEqual({ status: 0, said: '' })
      for (const code of [1, 2, 3, 4, 8, 10, 77])
        expect(ending(code)).toEqual({ status: code, said: saying(code) })
      makeStale()
      expect(ending(9)).toEqual({
        status: 9,
        said: expect.stringMatching(
          /^.*\nhint: of 9\n.*ended with 9\n.*no run has ended well for two days\n$/,
        ),
      })
      expect(ending(11)).toEqual({ status: 0, said: '' })
    } finally {
      writeFileSync(real, script)
    }
  })
})

describe('nightly.sh, stopped by a signal', () => {
  /** Calls back with what a file holds once that matches; `tail` tells of what comes. */
  const following = async (name: string, pattern: RegExp): Promise<void> => {
    const tail = spawn('tail', ['-n', '+1', '-f', join(place.directory, name)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let text = ''
    try {
      for await (const piece of tail.stdout.setEncoding('utf8')) {
        text += piece
        if (pattern.test(text)) return
      }
    } finally {
      tail.kill('SIGKILL')
    }
  }

  const rows = (['SIGHUP', 'SIGINT', 'SIGTERM'] as const).flatMap((signal) =>
    (['alone', 'with its group'] as const).map((whom) => ({ signal, whom })),
  )
  test.each(rows)('$signal, $whom: the log is whole, and nothing works on', async ({ signal, whom }) => {
    const data = `${signal}-${whom === 'alone' ? 1 : 2}`
    writeFileSync(join(place.directory, `${data}.log`), '')
    const script = spawn('/bin/sh', ['./nightly.sh', 'Group/123', data], {
      cwd: place.directory,
      env: { ...place.env, BULKX_SERVER: slowServer },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    const { pid = 0 } = script
    place.closing.push(async () => void script.kill('SIGKILL'))
    const said: string[] = []
    for (const stream of [script.stdout, script.stderr])
      stream.setEncoding('utf8').on('data', (piece: string) => said.push(piece))
    const closed = once(script, 'close')
    await following(`${data}.log`, /in progress/)
    process.kill(whom === 'alone' ? pid : -pid, signal)
    const [code] = await closed
    // No run has ever ended well here, which is worth a word.
    expect([129, 130, 143]).toContain(code)
    expect(log(data)).toMatch(
      /error: .*the job goes on at the server\nhint: .*\n.* ended with (129|130|143), stopped by a signal\n.*two days\n$/,
    )
    expect(said.join('')).toBe(log(data))
    expect(existsSync(join(place.directory, data, 'exports/001/.bulkx/lock'))).toBe(false)
  })
})

describe.skipIf(lacks('shellcheck'))('the scripts', () => {
  test.each(['nightly.sh', 'step.sh'])('%s: nothing to say of it', (name) => {
    const checked = spawnSync('shellcheck', ['--shell=sh', join(place.directory, name)], { encoding: 'utf8' })
    expect(checked.stdout).toBe('')
    expect(checked.status).toBe(0)
  })
})

describe.skipIf(lacks('systemd-analyze'))('the units', () => {
  test('systemd takes them', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bulkx-units-'))
    try {
      const script = join(folder, 'nightly.sh')
      writeFileSync(script, '#!/bin/sh\n')
      chmodSync(script, 0o755)
      const alert = '[Service]\nType=oneshot\nExecStart=/bin/true\n'
      writeFileSync(join(folder, 'bulkx-alert@.service'), alert)
      for (const name of ['bulkx-sync@.service', 'bulkx-sync@.timer'])
        writeFileSync(join(folder, name), file(name).replace('/srv/bulkx/nightly.sh', script))
      const units = ['service', 'timer'].map((kind) => join(folder, `bulkx-sync@north.${kind}`))
      const checked = spawnSync(
        'systemd-analyze',
        ['verify', '--man=no', '--recursive-errors=one', ...units],
        {
          encoding: 'utf8',
          env: { ...process.env, SYSTEMD_UNIT_PATH: `${folder}:` },
        },
      )
      expect(checked.status, checked.stderr).toBe(0)
      expect(checked.stderr.split('\n').filter((line) => line.includes('bulkx-'))).toEqual([])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

test('several hospitals: each line has a data set of its own, and they share the list of jobs', () => {
  const { text = '' } = blocksOf(textOf(page)).find(({ info }) => info === 'crontab several') ?? {}
  const commands = [...text.matchAll(/^(?:\S+ ){5}(.+)$/gm)].map(([, command = '']) => command)
  expect(commands).toHaveLength(3)
  for (const command of commands) {
    const [, name = ''] = / --profile (\w+)$/.exec(command) ?? []
    expect(shell(`bulkx profile set ${name} --server ${server}`).status).toBe(0)
    expect(shell(command.replace('Group/all', 'Group/123'), { BULKX_SERVER: '' })).toEqual({
      status: 0,
      said: '',
    })
    expect(log(name)).toMatch(/ended with 0\n$/)
  }
})

test('a step that is run again: both times 0', () => {
  for (const again of [/complete/, /verified/]) {
    const { status, said } = shell('./step.sh')
    expect(status, said).toBe(0)
    expect(said).toMatch(again)
  }
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
      GITHUB_RUN_ATTEMPT: '1',
      BULKX_STATE_DIR: join(place.root, 'state-of-ci'),
    }
  }

  test('the job of the data set is the script', () => {
    expect(stepsOf('sync')).toEqual(['/srv/bulkx/nightly.sh Group/123 data'])
  })

  test('the job of exports: everything first, then what has changed', () => {
    const steps = stepsOf('export')
    expect(steps).toHaveLength(5)
    for (const [run, words] of [
      ['7001', /so everything is exported/],
      ['7002', /--since last: since \d{4}-.*, the data of \.\/exports\/7001-1/],
    ] as const) {
      const said = steps.map((step) => shell(step, github(run), ['-e']))
      expect(said.map(({ status }) => status)).toEqual([0, 0, 0, 0, 0])
      expect(said[2]?.said).toMatch(words)
      expect(existsSync(join(place.directory, `exports/${run}-1/manifest.json`))).toBe(true)
    }
    expect(readFileSync(join(place.root, 'temporary/env'), 'utf8')).toMatch(/^BULKX_KEY=\S+key\.pem$/m)
  })

  test('a server that is too slow for a runner is left without a job, and the run is none to begin at', () => {
    const own = { ...github('7003'), BULKX_SERVER: slowServer }
    const steps = stepsOf('export').map((step) => step.replace('--deadline 5h', '--deadline 1ms'))
    const said = steps.map((step) => shell(step, own, ['-e']))
    expect(said.map(({ status }) => status)).toEqual([0, 0, 0, 0, 0])
    expect(said[2]?.said).toContain('::warning::not finished')
    expect(said[4]?.said).toContain('cancelled on the server: HTTP 202')
    expect(shell('bulkx status exports/7003-1 --offline', own).status).toBe(6)
  })
})

test('nightly.sh tells of what was changed since', async () => {
  const folder = join(place.directory, 'data/exports/001')
  const name = (await readdir(folder)).find((one) => one.startsWith('Patient.')) ?? ''
  appendFileSync(join(folder, name), '\n')
  const { status, said } = shell('./nightly.sh Group/123 data')
  expect(status).toBe(10)
  expect(said).toMatch(/^exports\/001\/\S+: its content is not what was stored/m)
})
