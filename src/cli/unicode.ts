/** Whether more than ASCII can be shown: by the terminal, and by what the locale says of its encoding. */
import type { Io } from './io.js'

/** True only where it is known: a check mark that shows as rubbish helps nobody. */
export const speaksUnicode = ({ env, platform }: Pick<Io, 'env' | 'platform'>): boolean => {
  if (env.TERM === 'dumb' || env.TERM === 'linux') return false
  if (platform === 'win32') return Boolean(env.WT_SESSION) || env.TERM_PROGRAM === 'vscode'
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || (platform === 'darwin' ? 'UTF-8' : '')
  return /utf-?8/i.test(locale)
}
