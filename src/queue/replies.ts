/** What Redis answers, as text: arrays of arrays, whose shape its documentation promises. */

const listIn = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
const textIn = (value: unknown): string => (typeof value === 'string' ? value : String(value ?? ''))

export const texts = (value: unknown): string[] => listIn(value).map(textIn)

/** Of a list in which names and values alternate. */
export const pairs = (value: unknown): Map<string, string> => {
  const list = texts(value)
  const found = new Map<string, string>()
  for (let at = 0; at + 1 < list.length; at += 2) found.set(list[at] ?? '', list[at + 1] ?? '')
  return found
}

export interface Entry {
  id: string
  fields: Map<string, string>
}

/** Entries of a stream; of those that have been deleted nothing is left. */
export const entries = (value: unknown): Entry[] =>
  listIn(value).flatMap((entry): Entry[] => {
    const [id, fields] = listIn(entry)
    return typeof id === 'string' && Array.isArray(fields) ? [{ id, fields: pairs(fields) }] : []
  })

/** Entries by stream, of XREAD and XREADGROUP. */
export const streams = (value: unknown): [key: string, entries: Entry[]][] =>
  listIn(value).map((stream): [string, Entry[]] => {
    const [key, found] = listIn(stream)
    return [textIn(key), entries(found)]
  })

/** Ids of entries, as they were given out. */
export const isLater = (id: string, than: string): boolean => {
  const [ms = 0, sequence = 0] = id.split('-').map(Number)
  const [otherMs = 0, otherSequence = 0] = than.split('-').map(Number)
  return ms > otherMs || (ms === otherMs && sequence > otherSequence)
}
