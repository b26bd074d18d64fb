/** A task as it stands in Redis. Whoever can write there is believed nothing: a task that is not right is none. */
import type { FileTask } from '../fetch/task.js'
import { isHttp } from '../http/url.js'
import { isObject, parseJson } from '../json.js'
import { countIn, flagIn, oneOf, optional, required, textUpTo, whole } from './fields.js'

/** A longer one is no task, characters: a signed URL has a few thousand at most. */
const textMax = 80_000

/** Names as they are given out by `job/files.ts`: nothing that leads elsewhere. */
const nameText = /^(?:(?:deleted|outcome)\/)?[A-Za-z]{1,64}\.\d{4,10}\.ndjson$/

export const isName = (text: string): boolean => nameText.test(text)

const nameIn = (value: unknown): string | undefined =>
  typeof value === 'string' && isName(value) ? value : undefined

const urlIn = (value: unknown): string | undefined =>
  typeof value === 'string' && isHttp(value) ? value : undefined

export const writeTask = (task: FileTask): string => JSON.stringify(task)

export const readTask = (text: string, name: string): FileTask | undefined => {
  const found = text.length <= textMax ? parseJson(text) : undefined
  if (!isObject(found) || found.name !== name) return undefined
  return whole(() => ({
    name: required(found.name, nameIn),
    section: required(found.section, oneOf('output', 'deleted', 'outcome')),
    type: required(found.type, textUpTo(1000)),
    url: required(found.url, urlIn),
    requiresAccessToken: optional(found.requiresAccessToken, flagIn),
    count: optional(found.count, countIn),
    sizeBytes: optional(found.sizeBytes, countIn),
    sha256: optional(found.sha256, textUpTo(200)),
    askBefore: optional(found.askBefore, countIn),
    gzip: required(found.gzip, flagIn),
  }))
}
