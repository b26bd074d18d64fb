/** `exportJob` and `runExport` with plain options: from a few lines to files on disk, and nothing left open. */
import { existsSync, readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  attachJob,
  BulkxError,
  beginJob,
  configFor,
  type ExportOptions,
  exportJob,
  hostFor,
  type JobEvent,
  kickOffOnly,
  openJob,
  phaseOf,
  readJob,
  runExport,
} from '../../src/index.js'
import { faults } from '../../src/mock/index.js'
import { type Place, place } from './place.js'

const errorOf = async (work: Promise<unknown>): Promise<BulkxError> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(BulkxError)
  return error as BulkxError
}

/** The directory can be worked in by somebody else. */
const isFree = async (out: string): Promise<boolean> => !existsSync(join(out, '.bulkx/lock'))

test('a promise of the result', async () => {
  const { options, run } = place()
  const outcome = await runExport(options, run)
  expect(outcome).toMatchObject({ phase: 'complete', exitCode: 0, files: 1, resources: 10, findings: [] })
  expect(readFileSync(join(options.out, 'Patient.0001.ndjson'), 'utf8').split('\n')).toHaveLength(11)
  expect(await isFree(options.out)).toBe(true)
})

test('a stream of facts, from the first to the last, each durable when it is seen, and the result at its end', async () => {
  const { options, run } = place()
  const seen: string[] = []
  const facts = exportJob(options, run)
  for (;;) {
    const { done, value } = await facts.next()
    if (done) {
      expect(value).toMatchObject({ exitCode: 0, resources: 10 })
      break
    }
    seen.push(value.type)
    const journal = await readFile(join(options.out, '.bulkx/journal'), 'utf8')
    expect(journal).toContain(`"type":"${value.type}"`)
  }
  expect(seen[0]).toBe('job-created')
  expect(seen.slice(1, 3)).toEqual(['kick-off-requested', 'kick-off-accepted'])
  expect(seen.slice(-3)).toEqual(['file-completed', 'manifest-written', 'delete-answered'])
})

test('onFact sees them too, and what it throws ends the run and frees the directory', async () => {
  const { options, run } = place()
  const seen: JobEvent[] = []
  const onFact = (fact: JobEvent): void => {
    seen.push(fact)
    if (fact.type === 'manifest-received') throw new Error('enough')
  }
  await expect(runExport(options, { ...run, onFact })).rejects.toThrow('enough')
  expect(seen.at(-1)?.type).toBe('manifest-received')
  expect(await isFree(options.out)).toBe(true)
  expect(await runExport(options, run)).toMatchObject({ exitCode: 0 })
})

test.each(['job-created', 'kick-off-requested', 'kick-off-accepted', 'status-in-progress', 'file-completed'])(
  'whoever leaves the loop at %s leaves nothing open, and the same call goes on with one kick-off',
  async (type) => {
    const { options, run, mock } = place({ pageSize: 3 })
    for await (const fact of exportJob(options, run)) if (fact.type === type) break
    expect(await isFree(options.out)).toBe(true)
    expect(await runExport(options, run)).toMatchObject({ exitCode: 0, resources: 10, files: 4 })
    expect(mock.requests.filter(({ phase }) => phase === 'kick-off')).toHaveLength(1)
  },
)

test('a signal stops both in the middle of a wait, with its reason; the next call goes on', async () => {
  const { options, run, mock } = place({ jobMs: 60_000 })
  const controller = new AbortController()
  const reason = new Error('the tea is ready')
  const onFact = ({ type }: JobEvent): void => {
    if (type === 'status-in-progress') controller.abort(reason)
  }
  await expect(runExport(options, { ...run, signal: controller.signal, onFact })).rejects.toBe(reason)
  expect(await isFree(options.out)).toBe(true)
  const state = await readJob(options.out)
  expect(state && phaseOf(state)).toBe('in-progress')
  const before = mock.requests.length
  const late = exportJob(options, { ...run, signal: controller.signal })
  await expect(late.next()).rejects.toBe(reason)
  expect(mock.requests).toHaveLength(before)
  expect(await runExport(options, run)).toMatchObject({ exitCode: 0 })
  expect(mock.requests.filter(({ phase }) => phase === 'kick-off')).toHaveLength(1)
})

test('a second one in the same directory is refused, and disturbs nobody', async () => {
  const { options, run } = place()
  const first = exportJob(options, run)
  await first.next()
  const error = await errorOf(runExport(options, run))
  expect([error.code, error.exitCode]).toEqual(['BULKX_JOB_LOCKED', 11])
  expect(error.message).toMatch(/^This process works in .*out already, since /)
  for await (const _fact of first);
  expect(await readdir(options.out)).toContain('manifest.json')
})

test('a finished export, and another question, are told from an unfinished one', async () => {
  const { options, run } = place()
  await runExport(options, run)
  const finished = await errorOf(runExport(options, run))
  expect([finished.code, finished.exitCode]).toEqual(['BULKX_FINISHED', 2])
  expect(finished.hint).toContain('choose another directory with `out`')
  expect(finished.hint).toContain("take its result with finished: 'resolve'")
  const other = await errorOf(runExport({ ...options, type: ['Observation'] }, run))
  expect(other.code).toBe('BULKX_OTHER_JOB')
})

test('a finished export gives its result again where that is asked for, without a request, and findings can be accepted', async () => {
  const { options, run, mock } = place({
    faults: [faults.badLines({ file: 1, times: Number.POSITIVE_INFINITY })],
  })
  const first = await runExport(options, run)
  expect(first.exitCode).toBe(10)
  const asked = mock.requests.length
  const again: ExportOptions = { ...options, finished: 'resolve' }
  expect(await runExport(again, run)).toEqual(first)
  expect(await runExport({ ...again, failOn: 'never' }, run)).toEqual({ ...first, exitCode: 0 })
  expect(await runExport(again, run)).toMatchObject({ exitCode: 0 })
  expect(mock.requests).toHaveLength(asked)
  const other = await errorOf(runExport({ ...again, type: ['Observation'] }, run))
  expect(other.code).toBe('BULKX_OTHER_JOB')
})

test('again moves what is there aside, and says where a job goes on', async () => {
  const { options, run } = place({ jobMs: 60_000 })
  for await (const { type } of exportJob(options, run)) if (type === 'status-in-progress') break
  const said: string[] = []
  const onNotice = ({ kind, hint }: { kind: string; hint?: string }): void =>
    void said.push(`${kind}: ${hint}`)
  const onNote = (text: string): void => void said.push(text)
  expect(await runExport({ ...options, again: true }, { ...run, onNotice, onNote })).toMatchObject({
    exitCode: 0,
  })
  expect(said).toEqual([
    `moved ${options.out} to ${options.out}.1`,
    `job-goes-on: stop it with \`bulkx cancel ${options.out}.1\``,
  ])
  expect(await readdir(`${options.out}.1`)).toContain('.bulkx')
})

test.each<[string, (place: Place) => Promise<unknown>, RegExp]>([
  ['nothing', () => runExport(undefined as never), /^The options are undefined/],
  ['a list', () => runExport([] as never), /^The options are \(an array\)/],
  [
    'a wrong name',
    ({ options, run }) => runExport(options, { ...run, signl: 1 } as never),
    /"signl"; did you mean signal\?/,
  ],
  [
    'no signal',
    ({ options, run }) => runExport(options, { ...run, signal: 1 } as never),
    /^signal 1 is no AbortSignal/,
  ],
  [
    'no function',
    ({ options, run }) => runExport(options, { ...run, onFact: 1 } as never),
    /^onFact 1 is no function/,
  ],
  ['a run of null', ({ options }) => runExport(options, null as never), /^The options of the run are null/],
  [
    'a steer without a job',
    ({ options, run }) => runExport(options, { ...run, steer: kickOffOnly } as never),
    /"steer"/,
  ],
])('a call with %s is told what is wrong with it', async (_name, call, expected) => {
  const { code, message, hint } = await errorOf(call(place()))
  expect(code).toBe('BULKX_USAGE')
  expect(`${message}; ${hint}`).toMatch(expected)
})

test('a job that is open is begun before it is run, and is given its signal before it is opened', async () => {
  const { options, run } = place()
  await using job = await openJob(await configFor(options), hostFor(run))
  expect((await errorOf(runExport(job))).hint).toContain("await beginJob(job, 'export')")
  const late = await errorOf(runExport(job, { signal: new AbortController().signal } as never))
  expect(late.hint).toBe('give it before: hostFor({ signal })')
})

test('what a function of the user throws is said, without what looks like a secret', async () => {
  const { options, run } = place()
  const secret = `eyJ${'x'.repeat(50)}.y.z`
  const token = (): never => {
    throw new Error(`the vault is sealed\n(${secret})`)
  }
  const error = await errorOf(runExport({ ...options, token }, run))
  expect([error.code, error.message]).toEqual([
    'BULKX_TOKEN',
    'The function token failed: the vault is sealed (***)',
  ])
  expect(Object.keys(error)).toEqual(['name', 'code', 'exitCode', 'hint'])
})

test('findings are part of the result; what is not whole is an error that says how to go on', async () => {
  const grave = place({ faults: [faults.badLines({ file: 1, times: Number.POSITIVE_INFINITY })] })
  expect(await runExport(grave.options, grave.run)).toMatchObject({ phase: 'complete', exitCode: 10 })
  const gone = place({
    faults: [faults.answer({ on: 'file', status: 404, times: Number.POSITIVE_INFINITY })],
  })
  const error = await errorOf(runExport(gone.options, gone.run))
  expect([error.code, error.exitCode]).toEqual(['BULKX_FILES_FAILED', 7])
  expect(await isFree(gone.options.out)).toBe(true)
})

test('a preset sets what is not given, and says what it has to say', async () => {
  const { options, run } = place()
  const notices: string[] = []
  const onNotice = ({ kind, message, hint }: { kind: string; message: string; hint?: string }): void => {
    notices.push(`${kind}: ${message}; ${hint}`)
  }
  const asked: ExportOptions = { ...options, type: undefined, preset: 'oracle', parallel: 7 }
  expect(await runExport(asked, { ...run, onNotice })).toMatchObject({ exitCode: 0 })
  expect(notices).toEqual([
    expect.stringMatching(/^preset-types: name the types: .*give `type Patient,Observation`/),
  ])
})

test('what looks mistyped is said before the request', async () => {
  const { options, run, mock } = place()
  const notices: [string, number][] = []
  const onNotice = ({ message, hint }: { message: string; hint?: string }): void =>
    void notices.push([`${message}; ${hint}`, mock.requests.length])
  await runExport({ ...options, type: 'Patiant' }, { ...run, onNotice }).catch(() => {})
  expect(notices).toEqual([['Patiant is no resource type of FHIR R4; did you mean `type` Patient?', 0]])
})

test('the parts: a job that is opened, begun, steered and closed by hand', async () => {
  const { options, run, mock } = place()
  const config = await configFor(options)
  {
    await using job = await openJob(config, hostFor(run))
    await beginJob(job, 'kickoff')
    expect(await runExport(job, { steer: kickOffOnly })).toMatchObject({ phase: 'in-progress', exitCode: 9 })
  }
  const state = await readJob(options.out)
  const elsewhere = await configFor({ ...options, out: `${options.out}-2` })
  await using job = await openJob(elsewhere, hostFor(run))
  await attachJob(job, state?.pollingLocation ?? '')
  const types: string[] = []
  for await (const { type } of exportJob(job)) types.push(type)
  expect(types.at(-1)).toBe('delete-answered')
  expect(mock.requests.filter(({ phase }) => phase === 'kick-off')).toHaveLength(1)
})
