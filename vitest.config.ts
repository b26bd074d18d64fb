import { defineConfig } from 'vitest/config'

/** `npm test -- scenarios`: who names some files wants to see what is in them, a line a test. */
const isNarrowed = process.argv.slice(2).some((word) => word !== 'run' && !word.startsWith('-'))

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/helpers/build.ts'],
    reporters: isNarrowed ? ['tree'] : ['default'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
