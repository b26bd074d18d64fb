// What the clients wrote, compared byte for byte.
import { createHash } from 'node:crypto'
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'

/** The files of a client are not those that were sent. */
export class WrongOutput extends Error {}

/** A stream costs more than a small file, and there may be a hundred thousand of them. */
const smallBytes = 1024 * 1024

const digestOf = async (path) => {
  const hash = createHash('sha256')
  if (statSync(path).size <= smallBytes) return hash.update(readFileSync(path)).digest('hex')
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk)
  return hash.digest('hex')
}

/** Throws `WrongOutput` unless these are the files, each as often as it was sent. */
export const compareOutput = async (name, out, files) => {
  const paths = readdirSync(out, { recursive: true })
    .filter((path) => path.endsWith('.ndjson') && basename(path) !== 'log.ndjson')
    .map((path) => join(out, path))
  const found = []
  for (const path of paths) found.push(await digestOf(path))
  const sent = files.map(({ sha256 }) => sha256)
  if (found.sort().join() === sent.sort().join()) return
  const known = new Set(sent)
  const strange = found.filter((digest) => !known.has(digest)).length
  throw new WrongOutput(`${name} wrote ${found.length} files of ${sent.length}, ${strange} with other bytes`)
}
