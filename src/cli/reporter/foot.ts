/**
 * Rows at the foot of a terminal that are drawn again and again, below the lines that stay. Between two drawings the
 * cursor rests at the first of them: whatever a change of the size does to the rows, all that is to be erased is then
 * behind the cursor, in terminals that break long rows anew and in those that cut them. While they are drawn nothing is
 * broken: the terminal may have become narrower already, and its signal still be on the way.
 */
import type { Terminal } from '../io.js'

const control = '\u001b['
const hideCursor = `${control}?25l`
const showCursor = `${control}?25h`
const eraseBehind = `${control}J`
const eraseRow = `${control}K`
const [breakNothing, breakRows] = [`${control}?7l`, `${control}?7h`]

export interface TerminalSize {
  columns: number
  rows: number
}

export interface Foot {
  /** Draws what there is to see now. */
  draw(): void
  /** Lines that stay, above the rows; each with its end. */
  write(text: string): void
  /** Nothing of it is left, and the cursor is there again. */
  close(): void
}

const sizeOf = ({ stream: { columns, rows } }: Terminal): TerminalSize => ({
  // Some terminals do not say, or say 0.
  columns: columns > 0 ? columns : 80,
  rows: rows > 0 ? rows : 24,
})

/** One row less than the terminal has, so that the line above is still seen. */
const rowsThatFit = ({ rows }: TerminalSize): number => Math.max(1, rows - 1)

const frame = (rows: readonly string[]): string => {
  const up = rows.length > 1 ? `${control}${rows.length - 1}A` : ''
  return `${breakNothing}${rows.join(`${eraseRow}\r\n`)}${eraseBehind}${up}\r${breakRows}`
}

/** `rowsFor`: the rows now, each of them narrower than the terminal. */
export const createFoot = (terminal: Terminal, rowsFor: (size: TerminalSize) => string[]): Foot => {
  const { stream } = terminal
  let drawn: readonly string[] = []
  const put = (text: string): void => void stream.write(text)
  const leaving = `\r${eraseBehind}${showCursor}`
  const restore = terminal.atExit(leaving)
  put(hideCursor)
  const rowsNow = (): string[] => {
    const size = sizeOf(terminal)
    return rowsFor(size).slice(0, rowsThatFit(size))
  }
  const draw = (): void => {
    // What a slow line has not taken yet need not be followed by more of the same.
    if (stream.writableNeedDrain) return
    const rows = rowsNow()
    if (rows.length === drawn.length && rows.every((row, index) => row === drawn[index])) return
    drawn = rows
    put(`\r${frame(rows)}`)
  }
  const drawAnew = (): void => {
    drawn = rowsNow()
    put(`\r${eraseBehind}${frame(drawn)}`)
  }
  stream.on('resize', drawAnew)
  const unwatch = terminal.onStop(leaving, () => {
    put(hideCursor)
    drawAnew()
  })
  return {
    draw,
    write: (text) => put(`\r${eraseBehind}${text}${frame(drawn)}`),
    close: () => {
      stream.off('resize', drawAnew)
      unwatch()
      restore()
      put(leaving)
    },
  }
}
