/** What the moving rows are drawn with: colours, and characters that the terminal can show. */
import progressBars from 'cli-progress'
import ora from 'ora'
import { asAscii, clip } from '../cells.js'
import { type Paint, plainPaint } from '../explain.js'
import type { Io } from '../io.js'
import { speaksUnicode } from '../unicode.js'

export interface Look {
  readonly paint: Paint
  /** Between two parts of a row. */
  readonly separator: string
  /** As much as fits, of anybody's text without control characters. */
  clip(text: string, limit: number): string
  /** 0 to 1, in so many cells. */
  bar(fraction: number, width: number): string
  /** One cell, another one each time. */
  spinner(): string
}

/** Longest bar that is drawn, in cells. */
export const barMax = 40

export const createLook = (io: Pick<Io, 'env' | 'platform'>, paint: Paint = plainPaint): Look => {
  const unicode = speaksUnicode(io)
  const [complete, incomplete] = unicode ? ['━', '─'] : ['=', '-']
  // Asked for its frames alone: what draws the bars draws the spinner too.
  const spinner = ora({ text: '', color: false, spinner: unicode ? 'dots' : 'line', discardStdin: false })
  const strings = {
    barCompleteString: complete.repeat(barMax),
    barIncompleteString: incomplete.repeat(barMax),
    barGlue: '',
  }
  return {
    paint,
    separator: unicode ? ' · ' : ', ',
    clip: (text, limit) => (unicode ? clip(text, limit) : clip(asAscii(text), limit, '...')),
    bar: (fraction, width) => {
      // Full only when all of it is there.
      if (width === 0) return ''
      const cells = Math.floor(Math.max(0, Math.min(1, fraction)) * width)
      return paint.hint(progressBars.Format.BarFormat(cells / width, { ...strings, barsize: width }))
    },
    spinner: () => paint.hint(spinner.frame().trimEnd()),
  }
}
