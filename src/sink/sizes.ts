/** How long many files are. */
import { lstatSync, type Stats } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { lookedAt } from './local-part.js'
import { storageError } from './storage-error.js'
import { type Swiftness, turn } from './swiftness.js'

/** How many files are looked for together. */
const together = 64

const bytesOf = (found: Stats | undefined): number | undefined => (found?.isFile() ? found.size : undefined)

const sizeAtOnce = (path: string): number | undefined => {
  try {
    return bytesOf(lstatSync(path, { throwIfNoEntry: false }))
  } catch (cause) {
    throw storageError(`Cannot read ${path}`, cause)
  }
}

/** Bytes at each path; undefined where there is no file. */
export const sizesOf = async (
  paths: readonly string[],
  swiftness: Swiftness,
): Promise<(number | undefined)[]> => {
  const sizes: (number | undefined)[] = []
  for (let at = 0; at < paths.length; at += together) {
    const some = paths.slice(at, at + together)
    if (swiftness.isSwift) {
      for (const path of some) sizes.push(swiftness.atOnce(() => sizeAtOnce(path)))
      await turn()
    } else {
      const found = await Promise.all(some.map((path) => lookedAt(path, lstat(path))))
      sizes.push(...found.map(bytesOf))
    }
  }
  return sizes
}
