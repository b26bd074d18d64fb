/** Files of a directory by their names, for whoever reads them without knowing where they are: never through links. */
import { openInside } from '../verify/inside.js'
import type { ReadName } from './manifest-reader.js'

/** There is no such file, or none that is read. */
export class Missing extends Error {
  readonly why: 'missing' | 'refused'

  constructor(why: 'missing' | 'refused') {
    super(`the file is ${why}`)
    this.why = why
  }
}

/** Rejects with `Missing`, or with what the disk says. */
export const readIn = (directory: string): ReadName =>
  async function* (name) {
    const opened = await openInside(directory, name)
    if ('why' in opened) {
      if (opened.why === 'unreadable') throw opened.cause
      throw new Missing(opened.why === 'missing' ? 'missing' : 'refused')
    }
    try {
      yield* opened.handle.createReadStream({ autoClose: false })
    } finally {
      await opened.handle.close()
    }
  }
