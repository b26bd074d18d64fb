/** Programs of the machine that some tests need: browsers, shells, servers. */
import { spawnSync } from 'node:child_process'

/** Is the program to be found on the path? */
const isThere = (program: string): boolean =>
  spawnSync('sh', ['-c', `command -v "$1"`, 'sh', program]).status === 0

/**
 * For `describe.skipIf(lacks('tmux'))`: whether one of the programs is missing. Where all of them are promised
 * (`BULKX_TEST_TOOLS=all`, as in `.ci/run`, which installs them) a missing one is an error and nothing is skipped.
 */
export const lacks = (...programs: string[]): boolean => {
  const missing = programs.filter((program) => !isThere(program))
  if (missing.length > 0 && process.env.BULKX_TEST_TOOLS === 'all') {
    throw new Error(`these tests need ${missing.join(', ')}: see .ci/packages`)
  }
  return missing.length > 0
}
