/** A server and a directory of one test for the library. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Exchange } from '../../src/http/exchange.js'
import type { ExportOptions } from '../../src/library/options.js'
import { createMock, type Mock, type MockOptions } from '../../src/mock/index.js'
import { type FakeClock, fakeClock } from '../helpers/fake-clock.js'
import { withoutSocket } from '../helpers/job.js'

export const temporaryDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'bulkx-library-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

export interface Place {
  mock: Mock
  options: ExportOptions & { server: string; out: string }
  /** Over the mock, without a socket, under a clock that does not wait. */
  run: { exchange: Exchange; clock: FakeClock; random: () => number }
}

export const place = (mockOptions: Partial<MockOptions> = {}): Place => {
  const clock = fakeClock()
  const mock = createMock({ clock, data: { patients: 12 }, ...mockOptions })
  return {
    mock,
    options: {
      server: `https://mock.example${mock.personality.basePath}`,
      target: 'Group/123',
      type: ['Patient'],
      out: join(temporaryDirectory(), 'out'),
    },
    run: { exchange: withoutSocket(mock.handler), clock, random: () => 0.5 },
  }
}
