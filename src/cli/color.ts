/** Colour as a garnish: whether there is any, and what it is put on. */
import { type Paint, plainPaint } from './explain.js'
import type { Io } from './io.js'

export type ColorChoice = 'auto' | 'always' | 'never'

/** `--color` decides; then NO_COLOR, FORCE_COLOR, a dumb terminal, and whether stderr is a terminal at all. */
export const wantsColor = (choice: ColorChoice, io: Pick<Io, 'env' | 'stderr'>): boolean => {
  if (choice !== 'auto') return choice === 'always'
  if (io.env.NO_COLOR) return false
  const forced = io.env.FORCE_COLOR
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false'
  return io.stderr.isTTY && io.env.TERM !== 'dumb'
}

/** The package is loaded only where there is something to colour. */
export const createPaint = async (choice: ColorChoice, io: Pick<Io, 'env' | 'stderr'>): Promise<Paint> => {
  if (!wantsColor(choice, io)) return plainPaint
  const { Chalk } = await import('chalk')
  const chalk = new Chalk({ level: 1 })
  return {
    error: (text) => chalk.red.bold(text),
    warning: (text) => chalk.yellow(text),
    hint: (text) => chalk.cyan(text),
    strong: (text) => chalk.bold(text),
  }
}
