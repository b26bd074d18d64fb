/** Places and targets as a person reads them. */
import { isAbsolute, relative, sep } from 'node:path'
import { withoutQuery } from '../http/url.js'
import { targetText } from '../options/target.js'
import type { Target } from '../protocol/types.js'

/** Below the current directory as `./out`, elsewhere as it is. */
export const shortPath = (path: string, cwd: string): string => {
  const below = relative(cwd, path)
  if (below === '') return '.'
  return below.startsWith('..') || isAbsolute(below) ? path : `.${sep}${below}`
}

/** The target for messages: a URL loses its query. */
export const targetName = (target: Target): string => withoutQuery(targetText(target))
