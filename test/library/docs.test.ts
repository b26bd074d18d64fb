/** docs/library.md: every example is compiled strictly against the package's types, and run as it stands. */
import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { readSigningKey } from '../../src/auth/keys.js'
import { createMock, faults, listen, type MockOptions, type RunningServer } from '../../src/mock/index.js'
import { blocksOf, root, textOf } from '../docs/page.js'
import { newPlace, type Place } from '../process/place.js'

const page = 'docs/library.md'
const examples = blocksOf(textOf(page)).filter(({ info }) => info.startsWith('ts'))
const nameOf = (info: string): string => / file=(\S+)$/.exec(info)?.[1] ?? ''

let place: Place
const servers: RunningServer[] = []

interface Ended {
  status: number | null
  said: string
}

/** The servers of the examples live in this process: it must not stand still meanwhile. */
const node = (args: readonly string[], cwd: string): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd,
      env: { ...process.env, NO_COLOR: '1', NODE_TEST_CONTEXT: undefined },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (piece: string) => {
        said += piece
      })
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, said }))
  })

/** The packages of a project that has installed `bulkx`, and a copy of msw of its own. */
const install = async (project: string): Promise<void> => {
  const [from, to] = [join(root, 'node_modules'), join(project, 'node_modules')]
  await mkdir(to)
  for (const name of await readdir(from)) if (name !== 'msw') await symlink(join(from, name), join(to, name))
  await cp(join(from, 'msw'), join(to, 'msw'), { recursive: true })
  await symlink(root, join(to, 'bulkx'))
}

const compilerOptions = {
  target: 'es2023',
  lib: ['es2023', 'esnext.disposable'],
  module: 'nodenext',
  types: ['node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  noUnusedLocals: true,
  // Types of packages that bulkx depends on are theirs.
  skipLibCheck: true,
}

beforeAll(async () => {
  expect(inject('buildFailure')).toBe('')
  place = await newPlace()
  await install(place.root)
  await writeFile(join(place.root, 'package.json'), '{ "type": "module" }')
  await writeFile(join(place.root, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  for (const { info, text } of examples) await writeFile(join(place.root, nameOf(info)), text)
})

afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()))
  await place?.[Symbol.asyncDispose]()
})

/** Runs an example in a directory of its own, with a server in place of the one it names. */
const follow = async (
  name: string,
  options: MockOptions = {},
  files: Record<string, string> = {},
): Promise<Ended> => {
  const server = await listen(createMock({ jobMs: 0, ...options }))
  servers.push(server)
  const directory = join(place.root, name.replace('.ts', ''))
  await mkdir(directory)
  for (const [file, text] of Object.entries(files)) await writeFile(join(directory, file), text)
  const code = await readFile(join(place.root, name.replace(/\.ts$/, '.js')), 'utf8')
  await writeFile(join(directory, 'run.js'), code.replaceAll('https://ehr.example/fhir', server.fhirUrl))
  return node(['run.js'], directory)
}

test('all of them compile', async () => {
  expect(examples.map(({ info }) => nameOf(info)).filter((name) => name === '')).toEqual([])
  const { status, said } = await node([join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], place.root)
  expect([status, said]).toEqual([0, ''])
})

test('a server project compiles with them: no types of a browser, and every library looked at', async () => {
  const options = { ...compilerOptions, lib: ['es2022'], skipLibCheck: false, noEmit: true }
  const tsconfig = JSON.stringify({ compilerOptions: options, include: ['server/*.ts'] })
  await mkdir(join(place.root, 'server'))
  await writeFile(join(place.root, 'tsconfig.server.json'), tsconfig)
  const text = `
    import { type ExportOptions, runExport } from 'bulkx'
    import { createMock, faults, listen } from 'bulkx/mock'
    const mock = createMock({ jobMs: 0, faults: [faults.failJob({})] })
    export const options: ExportOptions = { server: (await listen(mock)).fhirUrl }
    export const { resources } = await runExport(options)
  `
  await writeFile(join(place.root, 'server', 'server.ts'), text)
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { status, said } = await node([tsc, '-p', 'tsconfig.server.json'], place.root)
  expect([status, said]).toEqual([0, ''])
})

test('an export', async () => {
  const { status, said } = await follow('export.ts')
  expect([status, said]).toEqual([0, expect.stringMatching(/^\d+ resources in \d files, as of \S+Z\n/)])
})

test('facts, as they happen', async () => {
  const { status, said } = await follow('watch.ts', {
    faults: [faults.answer({ on: 'status', status: 202, headers: { 'x-progress': '40%' } })],
  })
  expect(status, said).toBe(0)
  expect(said).toMatch(/^the server works: 40%\n/)
  expect(said).toContain('Patient.0001.ndjson: 10 resources\n')
})

test('a signal', async () => {
  const { status, said } = await follow('stop.ts', { jobMs: 3_600_000 })
  expect([status, said]).toEqual([0, 'stopped; the job goes on at the server\n'])
})

test('going on after a failure', async () => {
  const { status, said } = await follow('resume.ts', {
    faults: [faults.answer({ on: 'file', file: 1, status: 404, times: 4 })],
  })
  expect(status, said).toBe(0)
  expect(said).toMatch(/^BULKX_FILES_FAILED: The export is incomplete.*\n(.*\n)*242 resources\n$/)
})

test('a signed assertion', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const { publicJwk } = await readSigningKey(pem)
  const clients = [{ id: 'bulkx-test', jwks: { keys: [publicJwk] } }]
  const { status, said } = await follow('signed.ts', { clients }, { 'key.pem': pem })
  expect([status, said]).toEqual([0, '242 resources\n'])
})

test('the job in its parts', async () => {
  const { status, said } = await follow('parts.ts', { jobMs: 300 })
  expect([status, said]).toEqual([0, 'in-progress\ncomplete\n'])
})

test('an exchange without a network', async () => {
  const { status, said } = await follow('exchange.ts')
  expect([status, said]).toEqual([0, expect.stringMatching(/^242 resources, 1\d requests\n$/)])
})

test('vitest, on a port and by the own msw', async () => {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const files = ['port.test.ts', 'fetch.test.ts']
  const args = [vitest, 'run', '--root', '.', '--config', 'none.js', '--testTimeout', '300000', ...files]
  await writeFile(join(place.root, 'none.js'), 'export default {}')
  const { status, said } = await node(args, place.root)
  expect(status, said).toBe(0)
  expect(said).toMatch(/Tests +2 passed/)
})

test("msw takes the mock's own handlers, though they are of another copy of msw", async () => {
  const script = `
    import { setupServer } from 'msw/node'
    import { createMock } from 'bulkx/mock'
    const server = setupServer(...createMock({ jobMs: 0 }).handlers)
    server.listen({ onUnhandledRequest: 'error' })
    const answer = await fetch('https://ehr.example/fhir/metadata')
    const { resourceType } = (await answer.json()) as { resourceType: string }
    console.log(answer.status, resourceType)
  `
  await writeFile(join(place.root, 'handlers.ts'), script)
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  expect(await node([tsc, '-p', '.'], place.root)).toEqual({ status: 0, said: '' })
  const { status, said } = await node(['handlers.js'], place.root)
  expect([status, said]).toEqual([0, '200 CapabilityStatement\n'])
})

test("Node's own test runner", async () => {
  const { status, said } = await node(['--test', 'clock.test.js'], place.root)
  expect(status, said).toBe(0)
  expect(said).toMatch(/pass 1\b/)
})
