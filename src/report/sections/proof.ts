/** What was checked when the files were stored, what manifest.json proves, and what neither does. */
import { count, grouped } from '../../cli/text.js'
import type { ExportReport } from '../export-report.js'
import type { FileFigures } from '../file-figures.js'
import { type Content, html, withCode } from '../html.js'
import { section, table } from '../parts.js'

const of = (number: number, all: number): string =>
  number === all
    ? `${all === 1 ? '' : 'all '}${count(all, 'file')}`
    : `${grouped(number)} of ${count(all, 'file')}`

/** Of what the server gave `given` times. */
const compared = (given: number, differing: number, none: string): string => {
  if (given === 0) return none
  return differing === 0 ? 'all equal' : `${differing} differ`
}

const checks = (
  files: FileFigures,
  wrong: { counts: number; checksums: number },
): [string, string, string][] => [
  [
    'The transfer came to its proper end',
    of(files.files - files.endUnproved, files.files),
    files.endUnproved === 0
      ? 'all proved'
      : `${count(files.endUnproved, 'file')} ended with the connection alone`,
  ],
  [
    'Each line is a JSON object',
    count(files.lines, 'line'),
    files.badLines === 0 ? 'no bad line' : count(files.badLines, 'bad line'),
  ],
  [
    'As many resources as the server counts',
    of(files.counted, files.files),
    compared(files.counted, wrong.counts, 'the server gave no counts'),
  ],
  [
    'The checksum that the server gave',
    of(files.checksummed, files.files),
    compared(files.checksummed, wrong.checksums, 'the server gave none'),
  ],
  ['SHA-256 written down', of(files.digests, files.files), 'in manifest.json'],
]

/** Where the two say different things. */
export const manifestDiffers = ({ files, manifest, phase }: ExportReport): boolean =>
  phase === 'complete' &&
  manifest !== undefined &&
  (manifest.files !== files.files || manifest.resources !== files.resources || manifest.bytes !== files.bytes)

const manifestWords = (report: ExportReport): string => {
  const { manifest, phase, files, store } = report
  if (!manifest && store !== undefined)
    return 'manifest.json is in the store, beside the files, and was not read: this page asks nobody. What is here is from the journal.'
  if (!manifest)
    return phase === 'complete'
      ? 'manifest.json is not there, or is none: the journal alone says what was stored.'
      : 'There is no manifest.json yet: it is written last, when every file is here.'
  const listed = `manifest.json lists ${count(manifest.files, 'file')} with ${count(manifest.resources, 'resource')}`
  if (phase === undefined)
    return manifest.ours
      ? `${listed}, each with its size and SHA-256.`
      : `${listed}; another tool has written it, and it has no checksums of ours.`
  if (manifestDiffers(report))
    return `${listed}, and the journal ${count(files.files, 'file')} with ${count(files.resources, 'resource')}: somebody has changed one of the two.`
  return `${listed}, each with its size and SHA-256, and agrees with the journal.`
}

export const proofSection = (report: ExportReport, shownAs: string): Content => {
  const { files, findings, phase } = report
  if (files.listed === 0) return undefined
  const withCodeOf = (code: string): number => findings.filter((finding) => finding.code === code).length
  const wrong = { counts: withCodeOf('wrong-count'), checksums: withCodeOf('wrong-checksum') }
  return section('proof', 'What was checked', [
    phase !== undefined &&
      files.files > 0 &&
      table({
        id: 'checks-table',
        caption: 'Checked while the files were stored',
        columns: [{ name: 'What' }, { name: 'For' }, { name: 'Result' }],
        rows: checks(files, wrong),
      }),
    html`<p>${manifestWords(report)}</p>`,
    html`<p>${withCode(
      `This page does not read the files: whether they are still as they were stored, \`bulkx verify ${shownAs}\` says. When that was last done is not recorded.`,
    )}</p>`,
  ])
}
