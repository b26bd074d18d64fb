// What is measured, and what must come of it.
import { curl } from './clients.js'
import { many } from './many.js'
import { polling } from './polling.js'
import { startUp } from './start-up.js'
import { syncMerge } from './sync-merge.js'
import { transfer } from './transfer.js'

const big = { set: 'big', files: 8, quickFiles: 2, rss: { target: 110, stretch: 100 } }

/** A run is given what it needs by main.js, and returns `what`, `clients` and `figures`. */
export const scenarios = {
  plain: {
    title: 'Large files to memory',
    run: transfer({ ...big, reference: curl(), target: 2.2, stretch: 1.8 }),
  },
  disk: {
    title: 'Large files to the disk, synced on both sides',
    run: transfer({ ...big, onDisk: true, reference: curl({ synced: true }), target: 1.5, stretch: 1.2 }),
  },
  gzip: {
    title: 'Large files, gzip on the wire',
    run: transfer({
      ...big,
      way: 'gzip',
      reference: curl({ compressed: true }),
      target: 0.85,
      stretch: 0.75,
    }),
  },
  tls: {
    title: 'Large files over TLS',
    run: transfer({ ...big, files: 4, isTls: true, reference: curl(), target: 2.2, stretch: 1.8 }),
  },
  small: {
    title: 'Small files',
    run: transfer({ set: 'small', files: 5000, quickFiles: 1500, reference: curl(), target: 3, stretch: 2 }),
  },
  latency: {
    title: 'A server that takes 50 ms before each file',
    run: transfer({
      ...{ set: 'medium', files: 500, quickFiles: 100, way: 'late' },
      ...{ reference: curl(), target: 1.1, stretch: 1.03 },
    }),
  },
  many: {
    title: 'Very many files',
    run: many({
      ...{ few: 20_000, manyFiles: 100_000, quickFew: 500, quickMany: 2_500 },
      ...{ reference: curl(), linear: 1.15, bytesAFile: 3000 },
    }),
    isLong: true,
  },
  'start-up': { title: 'Start-up', run: startUp },
  polling: { title: 'Polling', run: polling },
  'sync-merge': {
    title: 'Merging a delta into a snapshot',
    run: syncMerge({
      ...{ base: 2_000_000, delta: 100_000, quickBase: 200_000, quickDelta: 10_000 },
      ...{ wall: 6, rss: 200 },
    }),
  },
}
