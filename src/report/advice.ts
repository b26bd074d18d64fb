/** What to do about a finding, by its code: the message says what is, this says what follows. */

const rows: Readonly<Record<string, string>> = {
  'server-issue':
    'Read what the server says: data may be missing. If it matters, ask who runs the server, then export again.',
  'failed-batches': 'Resources are missing. Ask who runs the server, then export again.',
  'bad-lines':
    'Readers of the file will stop, or skip these lines. Ask who runs the server, then export again.',
  'not-ndjson': 'Readers of NDJSON will not understand this file. Ask who runs the server.',
  'wrong-count': 'Count what you expect of this type before you use it, and ask who runs the server.',
  'wrong-checksum':
    'Do not rely on this file before the server’s operator has said which content is the right one.',
  'unexpected-type': 'Check that readers sort resources by their own type, not by the name of the file.',
  'type-not-asked': 'Leave these files out if you do not want them; they were delivered all the same.',
  'type-not-delivered':
    'The server may have none of this type, or may not show it to this client: check its scopes.',
  'type-not-granted':
    'Have the server grant its scope to this client. What is missed until then, only an export without --since, or `bulkx sync --full`, brings.',
  'no-data': 'Check the group, the scopes of this client, and --since.',
  'no-lines': 'Nothing to do, unless resources of this type were expected.',
  'listed-twice': 'Nothing to do: it is here once.',
  'delivered-and-deleted':
    'Decide which one holds; `bulkx sync` keeps a resource that is both delivered and deleted.',
  'old-transaction-time':
    'The data may be older than this export. Export again later, or ask who runs the server.',
  'no-transaction-time': 'Give the time of the next incremental export yourself, with --since.',
  'future-transaction-time': 'Give the time of the next incremental export yourself, with --since.',
  'transaction-times': 'Nothing to do: the earliest is used, so that the next export misses nothing.',
  'raised-to-https': 'Ask who runs the server to name its addresses with https.',
  'not-compressed': 'Nothing to do for the data; somebody may look at the proxy in between.',
  'end-unproved': 'Compare the number of resources with what you expect: nothing else proves that it is all.',
}

/** Codes that have advice of their own. */
export const advisedCodes: readonly string[] = Object.keys(rows)

export const adviceFor = (code: string): string =>
  Object.hasOwn(rows, code) ? (rows[code] ?? '') : 'Read the message, and decide whether it matters.'
