/** What each command loads: modules are most of the time that a short command takes. */
import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { run } from './child.js'
import { newPlace, type Place } from './place.js'
import { serve } from './server.js'

// Processes are slow to start where many of them do at once.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

/** V8 names every script that a process has loaded in its coverage. */
const scriptsOf = async (directory: string): Promise<string[]> => {
  const reports = await Promise.all(
    (await readdir(directory)).map(
      async (name): Promise<{ result: { url: string }[] }> =>
        JSON.parse(await readFile(join(directory, name), 'utf8')),
    ),
  )
  return reports
    .flatMap(({ result }) => result.map(({ url }) => url))
    .filter((url) => url.startsWith('file:'))
}

/** The packages, and the folders and files directly in `dist`, that a command loads. */
const loadedBy = async (place: Place, ...args: string[]) => {
  const directory = await mkdtemp(join(place.root, 'coverage-'))
  const { code, stderr } = await run(place, args, { env: { NODE_V8_COVERAGE: directory } })
  expect(code, stderr).toBe(0)
  const scripts = await scriptsOf(directory)
  const named = (pattern: RegExp): string[] =>
    [...new Set(scripts.flatMap((url) => pattern.exec(url)?.[1] ?? []))].sort()
  return {
    packages: named(/\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*\/node_modules\/)/),
    own: named(/\/dist\/([^/]+)/),
  }
}

const toRead = ['commander', 'is-network-error', 'p-retry', 'split2']

test('--version loads nothing but the version', async () => {
  await using place = await newPlace()
  expect(await loadedBy(place, '--version')).toEqual({ packages: [], own: ['version.js'] })
})

test('--help loads the command line, and no table of servers', async () => {
  await using place = await newPlace()
  const { packages, own } = await loadedBy(place, '--help')
  expect(packages).toEqual(['commander'])
  expect(own.filter((name) => !name.endsWith('.js'))).toEqual(['cli'])
  expect(own).not.toContain('presets.js')
})

test('export loads no mock, no doctor, and no keys where none are needed; status no HTTP client', async () => {
  await using place = await newPlace()
  await using server = await serve()
  const exported = await loadedBy(place, 'export', '--server', server.fhirUrl, '--out', place.out)
  expect(exported.packages).toEqual([...toRead, 'undici'])
  expect(exported.own).not.toContain('mock')
  expect(exported.own).not.toContain('doctor')
  const read = await loadedBy(place, 'status', place.out)
  expect(read.packages).toEqual(toRead)
  expect(read.own).not.toContain('fetch')
  expect(read.own).not.toContain('open-job.js')
})
