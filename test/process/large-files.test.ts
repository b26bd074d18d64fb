/** Eight large files at once, their contents looked at in threads: one bad line is found where it is. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { DataSource } from '../../src/mock/index.js'
import { run } from './child.js'
import { newPlace } from './place.js'
import { largeFile, serve } from './server.js'

const files = 8
const [lines, lineBytes] = [12_000, 1_000]
const badLine = 7_001
const badByte = (badLine - 1) * lineBytes

/** As many files, the last one with a line that ends in a comma and nothing. */
const withBadLine = (data: DataSource): DataSource => ({
  ...data,
  select: async (...asked) => {
    const [content] = await data.select(...asked)
    if (!content) return []
    const good = Array.from({ length: files - 1 }, (_, number) => ({ ...content, tag: `good ${number}` }))
    const open = async () => {
      const { sizeBytes, read } = await content.open()
      async function* spoilt(start: number, end: number): AsyncGenerator<Uint8Array> {
        let at = start
        for await (const chunk of read(start, end)) {
          const comma = badByte + lineBytes - 2 - at
          if (comma >= 0 && comma < chunk.length) chunk[comma] = ','.charCodeAt(0)
          at += chunk.length
          yield chunk
        }
      }
      return { sizeBytes, read: spoilt }
    }
    return [...good, { ...content, tag: 'bad', open }]
  },
})

const tellThreads = [
  'import { writeFileSync } from "node:fs"',
  'let threads = 0',
  'process.on("worker", () => { threads += 1 })',
  'process.on("exit", () => writeFileSync(process.env.THREADS_FILE, String(threads)))',
].join('\n')
const preload = [`data:text/javascript,${encodeURIComponent(tellThreads)}`]

test('all of them are stored, and the file, line and byte are named', async () => {
  await using place = await newPlace()
  await using server = await serve({ data: withBadLine(largeFile(lines, lineBytes)) })
  const threadsFile = join(place.root, 'threads')
  const args = ['export', '--server', server.fhirUrl, '--out', place.out, '--parallel', '8', '--quiet']
  const { code, stderr } = await run(place, args, { preload, env: { THREADS_FILE: threadsFile } })
  expect(code, stderr).toBe(10)
  expect(stderr).toContain(`Binary.0008.ndjson: 1 bad line, the first is line ${badLine} at byte ${badByte}`)
  const names = (await readdir(place.out)).filter((name) => name.startsWith('Binary.'))
  expect(names).toHaveLength(files)
  for (const name of names) expect((await stat(join(place.out, name))).size).toBe(lines * lineBytes)
  const most = Math.min(availableParallelism() - 1, 2)
  expect(Number(await readFile(threadsFile, 'utf8'))).toBe(most)
})
