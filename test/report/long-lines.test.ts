/** A manifest without line ends: each byte is looked at once, and a signal is obeyed between two chunks. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readManifest } from '../../src/report/manifest-reader.js'
import { Missing } from '../../src/report/missing.js'
import { readIn } from '../../src/report/read-in.js'
import { temporaryDirectory } from '../cli/fake-io.js'

const manifest = JSON.stringify({
  output: [{ type: 'Patient', url: 'Patient.ndjson', count: 3, title: 'Zoë “\u2028” 🦊' }],
  transactionTime: '2026-01-31T03:00:00Z',
})

async function* cut(text: string, size: number) {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

test.each([1, 2, 3, 7, 1000])('one that is cut into %i bytes says the same', async (size) => {
  for (const indent of [0, 1, 2]) {
    const text = JSON.stringify(JSON.parse(manifest), undefined, indent)
    const entries: unknown[] = []
    const figures = await readManifest(
      () => cut(text, size),
      (entry) => entries.push(entry.value),
    )
    expect(figures).toMatchObject({ files: 1, resources: 3 })
    expect(entries).toEqual(JSON.parse(manifest).output)
  }
})

test('a line that no manifest has is refused before it is read to its end', async () => {
  let chunks = 0
  const chunk = Buffer.alloc(1024 * 1024, '[')
  async function* endless() {
    for (;;) {
      chunks += 1
      yield chunk
    }
  }
  await expect(readManifest(endless, () => {})).rejects.toThrow(Missing)
  expect(chunks).toBe(65)
})

test('a signal ends the reading', async () => {
  const directory = temporaryDirectory()
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'manifest.json'), manifest)
  const controller = new AbortController()
  const read = readIn(directory, controller.signal)
  controller.abort(new Error('interrupted'))
  await expect(
    readManifest(
      () => read('manifest.json'),
      () => {},
    ),
  ).rejects.toThrow('interrupted')
})
