/** Blocks of a file that was written down with its sha256: whoever has read them all knows that they are what was stored. */
import { createHash } from 'node:crypto'
import { BulkxError } from '../errors.js'
import { blocksOf, type LinesFile } from './blocks.js'

export interface ProvedFile extends LinesFile {
  /** Of the content, unpacked; hex. */
  sha256: string
  /** The command that brings another one in its place, and what of it is exported, as in "`…` exports everything". */
  mendedBy: string
}

/** How the content of a file is read for the first time. */
export type Blocks = (file: ProvedFile, signal?: AbortSignal) => AsyncGenerator<Buffer>

/**
 * As `blocksOf`; behind the last block it throws `BULKX_STORAGE` when the content is another one. Files are never changed
 * again: whoever has done so has not asked us, or the disk has lost bits.
 */
export async function* provedBlocks(file: ProvedFile, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  yield* blocksOf(file, signal, (bytes) => hash.update(bytes))
  if (hash.digest('hex') === file.sha256) return
  throw new BulkxError('BULKX_STORAGE', `${file.path} is not what was stored: its sha256 is another one`, {
    hint: `\`bulkx verify\` says what differs; ${file.mendedBy} anew`,
  })
}
