/** What only a power failure would show: content, name and fact become durable in this order, each before the next. */
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../process/child.js'
import { newPlace } from '../process/place.js'
import { mixedData, serve } from '../process/server.js'
import { digestsOf } from './invariants.js'

const preload = [new URL('note-order.mjs', import.meta.url).href]

interface Done {
  what: 'sync' | 'rename' | 'write'
  path: string
  /** The text of a write, the old name of a rename. */
  detail: string
}

const readOrder = async (path: string): Promise<Done[]> => {
  const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1)
  return lines.map((line): Done => {
    const [what, donePath, detail = ''] = JSON.parse(line)
    return { what, path: donePath, detail }
  })
}

/** Positions, each of the first such thing behind the one before; -1 from the first that is missing on. */
const inOrder = (done: readonly Done[], wanted: readonly ((one: Done) => boolean)[]): number[] => {
  let from = 0
  return wanted.map((isIt) => {
    const found = from === -1 ? -1 : done.findIndex((one, index) => index >= from && isIt(one))
    from = found === -1 ? -1 : found + 1
    return found
  })
}

const is =
  (what: Done['what'], path: string, text = '') =>
  (one: Done): boolean =>
    one.what === what && one.path === path && one.detail.includes(text)

test.each([{ gzip: false }, { gzip: true }])('content, name, fact: --gzip $gzip', async ({ gzip }) => {
  await using place = await newPlace()
  await using server = await serve({ data: mixedData(20), pageSize: 40, manifestEntries: 7 })
  const { out } = place
  const orderFile = join(place.root, 'order')
  // Of this time there is a list of deleted resources as well, in a folder of its own.
  const args = ['export', '--server', server.fhirUrl, '--out', out, '--since', '2000-01-01T00:00:00Z']
  const { code, stderr } = await run(place, [...args, ...(gzip ? ['--gzip'] : [])], {
    preload,
    env: { ORDER_FILE: orderFile },
  })
  expect(code, stderr).toBe(0)
  const done = await readOrder(orderFile)
  const journal = join(out, '.bulkx/journal')
  const names = [...(await digestsOf(out)).keys()]
  expect(names.length).toBeGreaterThan(10)
  expect(names).toContain('deleted/Bundle.0001.ndjson')
  const facts = [
    ...names.map((name) => ({ path: `${name}${gzip ? '.gz' : ''}`, fact: `"name":"${name}"` })),
    { path: 'manifest.json', fact: '"type":"manifest-written"' },
  ]
  for (const { path, fact } of facts) {
    const name = join(out, path)
    const part = done.find(is('rename', name))?.detail ?? ''
    const positions = inOrder(done, [
      is('sync', part),
      is('rename', name),
      is('sync', dirname(name)),
      is('write', journal, fact),
      is('sync', journal),
    ])
    expect(positions, `${path}: content, name, folder, fact, journal`).not.toContain(-1)
    // The fact is not written earlier as well.
    expect(done.findIndex(is('write', journal, fact))).toBe(positions[3])
  }
  const manifestAt = done.findIndex(is('rename', join(out, 'manifest.json')))
  const lastFact = done.findLastIndex(is('write', journal, '"type":"file-completed"'))
  expect(lastFact).toBeLessThan(manifestAt)
  // Each write of the journal is durable before the next one.
  const ofJournal = done.filter(({ path, what }) => path === journal && what !== 'rename')
  expect(ofJournal.map(({ what }) => what)).toEqual(
    ofJournal.map((_, at) => (at % 2 === 0 ? 'write' : 'sync')),
  )
})
