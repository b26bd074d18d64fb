/** `bulkx help json`: every line that --json writes, with its fields. */
import { type Entry, entries, paragraph, wrap } from '../wrap.js'
import { type Fields, factLines, type LineWords, otherLines, workerLines } from './json-lines.js'
import { commonResult, resultFields } from './json-results.js'

export const jsonIntro =
  'With --json, stdout is NDJSON: one object a line, each with "type" and "at" (an ISO instant). Fields that are not known are absent; new fields and types may come. URLs have no query, words of the server have 2 KB at most. The lines of `bulkx sync` have the number of their "export" as well.'

const fieldEntries = (fields: Fields): Entry[] => Object.entries(fields)

const described = (name: string, { summary, fields }: LineWords, width: number): string =>
  [
    `${name}`,
    paragraph(summary, 2, width),
    ...entries(fieldEntries(fields), width - 2).map((text) => text.replace(/^/gm, '  ')),
  ].join('\n')

const resultExample = `  {"type":"result","at":"…","command":"export","phase":"complete","exitCode":0,
   "directory":"…","transactionTime":"…","files":3,"resources":120,
   "bytes":48211,"findings":[]}`

export const jsonTopic = (width: number): string =>
  [
    wrap(jsonIntro, 0, width),
    'Facts of a job, as they happen:',
    ...Object.entries(factLines).map(([name, words]) => described(name, words, width)),
    'Lines of `bulkx worker`:',
    ...Object.entries(workerLines).map(([name, words]) => described(name, words, width)),
    'Other lines:',
    ...Object.entries(otherLines).map(([name, words]) => described(name, words, width)),
    wrap('The last line of every command, successful or not, is its result:', 0, width),
    ...(width >= 80 ? [resultExample] : []),
    described('result', { summary: 'of any command', fields: commonResult }, width),
    ...Object.entries(resultFields).map(([name, fields]) =>
      described(`result of ${name}`, { summary: 'has beside these', fields }, width),
    ),
  ].join('\n\n')
