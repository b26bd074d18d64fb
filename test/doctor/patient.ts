/** A server, the settings for it, and what doctor and an export make of them. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { AuthMethod, AuthNotice, BackendServices } from '../../src/auth/method.js'
import type { Clock } from '../../src/clock.js'
import type { Config } from '../../src/config.js'
import type { CheckResult } from '../../src/doctor/check.js'
import { checks } from '../../src/doctor/checks.js'
import type { Disk } from '../../src/doctor/disk.js'
import type { StandingJob } from '../../src/doctor/doctor.js'
import { examine, worstOf } from '../../src/doctor/examine.js'
import { openDoctor } from '../../src/doctor/open.js'
import { BulkxError } from '../../src/errors.js'
import type { Exchange } from '../../src/http/exchange.js'
import { createMock, type Mock, type MockOptions } from '../../src/mock/index.js'
import type { KickOffRequest } from '../../src/protocol/types.js'
import { fakeClock } from '../helpers/fake-clock.js'
import { configOf, hostOf, kickOffOf, run, temporaryDirectory, withoutSocket } from '../helpers/job.js'
import { CLIENT, client, elliptic } from '../mock/identity.js'

export const pemOf = ({ key }: typeof elliptic): string =>
  key.export({ type: 'pkcs8', format: 'pem' }) as string

/** The registered client with its registered key, but for what is said. */
export const signedBy = (differences: Partial<BackendServices> = {}): BackendServices => ({
  kind: 'backend-services',
  clientId: CLIENT,
  readKey: async () => pemOf(elliptic),
  kid: 'ec-1',
  ...differences,
})

export interface Case {
  mock?: Partial<MockOptions>
  fhirUrl?: string
  auth?: AuthMethod
  kickOff?: Partial<KickOffRequest>
  network?: Partial<Config['network']>
  /** Our clock minus the server's, milliseconds. */
  aheadMs?: number
  /** Around the mock, or instead of it. */
  wire?: (mock: Exchange) => Exchange
  disk?: Disk
  standing?: () => Promise<StandingJob | undefined>
}

export interface Examined {
  mock: Mock
  results: CheckResult[]
  /** The first that failed. */
  first?: CheckResult
  exitCode: number
  of(id: string): CheckResult | undefined
  /** What an export with the same settings ends with. */
  export(): Promise<{ exitCode: number; error?: BulkxError; notices: AuthNotice[] }>
}

const shiftedBy = (clock: Clock, ms: number): Clock => ({ ...clock, now: () => clock.now() + ms })

export const examined = async (given: Case = {}): Promise<Examined> => {
  const serverClock = fakeClock()
  const clock = shiftedBy(serverClock, given.aheadMs ?? 0)
  const mock = createMock({
    clock: serverClock,
    data: { patients: 10 },
    clients: [client()],
    ...given.mock,
  })
  const wire = given.wire ?? ((exchange) => exchange)
  const exchange = wire(withoutSocket(mock.handler))
  const parent = await temporaryDirectory()
  onTestFinished(() => rm(parent, { recursive: true, force: true }))
  const auth = given.auth ?? signedBy()
  const config = configOf({
    fhirUrl: given.fhirUrl ?? 'http://localhost/fhir',
    directory: join(parent, 'out'),
    kickOff: kickOffOf(given.kickOff),
    network: { auth, ...given.network },
  })
  const doctor = openDoctor(config, {
    clock,
    random: () => 0.5,
    exchange,
    disk: given.disk,
    standing: given.standing ?? (async () => undefined),
  })
  const results: CheckResult[] = []
  for await (const result of examine(checks, doctor)) results.push(result)
  await doctor.close()
  const worst = worstOf(results)
  return {
    mock,
    results,
    first: results.find(({ status }) => status === 'failed'),
    exitCode: worst ? new BulkxError(worst.code, '').exitCode : 0,
    of: (wanted) => results.find(({ id }) => id === wanted),
    export: async () => {
      const notices: AuthNotice[] = []
      const host = hostOf({ clock, exchange, onNotice: (notice) => notices.push(notice) })
      const { thrown, error, outcome } = await run({ config, host })
      const end = thrown instanceof BulkxError ? thrown : error
      return { exitCode: end?.exitCode ?? outcome.exitCode, error: end, notices }
    },
  }
}

export const statuses = (results: readonly CheckResult[]): Record<string, string> =>
  Object.fromEntries(results.map(({ id, status }) => [id, status]))
