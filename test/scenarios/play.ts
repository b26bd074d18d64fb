/** Plays one row: the mock as the scenario says, the whole command line against it, and what must hold in any case. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { main } from '../../src/cli/main.js'
import { defaults } from '../../src/config.js'
import type { Exchange } from '../../src/http/exchange.js'
import { NetworkError, networkError } from '../../src/http/network-error.js'
import {
  createMock,
  listen,
  type Mock,
  type Phase,
  playing,
  type RecordedRequest,
  type Scenario,
} from '../../src/mock/index.js'
import { fakeIo, temporaryDirectory } from '../cli/fake-io.js'
import { type FakeClock, fakeClock } from '../helpers/fake-clock.js'
import { withoutSocket } from '../helpers/job.js'
import { checkListed, checkServed, dataFiles, filesBelow, manifestOf } from '../helpers/stored-export.js'
import type { Command, Play, Seen, Times } from './row.js'

const secret = 's3cret-token'
const clientId = 'bulkx-test'
const origin = 'https://ehr.example'

interface Stage {
  mock: Mock
  clock: FakeClock
  /** The FHIR base URL, and its origin. */
  server: string
  origin: string
  cwd: string
  row: Play
  /** What is left of the row's trouble before the server. */
  unreachable: string[]
}

const stageOf = async (scenario: Scenario, row: Play): Promise<Stage> => {
  const clock = fakeClock()
  const mock = createMock({
    data: { patients: 10 },
    jobMs: 10_000,
    ...(row.identity === 'client' ? { clients: [{ id: clientId, secret }] } : { token: secret }),
    ...playing(scenario),
    clock,
  })
  const common = { mock, clock, cwd: temporaryDirectory(), row, unreachable: [...(row.unreachable ?? [])] }
  if (row.over !== 'tcp') return { ...common, server: origin + mock.personality.basePath, origin }
  const running = await listen(mock)
  onTestFinished(() => running.close())
  return { ...common, server: running.fhirUrl, origin: running.url }
}

const usual = ['export', 'Group/123', '--type', 'Patient,Observation']
const needsServer = new Set(['export', 'kickoff'])

const wordsOf = ({ argv = usual }: Command, { mock }: Stage): readonly string[] =>
  typeof argv === 'function' ? argv(mock) : argv

const argvOf = (command: Command, stage: Stage): string[] => {
  const { server, mock, row } = stage
  const argv = wordsOf(command, stage)
  const [name = ''] = argv
  const own = needsServer.has(name) ? ['--server', server, '--out', 'out'] : ['out']
  const isPlaced = argv.includes('--out') || argv.some((word) => /^https?:/.test(word))
  const place = isPlaced ? [] : own
  const trust = row.trusted === 'elsewhere' ? ['--trust-origin', mock.elsewhere.origin] : []
  return [...argv, ...place, ...trust]
}

const identityOf = ({ row }: Stage): Record<string, string> =>
  row.identity === 'client'
    ? { BULKX_CLIENT_ID: clientId, BULKX_CLIENT_SECRET: secret }
    : { BULKX_TOKEN: secret }

/** As the wire would have it: a request for anything but a file times out by the clock. */
const inTime =
  (clock: FakeClock, exchange: Exchange): Exchange =>
  async (request) => {
    const sentAt = clock.now()
    const reply = await exchange(request)
    const isFile = request.headers.accept?.includes('ndjson')
    if (isFile || clock.now() - sentAt <= (request.timeoutMs ?? defaults.requestTimeoutMs)) return reply
    throw new NetworkError('timeout', 'no answer came in time', { sent: true })
  }

/** The mock without a socket, and what may happen to a request before it and meanwhile. */
const wireOf = (stage: Stage, command: Command): Exchange => {
  const { mock, clock, unreachable } = stage
  const exchange = inTime(clock, withoutSocket(mock.handler))
  let { meanwhile } = command
  return async (request) => {
    const code = unreachable.shift()
    if (code) throw networkError(Object.assign(new Error(code), { code }))
    const reply = await exchange(request)
    const other = mock.requests.at(-1)?.phase === 'status' ? meanwhile : undefined
    if (other === undefined) return reply
    meanwhile = undefined
    await checkCommand(other, await runCommand(other, stage), stage)
    return reply
  }
}

interface Ran {
  code: number
  err: string
  requests: RecordedRequest[]
}

const runCommand = async (command: Command, stage: Stage): Promise<Ran> => {
  const { mock, cwd, clock, row } = stage
  const io = Object.assign(
    fakeIo({
      cwd,
      env: {
        ...identityOf(stage),
        BULKX_STATE_DIR: join(cwd, 'state'),
        BULKX_CONFIG_DIR: join(cwd, 'config'),
      },
      exchange: row.over === 'tcp' ? undefined : wireOf(stage, command),
    }),
    { clock },
  )
  let { sleepsAt } = command
  io.onTalk = (text) => {
    if (command.interruptAt !== undefined && text.includes(command.interruptAt)) io.interrupt()
    if (sleepsAt === undefined || !text.includes(sleepsAt.text)) return
    clock.advance(sleepsAt.ms)
    sleepsAt = undefined
  }
  clock.advance(command.laterMs ?? 0)
  await command.before?.(join(cwd, 'out'))
  const before = mock.requests.length
  const code = await main(argvOf(command, stage), io)
  expect(io.out() + io.err(), 'a secret is never said').not.toContain(secret)
  return { code, err: io.err(), requests: mock.requests.slice(before) }
}

const rangeOf = (times: Times): { min: number; max: number } =>
  typeof times === 'number'
    ? { min: times, max: times }
    : { min: times.min ?? 0, max: times.max ?? Number.POSITIVE_INFINITY }

const checkCommand = async (command: Command, ran: Ran, stage: Stage): Promise<void> => {
  const directory = join(stage.cwd, 'out')
  expect(ran.code, ran.err).toBe(command.exit)
  for (const text of command.says ?? []) expect(ran.err).toContain(text)
  for (const text of command.saysNot ?? []) expect(ran.err).not.toContain(text)
  if (command.exit !== 0) expect(ran.err, 'what to do next is said').toContain('hint: ')
  if (command.tree) expect(await dataFiles(directory)).toEqual([...command.tree].sort())
  for (const [phase, times] of Object.entries(command.asks ?? {})) {
    const { min, max } = rangeOf(times)
    const number = ran.requests.filter((request) => request.phase === phase).length
    expect(number, `${phase} requests`).toBeGreaterThanOrEqual(min)
    expect(number, `${phase} requests`).toBeLessThanOrEqual(max)
  }
  const [name] = wordsOf(command, stage)
  const complete = name !== 'cancel' && name !== 'kickoff' && (command.exit === 0 || command.exit === 10)
  if (complete) await checkListed(directory)
  if (complete && stage.row.content !== 'altered') await checkServed(directory, stage.mock)
  if (!complete && name !== 'cancel') expect(await manifestOf(directory), 'no manifest.json').toBeUndefined()
  if (name !== 'cancel' && !complete)
    expect(
      ran.requests.filter(({ phase }) => phase === 'delete'),
      'the only copy is not deleted',
    ).toEqual([])
  const wanted = command.findings ?? (command.exit === 0 && complete ? [] : undefined)
  const findings = (await manifestOf(directory))?.bulkx.findings ?? []
  if (wanted) expect(findings.map(({ code }) => code)).toEqual(wanted)
}

/** A credential is never seen by another origin or over plain http; nothing is written outside the directory. */
const checkInvariants = async ({ mock, cwd, row, origin: own }: Stage): Promise<void> => {
  for (const { url, headers, elsewhere } of mock.requests) {
    const clear = /^http:\/\/(?!127\.0\.0\.1)/.test(url)
    const foreign = elsewhere || (/^https?:/.test(url) && !url.startsWith(`${own}/`))
    const mayKnow = !clear && (!foreign || (row.trusted === 'elsewhere' && elsewhere))
    if (!mayKnow) expect(headers.authorization, `a credential went to ${url}`).toBeUndefined()
    expect(headers.cookie).toBeUndefined()
  }
  const kickOffs = mock.requests.filter(({ phase, status = 0 }) => phase === 'kick-off' && status === 202)
  expect(kickOffs.length, 'one accepted kick-off').toBeLessThanOrEqual(1)
  const outside = (await readdir(cwd)).filter((name) => !['out', 'state', 'config'].includes(name))
  expect(outside, 'nothing beside the directory').toEqual([])
  const tokens = mock.requests.flatMap(
    ({ headers }) => /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? [],
  )
  const secrets = [...new Set([secret, ...tokens])]
  for (const name of await filesBelow(cwd)) {
    const bytes = await readFile(join(cwd, name))
    expect(
      secrets.filter((text) => bytes.includes(text)),
      `no secret in ${name}`,
    ).toEqual([])
  }
}

/** Runs the commands of a row, each checked when it has ended. */
export const play = async (scenario: Scenario, row: Play): Promise<void> => {
  const stage = await stageOf(scenario, row)
  const { mock, clock, cwd } = stage
  const errs: string[] = []
  for (const command of [row, ...(row.then ?? [])]) {
    const ran = await runCommand(command, stage)
    errs.push(ran.err)
    await checkCommand(command, ran, stage)
  }
  await checkInvariants(stage)
  const directory = join(cwd, 'out')
  const seen: Seen = {
    mock,
    requests: mock.requests,
    asked: (phase: Phase) => mock.requests.filter((request) => request.phase === phase),
    directory,
    err: errs.join('\n'),
    sleeps: clock.sleeps,
    read: (name) => readFile(join(directory, name), 'utf8'),
  }
  await row.check?.(seen)
}
