// The data: made once, the same bytes each time, kept outside of the repository.
import { createHash } from 'node:crypto'
import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { kindOf } from './resources.js'
import { Seeded } from './seeded.js'

export const benchDirectory =
  process.env.BULKX_BENCH_DIR ?? join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'bulkx-bench')

/** Another name whenever the bytes change: old data is then not taken for new. */
export const dataDirectory = join(benchDirectory, 'data-1')

/** Bytes of each file; a set may be larger than the number of files that a run takes of it. */
export const sets = {
  big: { bytes: 256 * 1024 * 1024, gzip: true },
  medium: { bytes: 200_000 },
  small: { bytes: 20_000 },
  tiny: { bytes: 1_500 },
}

const bufferBytes = 4 * 1024 * 1024
const longestLine = 64 * 1024

const writeLines = (path, position, bytes) => {
  const [type, make] = kindOf(position)
  const random = new Seeded(1_000_003 + position)
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(bufferBytes)
  const file = openSync(path, 'w')
  let filled = 0
  let written = 0
  let count = 0
  const flush = () => {
    hash.update(buffer.subarray(0, filled))
    writeSync(file, buffer, 0, filled)
    written += filled
    filled = 0
  }
  while (written + filled < bytes) {
    filled += buffer.write(`${make(random)}\n`, filled)
    count += 1
    if (filled > bufferBytes - longestLine) flush()
  }
  flush()
  closeSync(file)
  return { type, count, bytes: written, sha256: hash.digest('hex') }
}

const compress = async (path) => {
  const gzip = createGzip({ level: 6, chunkSize: 1024 * 1024 })
  await pipeline(
    createReadStream(path, { highWaterMark: 1024 * 1024 }),
    gzip,
    createWriteStream(`${path}.gz.new`),
  )
  renameSync(`${path}.gz.new`, `${path}.gz`)
}

/** One file of a set and what is known of it; what is there already is only read. */
const madeFile = async (set, position) => {
  const { bytes, gzip = false } = sets[set]
  const name = `${String(position).padStart(5, '0')}.ndjson`
  const path = join(dataDirectory, set, name)
  const known = `${path}.json`
  if (existsSync(known)) return JSON.parse(readFileSync(known, 'utf8'))
  const file = { name, ...writeLines(path, position, bytes) }
  if (gzip) await compress(path)
  writeFileSync(known, JSON.stringify(file))
  return file
}

/** The first files of a set: name, type, count, bytes, sha256. Makes those that are missing, two at a time. */
export const dataOf = async (set, number) => {
  mkdirSync(join(dataDirectory, set), { recursive: true })
  const files = []
  let next = 0
  const work = async () => {
    while (next < number) {
      const position = next
      next += 1
      files[position] = await madeFile(set, position)
    }
  }
  await Promise.all([work(), work()])
  return files
}
