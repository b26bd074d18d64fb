/** `--since last`: the time of the newest export of the same series that ended well, from the user's job list. */
import type { Config } from '../config.js'
import { BulkxError } from '../errors.js'
import { type DataTime, dataTimeOf, insteadWords } from '../job/data-time.js'
import { readJob } from '../job/directory.js'
import { endedWell } from '../job/outcome.js'
import { hasTime, seriesText } from '../job/question.js'
import { type JobState, phaseOf } from '../job/state.js'
import { assertPeriod } from '../options/period.js'
import { lastSince } from '../options/values.js'
import type { Instant } from '../protocol/types.js'
import type { Io } from './io.js'
import { jobsAt } from './job-list.js'
import type { Settings } from './settings.js'
import { shortPath } from './show.js'
import { isOfDataset } from './sync/place.js'
import { harmless } from './text.js'

/** What `--since last` comes to in this run. */
export interface FoundSince {
  /** Absent where everything is exported. */
  since?: Instant
  /** Where it is from, in a word or two: for `--print-config`. */
  source: string
  /** The whole sentence. */
  said: string
}

type Series = Pick<Config, 'server' | 'kickOff'>

/** An export with an end of its own says nothing of what changed after it. */
const moves = (state: JobState, { server, kickOff }: Series): boolean =>
  state.kickOff !== undefined &&
  endedWell(state) &&
  !hasTime(state.kickOff, 'until') &&
  seriesText(state.server, state.kickOff) === seriesText(server, kickOff)

/** Everything, in the words of a server that gives less when nothing is said. */
const everything = (settings: Settings, lost: number): FoundSince => {
  const none = 'no earlier export of this kind that ended well is known'
  const away = lost === 0 ? '' : ` (${lost} of the job list ${lost === 1 ? 'is' : 'are'} not on disk)`
  const { preset } = settings
  const since = preset?.row.advice.withoutSince?.everything
  const asked = since === undefined ? '' : `, by --since ${since} as preset ${preset?.name} says`
  return {
    since,
    source: `--since last, ${none}`,
    said: `--since last: ${none}${away}, so everything is exported${asked}`,
  }
}

/** Empty where the server's own time is taken. */
const whyNot = ({ instead }: DataTime, state: JobState): string =>
  instead === undefined ? '' : harmless(insteadWords(instead, state))

const newest = async (config: Config, settings: Settings, io: Io): Promise<FoundSince> => {
  let best: (DataTime & { directory: string; why: string }) | undefined
  let lost = 0
  for await (const { directory, state } of jobsAt(config.server, config.kickOff.target, io)) {
    if (state === undefined) lost += 1
    if (state === undefined || !moves(state, config)) continue
    // What a data set has had, those who export beside it have not.
    if (await isOfDataset(directory)) continue
    const time = dataTimeOf(state)
    if (best === undefined || time.at > best.at) best = { ...time, directory, why: whyNot(time, state) }
  }
  if (best === undefined) return everything(settings, lost)
  const place = shortPath(best.directory, io.cwd)
  const of = best.why === '' ? `the data of ${place}` : `when ${place} was kicked off, for ${best.why}`
  return {
    since: best.text,
    source: `--since last: ${place}`,
    said: `--since last: since ${best.text}, ${of}`,
  }
}

/** What the export in the output directory began with: the same command goes on with it. */
const begun = async (config: Config): Promise<FoundSince | undefined> => {
  const state = await readJob(config.directory)
  if (!state?.kickOff || !state.sinceLast || phaseOf(state) === 'new') return undefined
  if (seriesText(state.server, state.kickOff) !== seriesText(config.server, config.kickOff)) return undefined
  const { since } = state.kickOff
  const what = since === undefined ? 'everything is exported' : `since ${since}`
  return { since, source: '--since last: the directory', said: `--since last: ${what}, as was begun here` }
}

const assertOneSince = ({ kickOff }: Config): void => {
  if (!hasTime({ ...kickOff, since: undefined }, 'since')) return
  throw new BulkxError('BULKX_USAGE', '--since last, and a _since in the request as well', {
    hint: 'leave one of them out',
  })
}

/**
 * The config with `last` put in the server's words, and where they are from; the config as it is where nobody asked
 * for `last`. Throws `BULKX_USAGE` where the request has another `_since`, or ends before that time.
 */
export const resolveSince = async (
  config: Config,
  settings: Settings,
  io: Io,
): Promise<{ config: Config; found?: FoundSince }> => {
  if (config.kickOff.since !== lastSince) return { config }
  assertOneSince(config)
  const here = settings.get('again') ? undefined : await begun(config)
  const found = here ?? (await newest(config, settings, io))
  const { since: _last, ...kickOff } = config.kickOff
  const question = found.since === undefined ? kickOff : { ...kickOff, since: found.since }
  assertPeriod(found.since, question.until)
  return { config: Object.freeze({ ...config, kickOff: question, sinceLast: true as const }), found }
}
