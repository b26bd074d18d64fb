/** A result as it stands in Redis, read as strictly as a line of the journal that it becomes. */
import type { FileResult } from '../fetch/task.js'
import { readFact } from '../job/journal-line.js'
import { isObject, parseJson } from '../json.js'

/** Of one file, characters: the words of servers in it are bounded. */
const textMax = 200_000

/** What is kept of each; anything else that stands there was not put there by a worker. */
const storedKeys = [
  'bytes',
  'storedBytes',
  'sha256',
  'lines',
  'resources',
  'badLines',
  'firstBadLine',
  'otherTypes',
  'issues',
  'notLines',
  'wrongChecksum',
  'raisedToHttps',
  'notCompressed',
  'endUnproved',
  'attempts',
  'again',
  'durationMs',
]
const failureKeys = ['code', 'message', 'hint', 'trust', 'status', 'refresh', 'attempts']
const failureCodes = [
  'broken',
  'unavailable',
  'unauthorized',
  'gone',
  'not-data',
  'changed',
  'refused',
  'too-large',
  'expired',
]

export const writeResult = (result: FileResult): string => JSON.stringify(result)

const picked = (value: unknown, keys: readonly string[]): Record<string, unknown> | undefined =>
  isObject(value)
    ? Object.fromEntries(keys.flatMap((key) => (value[key] === undefined ? [] : [[key, value[key]]])))
    : undefined

const isFact = (type: 'file-completed' | 'file-failed', content: object): boolean => {
  const fact = readFact(JSON.stringify({ ...content, type, at: 0, name: 'Patient.0001.ndjson' }))
  return typeof fact === 'object'
}

/** Undefined where it is no result. */
export const readResult = (text: string): FileResult | undefined => {
  const found = text.length <= textMax ? parseJson(text) : undefined
  if (!isObject(found)) return undefined
  if (found.ok === true) {
    const stored = picked(found.stored, storedKeys)
    if (!stored || !isFact('file-completed', stored) || !/^[0-9a-f]{64}$/.test(String(stored.sha256)))
      return undefined
    return { ok: true, stored } as unknown as FileResult
  }
  const failure = picked(found.failure, failureKeys)
  if (!failure || !failureCodes.includes(String(failure.code)) || !isFact('file-failed', failure))
    return undefined
  return { ok: false, failure } as unknown as FileResult
}
