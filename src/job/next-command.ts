/** The commands that messages name, as a person can paste them. */
import type { Config } from '../config.js'

/** An argument as a shell would need it. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`

/** The directory as the user would name it. */
export const shownDirectory = ({ directory, shownAs }: Pick<Config, 'directory' | 'shownAs'>): string =>
  shownAs ?? directory

export const resumeCommand = (directory: string): string => `\`bulkx resume ${shellWord(directory)}\``
export const cancelCommand = (directory: string): string => `\`bulkx cancel ${shellWord(directory)}\``
export const attachCommand = (directory: string): string =>
  `\`bulkx resume <status-url> --out ${shellWord(directory)}\``
