/** Whole jobs against a scripted server under the fake clock, and what must be true after each of them. */
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import type { BulkxError } from '../../src/errors.js'
import { originOf } from '../../src/http/url.js'
import type { JobEvent } from '../../src/job/facts.js'
import type { Host } from '../../src/open-job.js'
import { type FakeClock, fakeClock } from './fake-clock.js'
import {
  type ConfigDifferences,
  configOf,
  hostOf,
  type Ran,
  type RunOptions,
  run,
  temporaryDirectory,
} from './job.js'
import { fhirUrl, type Script, type ScriptedServer, scriptedServer } from './scripted-server.js'

export const secret = 'Bearer s3cret-token'

/** A directory for one test, alone in its own parent. */
export const ownDirectory = async (): Promise<string> => {
  const parent = await temporaryDirectory()
  onTestFinished(() => rm(parent, { recursive: true, force: true }))
  return join(parent, 'out')
}

export interface Conversation {
  clock: FakeClock
  server: ScriptedServer
  directory: string
  /** One run of a command; the differences of the settings hold for it alone. */
  run(
    differences?: Partial<ConfigDifferences>,
    options?: Partial<Omit<RunOptions, 'host' | 'config'>>,
    more?: Partial<Host>,
  ): Promise<Ran>
}

export const conversation = async (
  script: Record<string, Script>,
  host: Partial<Host> = {},
): Promise<Conversation> => {
  const clock = fakeClock()
  const server = scriptedServer(clock, script)
  const directory = await ownDirectory()
  return {
    clock,
    server,
    directory,
    run: async (differences = {}, options = {}, more = {}) => {
      const network = { token: async () => 's3cret-token', ...differences.network }
      const config = configOf({ fhirUrl, directory, ...differences, network })
      const before = server.requests.length
      const ran = await run({
        config,
        host: hostOf({ clock, exchange: server.exchange, ...host, ...more }),
        ...options,
      })
      await checkInvariants(directory, server.requests.slice(before), [
        originOf(config.fhirUrl) ?? '',
        ...config.network.trustedOrigins,
      ])
      return ran
    },
  }
}

/** Files below a directory, without our own folder, sorted. */
export const tree = async (directory: string): Promise<string[]> => {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .filter((name) => !name.startsWith('.bulkx'))
    .sort()
}

/** Data files: what is there apart from the manifest and the log. */
export const dataFiles = async (directory: string): Promise<string[]> =>
  (await tree(directory)).filter((name) => name !== 'manifest.json' && name !== 'log.ndjson')

export const textOf = (directory: string, name: string): Promise<string> =>
  readFile(join(directory, name), 'utf8')

export interface ManifestOnDisk {
  transactionTime?: string
  request?: string
  requiresAccessToken: boolean
  output: { type?: string; url: string; count: number; bulkx: Record<string, unknown> }[]
  deleted: { type?: string; url: string; count: number; bulkx: Record<string, unknown> }[]
  error: { type?: string; url: string; count: number; bulkx: Record<string, unknown> }[]
  bulkx: Record<string, unknown> & {
    findings: { severity: string; code: string; message: string; file?: string }[]
  }
}

export const manifestOf = async (directory: string): Promise<ManifestOnDisk> =>
  JSON.parse(await textOf(directory, 'manifest.json')) as ManifestOnDisk

export interface LogLine {
  exportId: string
  timestamp: string
  eventId: string
  eventDetail: Record<string, unknown>
}

export const logOf = async (directory: string): Promise<LogLine[]> =>
  (await textOf(directory, 'log.ndjson'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogLine)

/**
 * No credential for an origin that is not trusted, nothing beside the directory, nothing of ours that consumers
 * would read, no secret on disk, and files are their owner's alone.
 */
export const checkInvariants = async (
  directory: string,
  requests: readonly { url: string; headers: Record<string, string | undefined> }[],
  trusted: readonly string[],
): Promise<void> => {
  for (const { url, headers } of requests) {
    const seen = originOf(url) ?? ''
    if (trusted.includes(seen) && !url.startsWith('http://ehr')) continue
    expect(headers.authorization, `a credential went to ${url}`).toBeUndefined()
  }
  expect(await readdir(join(directory, '..'))).toEqual(['out'])
  const all = await readdir(join(directory, '.bulkx'), { recursive: true, withFileTypes: true })
  for (const entry of all) {
    expect(entry.name).not.toMatch(/\.(ndjson|jsonl)(\.gz)?$/)
    const path = join(entry.parentPath, entry.name)
    expect((await stat(path)).mode & 0o077, path).toBe(0)
    if (entry.isFile()) expect(await readFile(path, 'utf8')).not.toContain('s3cret-token')
  }
  for (const name of await tree(directory)) {
    const path = join(directory, name)
    expect((await stat(path)).mode & 0o077, path).toBe(0)
    expect(await readFile(path, 'utf8')).not.toContain('s3cret-token')
  }
}

/** The code of what was thrown, or of the conclusion's error. */
export const codeOf = (ran: Ran): string | undefined =>
  ran.thrown === undefined ? ran.error?.code : ((ran.thrown as BulkxError).code ?? String(ran.thrown))

/** The exit code of a run. */
export const exitOf = (ran: Ran): number =>
  ran.thrown === undefined ? ran.outcome.exitCode : ((ran.thrown as BulkxError).exitCode ?? 1)

export const typesOf = (events: readonly JobEvent[]): string[] => events.map(({ type }) => type)

export const makeDirectory = (directory: string): Promise<string | undefined> =>
  mkdir(directory, { recursive: true })
