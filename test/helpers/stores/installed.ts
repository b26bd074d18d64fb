/** Stores that some tests speak to, of a package of their own: test/stores. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '../../stores')

/**
 * For `describe.skipIf(lacksStores())`: whether they are not installed (`npm ci --prefix test/stores`). Where all tools
 * are promised (`BULKX_TEST_TOOLS=all`, as in `.ci/run`) that is an error, and nothing is skipped.
 */
export const lacksStores = (): boolean => {
  const missing = ['s3rver', 'azurite'].filter((name) => !existsSync(join(folder, 'node_modules', name)))
  if (missing.length > 0 && process.env.BULKX_TEST_TOOLS === 'all') {
    throw new Error(`these tests need ${missing.join(', ')}: npm ci --prefix test/stores`)
  }
  return missing.length > 0
}

/** From where the packages of the stores are found. */
export const requireStore = createRequire(join(folder, 'package.json'))
