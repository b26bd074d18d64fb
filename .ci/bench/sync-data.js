// A data set before a night's round: a base of many lines, and a delta that replaces some of them. Made once.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  closeSync,
  createReadStream,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { dataDirectory } from './data.js'
import { programPath } from './programs.js'
import { Seeded } from './seeded.js'

const bufferBytes = 4 * 1024 * 1024
const longestLine = 64 * 1024

/** A vital sign as servers send it, with the version that a merge looks for when there are two. */
const line = (id, version, random) =>
  `{"resourceType":"Observation","id":"${id}","meta":{"versionId":"${version}","lastUpdated":"2026-01-0${version}T0${random.below(10)}:00:00.000Z"},"status":"final","code":{"coding":[{"system":"http://loinc.org","code":"29463-7","display":"Body Weight"}]},"subject":{"reference":"Patient/${random.uuid()}"},"encounter":{"reference":"Encounter/${random.uuid()}"},"valueQuantity":{"value":${40 + random.below(80)}.${10 + random.below(90)},"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"}}`

class LinesOut {
  constructor(path) {
    this.file = openSync(path, 'w')
    this.buffer = Buffer.allocUnsafe(bufferBytes)
    this.used = 0
    this.hash = createHash('sha256')
    this.bytes = 0
  }

  add(text) {
    this.used += this.buffer.write(`${text}\n`, this.used)
    if (this.used > bufferBytes - longestLine) this.flush()
  }

  flush() {
    const filled = this.buffer.subarray(0, this.used)
    writeSync(this.file, filled)
    this.hash.update(filled)
    this.bytes += this.used
    this.used = 0
  }

  end() {
    this.flush()
    closeSync(this.file)
    return { bytes: this.bytes, sha256: this.hash.digest('hex') }
  }
}

/** sha256 of the lines of a file in the order of their bytes, by programs that know nothing of ours. */
export const sortedDigest = (path) => {
  const { status, stdout, stderr } = spawnSync(
    'sh',
    [
      '-c',
      `"$1" "$2" | "$3"`,
      'sh',
      programPath('sort', 'coreutils'),
      path,
      programPath('sha256sum', 'coreutils'),
    ],
    { env: { ...process.env, LC_ALL: 'C' }, encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`sorting ${path}: ${stderr}`)
  return stdout.slice(0, 64)
}

/**
 * Paths of base and delta with what is known of each, and the digest of the sorted lines that must come of them: who made
 * them knows which ones are replaced, and needs no merge for that. Every twentieth line is, in another order.
 */
export const syncData = (baseLines, deltaLines) => {
  const folder = join(dataDirectory, `sync-${baseLines}-${deltaLines}`)
  const known = join(folder, 'known.json')
  const paths = { base: join(folder, 'base.ndjson'), delta: join(folder, 'delta.ndjson') }
  if (existsSync(known)) return { ...JSON.parse(readFileSync(known, 'utf8')), paths }
  mkdirSync(folder, { recursive: true })
  const random = new Seeded(77)
  const step = Math.floor(baseLines / deltaLines)
  const expectedPath = join(folder, 'expected')
  const [base, delta, expected] = [paths.base, paths.delta, expectedPath].map((path) => new LinesOut(path))
  const replaced = []
  for (let position = 0; position < baseLines; position += 1) {
    const id = random.uuid()
    const text = line(id, 1, random)
    base.add(text)
    if (position % step === 0 && replaced.length < deltaLines) replaced.push(id)
    else expected.add(text)
  }
  for (const id of replaced.reverse()) {
    const text = line(id, 2, random)
    delta.add(text)
    expected.add(text)
  }
  const sizes = { base: base.end(), delta: delta.end() }
  expected.end()
  const made = { ...sizes, sorted: sortedDigest(expectedPath) }
  rmSync(expectedPath)
  writeFileSync(`${known}.new`, JSON.stringify(made))
  renameSync(`${known}.new`, known)
  return { ...made, paths }
}

export const digestOf = async (path) => {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk)
  return hash.digest('hex')
}
