/** Exports and data sets to report on, made by the command line from the mock, under a clock that does not wait. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Fault, fault, faults, type MockOptions } from '../../src/mock/index.js'
import { type Ran, type Session, session } from '../cli/session.js'

const hour = 3_600_000
const day = 24 * hour

export const argvOf = ({ server }: Session, ...more: string[]): string[] => [
  ...['export', 'Group/123', '--server', server, '-o', 'out'],
  ...more,
]

/** All that goes wrong and passes, what is found in what came, and a process that is stopped on the way. */
export const troubledExport = async (options: Partial<MockOptions> = {}): Promise<Session> => {
  const talk = await session({
    jobMs: 40_000,
    pageSize: 20,
    data: { patients: 12 },
    faults: [
      faults.busy({ on: 'status', after: 3, times: 2, status: 503, retryAfter: '90' }),
      faults.truncate({ keepBytes: 300, times: 3 }),
      faults.badLines({ file: 5, times: 9 }),
      faults.wrongCount({ by: 2, times: 9 }),
      faults.otherType({ file: 3, as: 'Device', times: 9 }),
    ],
    ...options,
  })
  const argv = argvOf(
    talk,
    ...['--type', 'Patient,Observation,Condition,Encounter,Device'],
    ...['--type-filter', 'Observation?patient=Patient/secret-1&category=vital-signs', '--parallel', '3'],
  )
  let looks = 0
  await talk.run(argv, {
    watch: (io, text) => {
      looks += /in progress/.test(text) ? 1 : 0
      if (looks === 3) io.interrupt()
    },
  })
  talk.clock.advance(hour)
  await talk.run(['resume', 'out'])
  return talk
}

/** Nights of `bulkx sync`, one of which failed, while three were not run at all. */
export const nightly = async (nights = 12): Promise<Session> => {
  let isBroken = false
  const broken: Fault = fault('broken', { on: 'status', times: Number.POSITIVE_INFINITY }, (call, next) =>
    isBroken
      ? Promise.resolve(
          Response.json(
            {
              resourceType: 'OperationOutcome',
              issue: [{ severity: 'error', diagnostics: 'Out of memory' }],
            },
            { status: 500 },
          ),
        )
      : next(call),
  )
  const talk = await session({
    evolve: 'when-told',
    jobMs: 25_000,
    data: { patients: 12 },
    faults: [broken],
  })
  for (let night = 0; night < nights; night += 1) {
    isBroken = night === 5
    await sync(talk)
    isBroken = false
    if (night === 5) await sync(talk)
    await talk.mock.evolve()
    talk.clock.advance((night === 8 ? 4 : 1) * day)
  }
  return talk
}

export const sync = (talk: Session, ...more: string[]): Promise<Ran> =>
  talk.run([
    ...[
      'sync',
      'Group/123',
      '--server',
      talk.server,
      '--type',
      'Patient,Observation,Condition',
      '-o',
      'data',
    ],
    ...more,
  ])

/** Each line of each data file below a directory. */
export const linesBelow = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^[A-Za-z]+\.\d+\.ndjson$/.test(entry.name))
    .flatMap((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').split('\n'))
    .filter((line) => line.trim() !== '')
