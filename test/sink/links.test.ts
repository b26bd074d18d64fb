/** Nothing is written through a link that somebody else has left in a job's directory. */
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { localSink } from '../../src/sink/local.js'
import { temporaryDirectory } from '../helpers/job.js'

const prepared = async () => {
  const root = await temporaryDirectory()
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  const directory = join(root, 'out')
  const victim = join(root, 'victim')
  await mkdir(join(directory, '.bulkx', 'parts'), { recursive: true })
  await writeFile(victim, 'mine')
  return { directory, victim, sink: localSink({ directory, system: 'test' }) }
}

test('a part that is a link is replaced, not followed', async () => {
  const { directory, victim, sink } = await prepared()
  const parts = join(directory, '.bulkx', 'parts')
  await symlink(victim, join(parts, 'Patient.0001.ndjson.part'))
  await symlink(victim, join(parts, 'Patient.0001.ndjson.note'))
  const part = await sink.part('Patient.0001.ndjson')
  expect(part.kept().bytes).toBe(0)
  await part.restart({ etag: '"v1"', length: 3 })
  await part.append(Buffer.from('{}\n'))
  await part.publish()
  expect(await readFile(victim, 'utf8')).toBe('mine')
  expect(await readFile(join(directory, 'Patient.0001.ndjson'), 'utf8')).toBe('{}\n')
})

test('a folder of ours that is a link is refused', async () => {
  const { directory, sink } = await prepared()
  const elsewhere = join(directory, '..', 'elsewhere')
  await mkdir(elsewhere)
  await symlink(elsewhere, join(directory, 'deleted'))
  await expect(sink.part('deleted/Bundle.0001.ndjson')).rejects.toMatchObject({ code: 'BULKX_STORAGE' })
})
