/** What `export` and `kickoff` share: settings to a config, what is only printed, and the mock of `mock:`. */
import type { Config } from '../config.js'
import { readJob } from '../job/directory.js'
import { phaseOf } from '../job/state.js'
import { parseTarget } from '../options/target.js'
import { spelling } from '../spelling.js'
import { resolveConfig, settingsFor } from './config.js'
import { requestLines, shownRequest } from './dry-run.js'
import type { Ending, Invocation } from './invocation.js'
import type { Io } from './io.js'
import { moveAside } from './move-aside.js'
import { adviceOf } from './preset-words.js'
import { printedLines, printedSettings } from './print-config.js'
import { talkFor, warner } from './reporter/index.js'
import type { JobRun } from './run-job.js'
import type { Settings } from './settings.js'
import { shortPath } from './show.js'
import { type FoundSince, resolveSince } from './since-last.js'
import { assertNoDataset } from './sync/place.js'

/** What the preset has to say belongs before the request, sent or not. */
const sayAdvice = async (run: { config: Config; settings: Settings }, io: Io): Promise<void> => {
  const warn = warner(await talkFor(run.settings, io), run.settings, io)
  for (const line of [...spelling(run.config.kickOff, io.clock.now()), ...adviceOf(run, 'new')]) warn(line)
}

/** The ending of a run that only prints; undefined when there is something to start. */
export const printOnly = async (
  { config, settings, found }: Prepared,
  io: Io,
): Promise<Ending | undefined> => {
  const json = settings.get('json')
  const printed = settings.get('print-config') ? printedSettings(settings, config, io, found) : undefined
  const request = settings.get('dry-run') ? shownRequest(config) : undefined
  if (!printed && !request) return undefined
  if (request && found) (await talkFor(settings, io)).line(found.said)
  if (request) await sayAdvice({ config, settings }, io)
  const lines = [
    ...(printed ? printedLines(printed) : []),
    ...(printed && request ? [''] : []),
    ...(request ? requestLines(request) : []),
  ]
  if (!json) io.stdout.write(`${lines.join('\n')}\n`)
  return { result: { directory: config.directory, config: printed, request } }
}

/** Nothing can be moved aside in a store: what stands there stays, and a new export wants a prefix of its own. */
const assertNothingStored = async ({ store = '' }: Config, io: Io): Promise<void> => {
  const { assertEmptyStore } = await import('../sink/open-sink.js')
  const { env, clock, random } = io
  await assertEmptyStore({ target: store, env, clock, random, system: io.process.host })
}

const setAside = async (config: Config, settings: Settings, io: Io): Promise<void> => {
  if (settings.get('again') && config.store !== undefined) await assertNothingStored(config, io)
  const aside = settings.get('again') ? await moveAside(config.directory, io) : undefined
  if (aside === undefined) return
  const talk = await talkFor(settings, io)
  talk.line(`moved ${shortPath(config.directory, io.cwd)} to ${shortPath(aside, io.cwd)}`)
  const state = await readJob(aside).catch(() => undefined)
  if (state && phaseOf(state) === 'in-progress') {
    talk.warning(`its job goes on at the server; stop it with \`bulkx cancel ${shortPath(aside, io.cwd)}\``)
  }
}

/** What to run with. */
export interface Prepared {
  config: Config
  settings: Settings
  /** What `--since last` came to. */
  found?: FoundSince
}

/** The config to run with, or the ending of a run that started nothing. */
export const prepareExport = async (
  invocation: Invocation,
  io: Io,
): Promise<Prepared | { ending: Ending }> => {
  const settings = settingsFor(invocation.settings, parseTarget(invocation.args[0]))
  const { config, found } = await resolveSince(
    await resolveConfig(settings, invocation.args[0], io),
    settings,
    io,
  )
  await assertNoDataset(config.directory, io)
  const prepared = { config, settings, found }
  const ending = await printOnly(prepared, io)
  if (ending) return { ending }
  await setAside(config, settings, io)
  return prepared
}

/** What a run says of `--since last`, to people and to programs. */
export const sinceWords = ({ config, found }: Prepared): Pick<JobRun, 'opening' | 'fields'> =>
  found === undefined
    ? {}
    : { opening: [found.said], fields: () => ({ since: config.kickOff.since ?? null }) }
