/** The bundled mock, loaded only when somebody asks for it. */
import { BulkxError } from '../errors.js'
import type { Personality, RunningServer } from '../mock/index.js'
import { namesHint } from '../options/did-you-mean.js'
import type { Io } from './io.js'
import { presetTitles } from './preset-choice.js'

const titlesOf = (all: Readonly<Record<string, Personality>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(presetTitles()).filter(([name]) => Object.hasOwn(all, name)))

/** The personality of this name. Throws `BULKX_USAGE` naming those that there are. */
export const personalityNamed = (name: string, all: Readonly<Record<string, Personality>>): Personality => {
  const found = Object.hasOwn(all, name) ? all[name] : undefined
  if (found) return found
  throw new BulkxError('BULKX_USAGE', `There is no mock personality ${JSON.stringify(name)}`, {
    hint: namesHint(name, Object.keys(all), titlesOf(all)),
  })
}

/** Starts the mock of `mock:` or `mock:<personality>` on a free loopback port; it lives as long as this process. */
export const startMock = async (server: string, io: Pick<Io, 'clock'>): Promise<RunningServer> => {
  const { createMock, listen, personalities } = await import('../mock/index.js')
  const name = server.slice('mock:'.length)
  const personality = name === '' ? undefined : personalityNamed(name, personalities)
  return listen(createMock({ personality, clock: io.clock }), {})
}
