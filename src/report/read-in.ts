/** Files of a directory by their names, for whoever reads them without knowing where they are: never through links. */
import { openInside } from '../verify/inside.js'
import type { ReadName } from './manifest-reader.js'
import { Missing } from './missing.js'

/** Rejects with `Missing`, with what the disk says, or with the signal's reason. */
export const readIn = (directory: string, signal?: AbortSignal): ReadName =>
  async function* (name) {
    const opened = await openInside(directory, name)
    if ('why' in opened) {
      if (opened.why === 'unreadable') throw opened.cause
      throw new Missing(opened.why === 'missing' ? 'missing' : 'refused')
    }
    try {
      for await (const chunk of opened.chunks()) {
        signal?.throwIfAborted()
        yield chunk
      }
    } finally {
      await opened.close()
    }
  }
