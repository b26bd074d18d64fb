/** `bulkx help findings`: what a whole, stored export may still say. */
import type { Finding } from '../../job/facts.js'
import { entries, wrap } from '../wrap.js'

export interface FindingWords {
  /** Of `server-issue`, as grave as the server says. */
  severity: Finding['severity'] | "the server's"
  meaning: string
}

/** By their stable codes. */
export const findingWords: Readonly<Record<string, FindingWords>> = {
  'server-issue': {
    severity: "the server's",
    meaning: 'the server reports issues, in files of OperationOutcomes or beside the data',
  },
  'failed-batches': { severity: 'error', meaning: 'parts of the export failed; their resources are missing' },
  'type-not-granted': {
    severity: 'error',
    meaning:
      'a type that was asked for was not delivered, and the access token has no scope for it; a warning where no `_since` was asked',
  },
  'bad-lines': { severity: 'error', meaning: 'lines that are no JSON object, or no UTF-8' },
  'not-ndjson': { severity: 'error', meaning: 'the file is pretty-printed JSON, an array or a Bundle' },
  'wrong-count': {
    severity: 'error',
    meaning: 'the file has more or fewer resources than the server counts',
  },
  'wrong-checksum': { severity: 'error', meaning: 'its sha256 is not the one that the server gave' },
  'unexpected-type': { severity: 'warning', meaning: 'resources of another type than the file is of' },
  'type-not-asked': { severity: 'warning', meaning: 'a type that was not asked for was delivered' },
  'delivered-and-deleted': {
    severity: 'warning',
    meaning: 'a resource is both in the output and reported as deleted',
  },
  'old-transaction-time': {
    severity: 'warning',
    meaning:
      "transactionTime is older than the kick-off by the server's own clock, as of an answer from a cache",
  },
  'future-transaction-time': {
    severity: 'warning',
    meaning: 'transactionTime is in the future, and no time to go on from',
  },
  'no-transaction-time': {
    severity: 'warning',
    meaning: 'the manifest has no transactionTime, or one that is no time',
  },
  'transaction-times': {
    severity: 'warning',
    meaning: 'pages of the manifest disagree about it; the earliest is kept',
  },
  'raised-to-https': { severity: 'warning', meaning: 'an http: URL of the server was asked over https' },
  'not-compressed': { severity: 'warning', meaning: 'a gzip header on plain bytes' },
  'type-not-delivered': { severity: 'information', meaning: 'a type that was asked for was not delivered' },
  'no-data': { severity: 'information', meaning: 'the server lists no data at all' },
  'no-lines': { severity: 'information', meaning: 'a file is empty' },
  'listed-twice': { severity: 'information', meaning: 'the manifest lists a URL twice; it was fetched once' },
  'end-unproved': {
    severity: 'information',
    meaning: 'no length, count or checksum proves that the file is whole',
  },
}

export const findingsIntro =
  'What a whole, stored export still says. `manifest.json` and the result of --json list them with severity, code, message and mostly the file. At or above --fail-on (default: error) they end a run with 10, and the clock of --since last and of `bulkx sync` does not move until `bulkx resume --fail-on never` accepts them.'

const severities = ["the server's", 'error', 'warning', 'information'] as const

export const findingsTopic = (width: number): string =>
  [
    wrap(findingsIntro, 0, width),
    ...severities.map((severity) => {
      const own = Object.entries(findingWords).filter(([, words]) => words.severity === severity)
      const rows = own.map(([code, { meaning }]) => [code, meaning] as const)
      const title = severity === "the server's" ? 'As grave as the server says' : severity
      return [`${title.charAt(0).toUpperCase()}${title.slice(1)}:`, ...entries(rows, width)].join('\n')
    }),
  ].join('\n\n')
