/** What must hold of a directory and of the server's record, whenever and however often a process was killed. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect } from 'vitest'
import { factsOf, filesBelow, objectsOf } from '../process/place.js'
import type { Served } from '../process/server.js'

/** SHA-256 of the decoded content by name, without `.gz`. */
export type Digests = ReadonlyMap<string, string>

const isOurs = (name: string): boolean => name.startsWith('.bulkx/')
const isData = (name: string): boolean => !isOurs(name) && name !== 'log.ndjson' && name !== 'manifest.json'

const digestOf = async (path: string): Promise<string> => {
  const bytes = await readFile(path)
  return createHash('sha256')
    .update(path.endsWith('.gz') ? gunzipSync(bytes) : bytes)
    .digest('hex')
}

export const digestsOf = async (out: string): Promise<Digests> => {
  const names = (await filesBelow(out)).filter(isData)
  return new Map(
    await Promise.all(
      names.map(
        async (name): Promise<[string, string]> => [
          name.replace(/\.gz$/, ''),
          await digestOf(join(out, name)),
        ],
      ),
    ),
  )
}

/** Names of the files that the journal knows to be whole. */
export const finishedFiles = async (out: string): Promise<string[]> =>
  (await factsOf(out)).flatMap((fact) => (fact.type === 'file-completed' ? [fact.name] : []))

interface OurManifest {
  [section: string]: undefined | { url: string; bulkx: { source: string; sha256: string } }[]
}

const readManifest = async (out: string): Promise<OurManifest> => {
  const { output, deleted, error, outcome }: OurManifest = JSON.parse(
    await readFile(join(out, 'manifest.json'), 'utf8'),
  )
  return { output, deleted, error, outcome }
}

/** The files that our manifest.json lists: their paths on the server, and digests, by our names. */
export const listedFiles = async (out: string): Promise<Map<string, { path: string; sha256: string }>> =>
  new Map(
    Object.values(await readManifest(out))
      .flatMap((section) => section ?? [])
      .map(({ url, bulkx }) => [
        url.replace(/\.gz$/, ''),
        { path: new URL(bulkx.source).pathname, sha256: bulkx.sha256 },
      ]),
  )

/** After a kill: each name is whole or not there, what the journal calls finished is there, manifest.json is last. */
export const expectNothingHalf = async (out: string, reference: Digests, when: string): Promise<void> => {
  const digests = await digestsOf(out)
  const wrong = [...digests].filter(([name, digest]) => reference.get(name) !== digest)
  expect(wrong, `files that are not whole, ${when}`).toEqual([])
  const lost = (await finishedFiles(out)).filter((name) => !digests.has(name))
  expect(lost, `finished files that are not there, ${when}`).toEqual([])
  const names = await filesBelow(out)
  if (!names.includes('manifest.json')) return
  expect([...digests.keys()].sort(), `files beside manifest.json, ${when}`).toEqual(
    [...reference.keys()].sort(),
  )
  expect([...(await listedFiles(out)).keys()].sort(), `manifest.json, ${when}`).toEqual(
    [...reference.keys()].sort(),
  )
}

/** At the end: everything is there, byte for byte, nothing is left over, and the logs are those of one job. */
export const expectComplete = async (out: string, reference: Digests, when: string): Promise<void> => {
  await expectNothingHalf(out, reference, when)
  expect(Object.fromEntries(await digestsOf(out)), when).toEqual(Object.fromEntries(reference))
  const listed = [...(await listedFiles(out))].map(([name, { sha256 }]): [string, string] => [name, sha256])
  expect(Object.fromEntries(listed), `digests in manifest.json, ${when}`).toEqual(
    Object.fromEntries(reference),
  )
  const left = (await filesBelow(out)).filter(isOurs)
  expect(left, `what is left in .bulkx, ${when}`).toEqual(['.bulkx/journal'])
  const log = objectsOf<{ exportId: string; eventId: string }>(
    await readFile(join(out, 'log.ndjson'), 'utf8'),
  )
  expect(new Set(log.map(({ exportId }) => exportId)).size, `exportIds in log.ndjson, ${when}`).toBe(1)
  const count = (event: string): number => log.filter(({ eventId }) => eventId === event).length
  expect([count('kickoff'), count('download_complete'), count('export_complete')], when).toEqual([
    1,
    reference.size,
    1,
  ])
}

/** The server saw one job, and nothing after its DELETE, where there is one, but the same again. */
export const expectOneJob = ({ mock, asked }: Served, when: string, deletes = true): void => {
  expect(
    asked('kick-off').map(({ status }) => status),
    `kick-offs, ${when}`,
  ).toEqual([202])
  if (!deletes) {
    expect(asked('delete'), `no DELETE, ${when}`).toEqual([])
    return
  }
  const firstDelete = mock.requests.findIndex(({ phase }) => phase === 'delete')
  expect(firstDelete, `DELETE was sent, ${when}`).toBeGreaterThan(0)
  const after = mock.requests.slice(firstDelete).map(({ phase }) => phase)
  // One that was killed before its answer came is followed by another, which wants a token of its own.
  const ofJob = after.filter((phase) => phase !== 'token' && phase !== 'discovery')
  expect(new Set(ofJob), `requests from the first DELETE on, ${when}`).toEqual(new Set(['delete']))
}
