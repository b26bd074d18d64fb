/** Whatever stands on the disk or the command line: documented errors, states that can be used, nothing twice. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { main } from '../../src/cli/main.js'
import { profilesPath, readProfiles } from '../../src/cli/profile-file.js'
import { BulkxError } from '../../src/errors.js'
import { fakeIo } from '../cli/fake-io.js'
import { diskReaders, jsonFile } from './disk-readers.js'
import { casesOf, play, seed } from './play.js'
import { mustBeUntouched } from './properties.js'
import { randomFrom } from './values.js'

test.each(diskReaders)('$name', { timeout: 600_000 }, (reader) => {
  expect(() => play([reader], casesOf(1_000 * reader.share))).not.toThrow()
})

test('files of the job list', async () => {
  const random = randomFrom(seed)
  const io = fakeIo()
  const folder = join(io.cwd, 'state', 'jobs')
  await mkdir(folder, { recursive: true })
  const pointer = {
    version: 1,
    exportId: '0b0e7b51-0000-4000-8000-000000000000',
    directory: '/nowhere',
    server: 'https://ehr.example/fhir',
    target: 'Patient',
    startedAt: 1_700_000_000_000,
  }
  for (let number = 0; number < 300; number += 1)
    await writeFile(join(folder, `2026-01-01T000000.${number}Z-x.json`), jsonFile(random, pointer))
  expect(await main(['jobs'], io), io.err()).toBe(0)
  expect(await main(['jobs', '--json'], io), io.err()).toBe(0)
  expect(io.out()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
  mustBeUntouched()
})

test('the file of the profiles', async () => {
  const random = randomFrom(seed)
  const io = fakeIo()
  const place = { env: { BULKX_CONFIG_DIR: join(io.cwd, 'config') }, home: io.home, platform: io.platform }
  await mkdir(dirname(profilesPath(place)), { recursive: true })
  const profiles = {
    inUse: 'a.b',
    profiles: { 'a.b': { server: 'https://ehr.example', parallel: 3, type: ['Patient'] } },
  }
  for (let number = 0; number < 300; number += 1) {
    const text = jsonFile(random, profiles)
    await writeFile(profilesPath(place), text)
    const read = await readProfiles(place).catch((error: unknown) => error)
    if (read instanceof Error) expect(read, text).toBeInstanceOf(BulkxError)
    mustBeUntouched()
  }
})

test('manifests in a directory', async () => {
  const random = randomFrom(seed)
  const io = fakeIo()
  const directory = join(io.cwd, 'out')
  await mkdir(directory)
  await writeFile(join(directory, 'a.ndjson'), '{"resourceType":"Patient","id":"1"}\n')
  const entry = { type: 'Patient', url: 'a.ndjson', count: 1 }
  const bulkx = { bytes: 36, sha256: 'a'.repeat(64), lines: 1, badLines: 0, source: 'https://ehr.example/1' }
  const manifest = {
    transactionTime: '2026-01-01T00:00:00Z',
    output: [
      { ...entry, bulkx },
      entry,
      { ...entry, url: '../../etc/passwd' },
      { ...entry, url: '/dev/zero' },
    ],
    deleted: [{ type: 'Bundle', url: 'deleted/Bundle.0001.ndjson' }],
    error: [],
    bulkx: { exportId: 'x', findings: [] },
  }
  for (let number = 0; number < 300; number += 1) {
    const text = jsonFile(random, manifest)
    await writeFile(join(directory, 'manifest.json'), text)
    expect([0, 10], text).toContain(await main(['verify', 'out', '--json'], io))
    expect([0, 10], text).toContain(await main(['verify', 'out'], io))
    mustBeUntouched()
  }
  expect(io.out()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
})
