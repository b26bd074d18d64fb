/** Builds dist/ once, before any test: tests of real processes run bin/bulkx.js, and that runs dist/. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    /** What the compiler said when the build failed; empty when it did not. */
    buildFailure: string
  }
}

const buildScript = join(import.meta.dirname, '../../.ci/build.js')

/** A failed build fails the tests that start processes, and leaves those of the sources alone. */
export default ({ provide }: TestProject): void => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [buildScript], { encoding: 'utf8' })
  provide('buildFailure', status === 0 ? '' : `${stdout}${stderr}` || `the build ended with ${status}`)
}
