/** `bulkx report`: one page about an export or a data set, from what is written down; nothing is asked, nothing changed. */
import { basename, dirname, join, resolve } from 'node:path'
import { BulkxError } from '../../errors.js'
import { reportName } from '../../job/directory.js'
import { shellWord } from '../../job/next-command.js'
import { reportOn } from '../../report/report.js'
import { isStoreUrl } from '../../sink/object/store-url.js'
import { version } from '../../version.js'
import type { Ending, Invocation, Run } from '../invocation.js'
import type { Io } from '../io.js'
import { writeReport } from '../report-file.js'
import { shortPath } from '../show.js'
import { isOfDataset } from '../sync/place.js'

/** Beside what it is about: exports of a data set are never changed again, so that theirs stand in the data set. */
const defaultPath = async (directory: string): Promise<string> =>
  (await isOfDataset(directory))
    ? join(dirname(dirname(directory)), reportName.replace('.html', `.${basename(directory)}.html`))
    : join(directory, reportName)

/** `-`: stdout. The environment's BULKX_OUT is the directory of an export, and no page. */
const wantedPath = async (
  { flags, settings }: Invocation,
  directory: string,
  io: Io,
): Promise<string | '-'> => {
  const given = flags.out?.at(-1)
  if (given === undefined) return defaultPath(directory)
  if (given !== '-') return resolve(io.cwd, given)
  if (settings.get('json'))
    throw new BulkxError('BULKX_USAGE', '--json and --out - both want stdout', {
      hint: 'name a file with --out, or leave --json out',
    })
  return '-'
}

/** Of an export into a store, the directory that its job stands in. */
const directoryOf = async (argument: string, io: Io): Promise<string> => {
  if (!isStoreUrl(argument)) return resolve(io.cwd, argument)
  const { findJob } = await import('../place.js')
  const place = await findJob(argument, 'report', io)
  return place.kind === 'directory' ? place.directory : argument
}

export const run: Run = async (invocation, io): Promise<Ending> => {
  const directory = await directoryOf(invocation.args[0] ?? '.', io)
  const path = await wantedPath(invocation, directory, io)
  const { page, fields } = await reportOn({
    directory,
    shownAs: shellWord(shortPath(directory, io.cwd)),
    making: { madeAt: io.clock.now(), version, platform: io.platform },
    signal: io.signal,
  })
  if (path === '-') {
    io.stdout.write(page)
    return {}
  }
  await writeReport(path, page, io)
  if (!invocation.settings.get('json')) io.stdout.write(`${shortPath(path, io.cwd)}\n`)
  return { result: { directory, report: path, ...fields } }
}
