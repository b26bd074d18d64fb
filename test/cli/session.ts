/** Commands one after the other against one mock, under one clock: a shell session without the shell. */
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { main } from '../../src/cli/main.js'
import { createMock, listen, type Mock, type MockOptions } from '../../src/mock/index.js'
import { type FakeClock, fakeClock } from '../helpers/fake-clock.js'
import { type FakeIo, type FakeIoOptions, fakeIo, temporaryDirectory } from './fake-io.js'

export interface Ran {
  code: number
  out: string
  err: string
  /** The lines of `--json`. */
  lines: Record<string, unknown>[]
  /** The last of them. */
  result: Record<string, unknown>
}

export interface Session {
  cwd: string
  clock: FakeClock
  mock: Mock
  /** The mock's FHIR base URL. */
  server: string
  run(argv: string[], options?: FakeIoOptions & { watch?: (io: FakeIo, text: string) => void }): Promise<Ran>
  /** Without what differs from run to run. */
  plain(text: string): string
}

const parsed = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))

export const session = async (options: Partial<MockOptions> = {}): Promise<Session> => {
  const cwd = temporaryDirectory()
  const clock = fakeClock()
  const mock = createMock({ clock, data: { patients: 10 }, jobMs: 10_000, ...options })
  const running = await listen(mock)
  onTestFinished(() => running.close())
  return {
    cwd,
    clock,
    mock,
    server: running.fhirUrl,
    run: async (argv, { watch, ...ioOptions } = {}) => {
      // One user, from whatever directory.
      const user = { BULKX_STATE_DIR: join(cwd, 'state'), BULKX_CONFIG_DIR: join(cwd, 'config') }
      const env = { ...user, ...ioOptions.env }
      const io = Object.assign(fakeIo({ cwd, ...ioOptions, env }), { clock })
      io.onTalk = (text) => watch?.(io, text)
      const code = await main(argv, io)
      const lines = argv.includes('--json') ? parsed(io.out()) : []
      return { code, out: io.out(), err: io.err(), lines, result: lines.at(-1) ?? {} }
    },
    plain: (text) =>
      text
        .replaceAll(cwd, '/work')
        .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:8080')
        .replace(/(bulkstatus|bulkfiles)\/[0-9a-f]+/g, '$1/77')
        .replace(/(HTTP\S* [^;\n]*?) \d+ ms/g, '$1')
        .replace(/"(exportId|sha256)":"[^"]+"/g, '"$1":"…"')
        .replace(/"durationMs":[\d.]+/g, '"durationMs":5'),
  }
}
