/** The patients of `--patient`: ids as typed, or a list of them in a file. */
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { BulkxError } from '../errors.js'
import { shellWord } from '../job/next-command.js'
import { parsePatient } from '../options/values.js'
import { reasonOf } from './identity-files.js'
import type { Io } from './io.js'
import { grouped } from './text.js'

const format = 'a list has one id or Patient/<id> a line, and # before a comment'

/** Words that stand above a column, and are no ids of anybody. An id that is such a word is written `Patient/<id>`. */
const heading =
  /^(patient|patients|subject|member|person|resource|fhir|pat|epi|mpi|empi|medical)?[ _-]?(fhir|record)?[ _-]?(id|ids|identifier|identifiers|reference|number|no|mrn|mrns|patient|patients)$/i

/** Lines that say something, without comments. */
const linesOf = (text: string): string[] =>
  text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))

/** A comma behind an id makes no second cell. */
const cellsOf = (line: string): string[] => line.replace(/^([^,;\s]+)[,;]$/, '$1').split(/\s*[,;\t]\s*|\s+/)

/** A table in place of a list: a line may hold many patients, but several lines of the same shape are rows. */
const tableIn = (lines: readonly string[]): string | undefined => {
  const [first = '', ...others] = lines
  if (others.length === 0) return undefined
  const columns = cellsOf(first).length
  if (columns > 1 && others.every((line) => cellsOf(line).length === columns)) {
    return `is a table of ${columns} columns (${grouped(lines.length)} lines), not a list of patients`
  }
  const word = cellsOf(first.replaceAll('"', ''))[0] ?? ''
  return heading.test(word)
    ? `has ${JSON.stringify(word)} in its first line, the heading of a table and no patient`
    : undefined
}

const wrongList = (argument: string, where: string, what: string, hint: string): BulkxError =>
  new BulkxError('BULKX_CONFIG', `--patient ${argument}: ${where} ${what}`, { hint })

const textOf = async (argument: string, where: string, io: Io): Promise<string> => {
  if (argument === '@-') return io.readStdin()
  return readFile(resolve(io.cwd, where), 'utf8').catch((error: unknown) => {
    throw new BulkxError('BULKX_CONFIG', `Cannot read ${where}: ${reasonOf(error)}`, {
      cause: error,
      hint: 'check `--patient`',
    })
  })
}

/** An id may have a dot, but one that is also the name of a file here is the list itself. */
const idOf = async (argument: string, io: Io): Promise<string> => {
  if (!/^[^/]+\.[A-Za-z]{1,5}$/.test(argument)) return argument
  const isFile = await stat(resolve(io.cwd, argument)).then(
    (found) => found.isFile(),
    () => false,
  )
  if (!isFile) return argument
  throw new BulkxError(
    'BULKX_USAGE',
    `--patient ${argument} is the name of a file here, and would be sent as an id`,
    {
      hint: `did you mean --patient @${argument}? the id is written Patient/${argument}`,
    },
  )
}

/**
 * The patients of one value: an id, `@file` or `@-`. Throws `BULKX_USAGE` for a file without its @, and `BULKX_CONFIG` for what is no list: the words above the
 * columns of a table would be asked for as patients, and so would its other columns.
 */
export const patientsFrom = async (argument: string, io: Io): Promise<string[]> => {
  if (!argument.startsWith('@')) return [await idOf(argument, io)]
  const where = argument === '@-' ? 'stdin' : argument.slice(1)
  const lines = linesOf(await textOf(argument, where, io))
  const table = tableIn(lines)
  if (table !== undefined) {
    const file = argument === '@-' ? '<file>' : shellWord(where)
    const cut = `\`cut -d, -f1 ${file} | tail -n +2 > ids.txt\` takes the first column without its heading`
    throw wrongList(argument, where, table, `${format}; ${cut}, then \`--patient @ids.txt\``)
  }
  const patients = lines.flatMap((line) => line.split(/[\s,]+/).filter(Boolean))
  if (patients.length === 0) throw wrongList(argument, where, 'holds no patient', format)
  const wrong = patients.findIndex((patient) => parsePatient(patient) === undefined)
  if (wrong === -1) return patients
  throw wrongList(argument, where, `holds something else than a patient at position ${wrong + 1}`, format)
}
