/** Plays one row: the mock as the scenario says, the whole command line against it, and what must hold in any case. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { main } from '../../src/cli/main.js'
import {
  createMock,
  type JobFile,
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
  const cwd = temporaryDirectory()
  if (row.over !== 'tcp') return { mock, clock, server: origin + mock.personality.basePath, origin, cwd, row }
  const running = await listen(mock)
  onTestFinished(() => running.close())
  return { mock, clock, server: running.fhirUrl, origin: running.url, cwd, row }
}

const usual = ['export', 'Group/123', '--type', 'Patient,Observation']
const needsServer = new Set(['export', 'kickoff'])

const argvOf = ({ argv = usual }: Command, { server, mock, row }: Stage): string[] => {
  const [command = ''] = argv
  const place = needsServer.has(command) ? ['--server', server, '--out', 'out'] : ['out']
  const trust = row.trusted === 'elsewhere' ? ['--trust-origin', mock.elsewhere.origin] : []
  return [...argv, ...place, ...trust]
}

const identityOf = ({ row }: Stage): Record<string, string> =>
  row.identity === 'client'
    ? { BULKX_CLIENT_ID: clientId, BULKX_CLIENT_SECRET: secret }
    : { BULKX_TOKEN: secret }

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
      exchange: row.over === 'tcp' ? undefined : withoutSocket(mock.handler),
    }),
    { clock },
  )
  io.onTalk = (text) => {
    if (command.interruptAt !== undefined && text.includes(command.interruptAt)) io.interrupt()
  }
  const before = mock.requests.length
  const code = await main(argvOf(command, stage), io)
  expect(io.out() + io.err(), 'a secret is never said').not.toContain(secret)
  return { code, err: io.err(), requests: mock.requests.slice(before) }
}

const filesBelow = async (directory: string): Promise<string[]> => {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort()
}

const dataFiles = async (directory: string): Promise<string[]> =>
  (await filesBelow(directory)).filter(
    (name) => !name.startsWith('.bulkx/') && name !== 'manifest.json' && name !== 'log.ndjson',
  )

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

interface OurEntry {
  url: string
  count: number
  bulkx: { sha256: string }
}

interface OurManifest {
  output: OurEntry[]
  deleted?: OurEntry[]
  error?: OurEntry[]
  outcome?: OurEntry[]
  bulkx: { findings: { code: string; severity: string }[] }
}

const manifestOf = async (directory: string): Promise<OurManifest | undefined> => {
  const text = await readFile(join(directory, 'manifest.json'), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as OurManifest)
}

const listedIn = (manifest: OurManifest): OurEntry[] => [
  ...manifest.output,
  ...(manifest.deleted ?? []),
  ...(manifest.error ?? []),
  ...(manifest.outcome ?? []),
]

/** Our names for the server's files, in their order. */
const namesOf = (files: readonly JobFile[]): Map<string, JobFile> => {
  const numbers = new Map<string, number>()
  const prefix = { output: '', deleted: 'deleted/', error: 'outcome/' } as const
  return new Map(
    files.map((file) => {
      const stem = prefix[file.section] + file.type
      const number = (numbers.get(stem) ?? 0) + 1
      numbers.set(stem, number)
      return [`${stem}.${String(number).padStart(4, '0')}.ndjson`, file]
    }),
  )
}

const contentOf = async ({ content }: JobFile): Promise<Buffer> => {
  const opened = await content.open()
  const chunks: Uint8Array[] = []
  for await (const chunk of opened.read(0, opened.sizeBytes)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Exit 0 or 10 means that what the server listed is on disk, whole. */
const checkWhole = async (directory: string, { mock, row }: Stage): Promise<void> => {
  const manifest = await manifestOf(directory)
  expect(manifest, 'manifest.json is there').toBeDefined()
  const listed = manifest ? listedIn(manifest) : []
  expect(await dataFiles(directory), 'manifest.json lists what is there').toEqual(
    [...new Set(listed.map(({ url }) => url))].sort(),
  )
  for (const { url, bulkx } of listed)
    expect(digestOf(await readFile(join(directory, url))), `sha256 of ${url}`).toBe(bulkx.sha256)
  if (row.content === 'altered') return
  const job = [...mock.jobs.all()].at(-1)
  const truth = namesOf((await job?.files) ?? [])
  expect([...truth.keys()].sort(), 'every file of the server is here').toEqual(await dataFiles(directory))
  for (const [name, file] of truth)
    expect(digestOf(await readFile(join(directory, name))), name).toBe(digestOf(await contentOf(file)))
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
  const [name] = command.argv ?? usual
  const complete = name !== 'cancel' && name !== 'kickoff' && (command.exit === 0 || command.exit === 10)
  if (complete) await checkWhole(directory, stage)
  else expect(await manifestOf(directory), 'no manifest.json').toBeUndefined()
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
