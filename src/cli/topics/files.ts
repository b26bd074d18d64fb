/** `bulkx help files`: what is in an output directory, and in a data set. */
import { type Entry, entries, wrap } from '../wrap.js'

interface Place {
  title: string
  rows: readonly Entry[]
  words: string
}

export const places: readonly Place[] = [
  {
    title: 'The directory of an export, out/',
    rows: [
      ['Patient.0001.ndjson', "a type's files in the order of the manifest, with the server's bytes"],
      ['Observation.0001.ndjson', 'another type; .ndjson.gz with --gzip'],
      ['deleted/Bundle.0001.ndjson', 'resources that were deleted, as the server says'],
      ['outcome/OperationOutcome.0001.ndjson', "the server's errors, warnings and notes"],
      ['log.ndjson', 'Bulk Data Export Log Items, version 2'],
      ['manifest.json', 'written last: its presence means that all is here'],
      ['.bulkx/', 'journal, lock, and files that are not whole yet'],
    ],
    words:
      'A file has its name only when it is whole. Everything is readable by its owner only. The directory is the job: `bulkx resume out` goes on from what it says.',
  },
  {
    title: 'A data set of `bulkx sync`, data/',
    rows: [
      ['exports/001/ exports/002/', 'each an export as above; --keep drops old ones'],
      [
        'snapshots/002/Patient.ndjson',
        'one file a type, one line a resource; the snapshot before stays until the next',
      ],
      ['current -> snapshots/002', 'what to read: always one whole generation'],
      ['dataset.json', "generation, transactionTime, the files' sha256: written last"],
      ['.bulkx/', 'lock, plan of the round under way, members'],
    ],
    words: '`bulkx verify` reads either of them again, byte for byte.',
  },
  {
    title: "The user's own directories",
    rows: [
      ['~/.config/bulkx/profiles.json', 'the profiles; BULKX_CONFIG_DIR moves it'],
      ['~/.local/state/bulkx/', 'the list of jobs; BULKX_STATE_DIR moves it'],
    ],
    words: 'Elsewhere on macOS and Windows, where such things are kept there.',
  },
]

export const filesTopic = (width: number): string =>
  places
    .map(({ title, rows, words }) =>
      [`${title}:`, ...entries(rows, width), '', wrap(words, 0, width)].join('\n'),
    )
    .join('\n\n')
