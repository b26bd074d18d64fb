/** `bulkx doctor`: looks for what would make the first export fail, and starts none. */
import type { Config } from '../../config.js'
import { type CheckResult, type CheckStatus, failedBy } from '../../doctor/check.js'
import { checks } from '../../doctor/checks.js'
import type { StandingJob } from '../../doctor/doctor.js'
import { examine, worstOf } from '../../doctor/examine.js'
import { openDoctor } from '../../doctor/open.js'
import { BulkxError } from '../../errors.js'
import { withoutQuery } from '../../http/url.js'
import { assertUsable, readJob } from '../../job/directory.js'
import { phaseOf } from '../../job/state.js'
import { parseTarget } from '../../options/target.js'
import { isMock } from '../../options/values.js'
import { createPaint } from '../color.js'
import { resolveConfig, settingsFor } from '../config.js'
import type { Paint } from '../explain.js'
import type { Ending, Invocation, Run } from '../invocation.js'
import type { Io } from '../io.js'
import { startMock } from '../mock-server.js'
import { describeSources, passedOverText } from '../profile-words.js'
import { hostFor } from '../run-job.js'
import { targetName } from '../show.js'
import { harmless } from '../text.js'
import { speaksUnicode } from '../unicode.js'

const marks: Record<CheckStatus, { unicode: string; ascii: string }> = {
  ok: { unicode: '✓', ascii: '+' },
  warning: { unicode: '!', ascii: '!' },
  failed: { unicode: '✗', ascii: 'x' },
  skipped: { unicode: '-', ascii: '-' },
}

const painted = (status: CheckStatus, mark: string, paint: Paint): string => {
  if (status === 'failed') return paint.error(mark)
  return status === 'warning' ? paint.warning(mark) : mark
}

/** One line for the check, and one for its remedy. */
export const checkLines = (
  { status, title, message, remedy }: CheckResult,
  { unicode, paint }: { unicode: boolean; paint: Paint },
): string[] => [
  `${painted(status, marks[status][unicode ? 'unicode' : 'ascii'], paint)} ${title}: ${message}`,
  ...(remedy === undefined ? [] : [`  ${paint.hint('hint:')} ${remedy}`]),
]

/** Words of others are shown here: the server's, and those of a directory that may be foreign. */
const shown = ({ message, remedy, ...rest }: CheckResult): CheckResult => ({
  ...rest,
  message: harmless(message),
  ...(remedy === undefined ? {} : { remedy: harmless(remedy) }),
})

const standingIn = async (directory: string): Promise<StandingJob | undefined> => {
  await assertUsable(directory)
  const state = await readJob(directory)
  if (!state) return undefined
  const target = state.kickOff ? targetName(state.kickOff.target) : 'a job'
  return { phase: phaseOf(state), question: `${target} from ${withoutQuery(state.server)}` }
}

const examined = async (
  config: Config,
  { settings }: Invocation,
  io: Io,
  each: (result: CheckResult) => void,
): Promise<void> => {
  const { clock, random, signal, trace } = await hostFor(settings, io)
  const standing = () => standingIn(config.directory)
  const doctor = openDoctor(config, { clock, random, signal, trace, standing })
  try {
    for await (const result of examine(checks, doctor)) each(shown(result))
  } finally {
    await doctor.close()
  }
}

const summary = (results: readonly CheckResult[]): string => {
  const failures = results.filter(({ status }) => status === 'failed').map(({ title }) => title)
  const many = failures.length === 1 ? 'check failed' : 'checks failed'
  return `${failures.length} ${many} of ${results.length}: ${failures.join(', ')}`
}

/** The exit code is the worst failure's. Where the lines are not seen, the error says what it is. */
const ending = (results: readonly CheckResult[], { unseen }: { unseen: boolean }): Ending => {
  const result = { checks: results.map(({ title: _title, code: _code, ...rest }) => rest) }
  const worst = worstOf(results)
  if (!worst) return { result }
  const error = unseen
    ? new BulkxError(worst.code, `${worst.title}: ${worst.message}`, { hint: worst.remedy })
    : new BulkxError(worst.code, summary(results))
  return { error, result }
}

/** A file of the settings that cannot be used is found before anything can be checked: it is a finding all the same. */
const configOf = async ({ settings, args }: Invocation, io: Io): Promise<Config | CheckResult> => {
  try {
    return await resolveConfig(settings, args[0], io)
  } catch (error) {
    if (!(error instanceof BulkxError) || error.code !== 'BULKX_CONFIG') throw error
    return { id: 'settings', title: 'settings', ...failedBy(error) }
  }
}

/** Which server is looked at, by which profile; and which profile is not looked at. */
const firstLines = ({ kickOff, server }: Config, { settings: given, args }: Invocation): string[] => {
  const settings = settingsFor(given, parseTarget(args[0]))
  const sources = describeSources(settings)
  const by = sources === undefined ? '' : ` (${sources})`
  const passedOver = passedOverText(settings)
  return [
    `doctor: ${targetName(kickOff.target)} from ${server}${by}`,
    ...(passedOver === undefined ? [] : [passedOver]),
  ]
}

export const run: Run = async (invocation, io) => {
  const { settings } = invocation
  const paint = await createPaint(settings.get('color') ?? 'auto', io)
  const unseen = settings.get('json') === true || settings.get('quiet') === true
  const results: CheckResult[] = []
  const say = (line: string): void => {
    if (!unseen) io.stdout.write(`${line}\n`)
  }
  const take = (result: CheckResult): void => {
    results.push(result)
    for (const line of checkLines(result, { unicode: speaksUnicode(io), paint })) say(line)
  }
  const config = await configOf(invocation, io)
  if ('status' in config) {
    take(config)
    return ending(results, { unseen })
  }
  for (const line of firstLines(config, invocation)) say(line)
  const mock = isMock(config.server) ? await startMock(config.server, io) : undefined
  try {
    await examined(mock ? { ...config, fhirUrl: mock.fhirUrl } : config, invocation, io, take)
    return ending(results, { unseen })
  } finally {
    await mock?.close()
  }
}
