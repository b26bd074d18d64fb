/** What a sync says, in a line each. */
import type { Dataset } from '../../sync/dataset.js'
import { currentName } from '../../sync/dataset.js'
import type { MergeCounts, Merged } from '../../sync/merge.js'
import { firstOf, type Round } from '../../sync/round.js'
import type { Warning } from '../reporter/index.js'
import { count, grouped, harmless } from '../text.js'

/** `round 3: changes since 2026-11-20T03:00:00Z`. */
export const roundLine = (round: Round): string => {
  const { number, role } = firstOf(round)
  const { since } = round
  const by = since === undefined ? '' : ` (since ${harmless(since)})`
  const what = role === 'base' ? `everything${by}` : `changes since ${harmless(since ?? '')}`
  return `round ${number}: ${what}`
}

const countsText = ({ added, replaced, deleted, departed }: MergeCounts): string =>
  [
    `${grouped(added)} added`,
    `${grouped(replaced)} replaced`,
    `${grouped(deleted)} deleted`,
    ...(departed > 0 ? [`${grouped(departed)} of departed patients removed`] : []),
  ].join(', ')

/** `merged: 12 added, 40 replaced, 3 deleted, 38,417 unchanged`. */
export const mergedLine = (counts: MergeCounts): string =>
  `merged: ${countsText(counts)}, ${grouped(counts.unchanged)} unchanged`

const examplesText = (examples: readonly string[]): string =>
  examples.length === 0 ? '' : `, such as ${harmless(examples[0] ?? '')}`

/** What was left out of a snapshot is never left out silently. */
export const mergeWarnings = ({ counts, examples }: Merged): Warning[] => [
  ...(counts.skipped === 0
    ? []
    : [
        {
          kind: 'lines-skipped',
          message: `${count(counts.skipped, 'line')} without a type and an id left out of the snapshot`,
          hint: 'they are in the files of the export',
        },
      ]),
  ...(counts.ignoredDeletes === 0
    ? []
    : [
        {
          kind: 'deletes-ignored',
          message: `${count(counts.ignoredDeletes, 'delete')} that name no single resource left out${examplesText(examples.ignoredDeletes)}`,
          hint: '`--full` finds out what is not there any more',
        },
      ]),
]

/** Once a run. How often is in docs/cron-and-ci.md. */
export const untoldLine =
  'the server does not list what was deleted: resources that are gone there stay in the snapshot until a run with --full, which finds them; run one every month'

/** The last line of a good run, and the only one with --quiet: all that a mail of cron needs. */
export const summaryLine = (
  shown: string,
  { generation, transactionTime = '', files }: Dataset,
  counts: MergeCounts | undefined,
): string => {
  const resources = Object.values(files).reduce((sum, file) => sum + file.resources, 0)
  const changes = counts === undefined ? '' : `: ${countsText(counts)}`
  const current = shown.endsWith('/') ? `${shown}${currentName}` : `${shown}/${currentName}`
  return `sync: ${current} is generation ${generation}, of ${harmless(transactionTime)}, ${count(resources, 'resource')}${changes}`
}
