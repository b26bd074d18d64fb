import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** `npm test -- scenarios`: who names some files wants to see what is in them, a line a test. */
const isNarrowed = process.argv.slice(2).some((word) => word !== 'run' && !word.startsWith('-'))

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/helpers/build.ts'],
    reporters: isNarrowed ? ['tree'] : ['default'],
    // Many tests wait for processes of their own: two at once are twice as fast on two cores, too.
    maxWorkers: Math.min(8, Math.max(2, availableParallelism() - 1)),
    // Far above what anything takes: only what hangs is to meet them, also on a machine that does much else.
    testTimeout: 300_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
  },
})
