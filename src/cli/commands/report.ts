/** `bulkx report`: one page about an export or a data set, from what is written down; nothing is asked, nothing changed. */
import { open } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { BulkxError } from '../../errors.js'
import { reportName } from '../../job/directory.js'
import { shellWord } from '../../job/next-command.js'
import { generator } from '../../report/page.js'
import { reportOn } from '../../report/report.js'
import { isStoreUrl } from '../../sink/object/store-url.js'
import { storageError, systemCode } from '../../sink/storage-error.js'
import { writeDurably } from '../../sync/durable-file.js'
import { version } from '../../version.js'
import type { Ending, Invocation, Run } from '../invocation.js'
import type { Io } from '../io.js'
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

/** Nothing but the page is missing: no export and no data set has anything to do with it. */
const asOwnTrouble = (error: unknown, path: string, io: Io): unknown => {
  if (!(error instanceof BulkxError)) return error
  const { code, message } = storageError(`Cannot write ${shortPath(path, io.cwd)}`, error.cause ?? error)
  const hint =
    code === 'BULKX_DISK_FULL'
      ? 'make room, or name a file on another disk with --out; `--out -` writes the page to stdout'
      : 'name a file in a directory that is there and can be written with --out; `--out -` writes the page to stdout'
  return new BulkxError(code, message, { hint, cause: error.cause })
}

/** Where the mark of our pages is, bytes. */
const headBytes = 400

/** Throws `BULKX_USAGE` where something else than an older page would be written over. */
const assertReplaceable = async (path: string, io: Io): Promise<void> => {
  let handle: Awaited<ReturnType<typeof open>>
  try {
    handle = await open(path, 'r')
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return
    throw storageError(`Cannot write ${shortPath(path, io.cwd)}`, cause)
  }
  try {
    const isFile = (await handle.stat()).isFile()
    const { buffer, bytesRead } = isFile
      ? await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0)
      : { buffer: Buffer.alloc(0), bytesRead: 0 }
    if (buffer.toString('utf8', 0, bytesRead).includes(`content="${generator} `)) return
  } finally {
    await handle.close()
  }
  throw new BulkxError('BULKX_USAGE', `${shortPath(path, io.cwd)} is there, and is no report of bulkx`, {
    hint: 'name another file with --out; nothing is written over but an older report',
  })
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
  })
  if (path === '-') {
    io.stdout.write(page)
    return {}
  }
  await assertReplaceable(path, io)
  await writeDurably(path, page).catch((error: unknown) => {
    throw asOwnTrouble(error, path, io)
  })
  if (!invocation.settings.get('json')) io.stdout.write(`${shortPath(path, io.cwd)}\n`)
  return { result: { directory, report: path, ...fields } }
}
