/** Whether a merge has room on the disk: asked before it begins, for a full disk would end it after minutes. */
import { statfs } from 'node:fs/promises'
import { BulkxError } from '../errors.js'
import type { SelectionInputs } from './selection.js'

/** Bytes that this user may still write in a directory; undefined where the disk does not say. */
export type FreeBytes = (directory: string) => Promise<number | undefined>

/** Of a key that is spilled. */
const spilledBytes = 64

export const freeBytesOf: FreeBytes = (directory) =>
  statfs(directory).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => undefined,
  )

const sizeText = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toPrecision(3)} GB` : `${Math.ceil(bytes / 1e6)} MB`

/** Where both come to the same, in bytes: nobody understands why 2 MB are not enough for 2 MB. */
const sizeTexts = (needed: number, free: number): [string, string] => {
  const texts = [sizeText(needed), sizeText(free)] as const
  if (texts[0] !== texts[1]) return [...texts]
  const exact = (bytes: number): string => `${Math.ceil(bytes).toLocaleString('en-US')} bytes`
  return [exact(needed), exact(free)]
}

const neededBytes = ({ old, isOldCopied, rounds }: SelectionInputs, keysBytesMax: number): number => {
  const outputs = rounds.flatMap(({ exports }) => exports.flatMap((one) => one.outputs))
  const lines = outputs.reduce((sum, file) => sum + file.lines, 0)
  const copied = isOldCopied ? old.reduce((sum, { bytes }) => sum + bytes, 0) : 0
  const fresh = outputs.reduce((sum, { bytes }) => sum + bytes, 0)
  const isSpilled = lines * spilledBytes > keysBytesMax
  // Old keys are written down beside the new ones: an old line takes more than its key.
  return copied + fresh + (isSpilled ? lines * spilledBytes + copied / 4 : 0)
}

/** Throws `BULKX_DISK_FULL`, with the numbers. */
export const assertRoom = async (
  inputs: SelectionInputs,
  place: { directory: string; keysBytesMax: number; freeBytesOf?: FreeBytes },
): Promise<void> => {
  const needed = neededBytes(inputs, place.keysBytesMax)
  const free = await (place.freeBytesOf ?? freeBytesOf)(place.directory)
  if (free === undefined || free >= needed) return
  const [wanted, there] = sizeTexts(needed, free)
  const message = `The new snapshot needs about ${wanted}, and only ${there} is free for ${place.directory}`
  throw new BulkxError('BULKX_DISK_FULL', message, {
    hint: 'make room, then run the same command again; the exports are kept, older ones go with --keep',
  })
}
