/** What a terminal shows of what was written to it: as much of one as our output needs, and nothing that it may not use. */

export interface Screen {
  write(text: string): void
  resize(columns: number): void
  /** Lines that have left the screen at its top, and those on it, without blanks at their ends. */
  text(): string
  /** The rows on it alone. */
  rows(): string[]
  readonly hasCursor: boolean
}

const sequence = /^\u001b\[(\??)([\d;]*)([A-Za-z])/

/** Of one-cell characters. Throws at anything that no reporter should write. */
export const createScreen = (columns: number, height: number): Screen => {
  const history: string[] = []
  let lines: string[] = ['']
  let [row, column, width] = [0, 0, columns]
  let hasCursor = true
  let breaks = true
  const feed = (): void => {
    row += 1
    if (lines[row] === undefined) lines.push('')
    if (lines.length <= height) return
    history.push(lines.shift() ?? '')
    row -= 1
  }
  const put = (character: string): void => {
    if (column >= width && !breaks) column = width - 1
    if (column >= width) {
      feed()
      column = 0
    }
    const line = [...(lines[row] ?? '').padEnd(column)]
    line[column] = character
    lines[row] = line.join('')
    column += 1
  }
  const erase = (): void => {
    lines[row] = [...(lines[row] ?? '')].slice(0, column).join('')
  }
  const control = (mark: string, number: string, letter: string): void => {
    if (mark === '?' && number === '25') hasCursor = letter === 'h'
    else if (mark === '?' && number === '7') breaks = letter === 'h'
    else if (letter === 'A') row = Math.max(0, row - Number(number || 1))
    else if (letter === 'K') erase()
    else if (letter === 'J') {
      erase()
      lines = lines.slice(0, row + 1)
    } else if (letter !== 'm') throw new Error(`the sequence ${mark}${number}${letter} is not known`)
  }
  const takeOne = (text: string): number => {
    const [whole, mark = '', number = '', letter = ''] = sequence.exec(text) ?? []
    if (whole !== undefined) {
      control(mark, number, letter)
      return whole.length
    }
    const [character = ''] = text
    if (character === '\r') column = 0
    else if (character === '\n') {
      feed()
      column = 0
    } else if (/[\u0000-\u001f\u007f-\u009f]/.test(character))
      throw new Error(`a control character: ${JSON.stringify(text.slice(0, 20))}`)
    else put(character)
    return character.length
  }
  const trimmed = (all: readonly string[]): string[] => all.map((line) => line.trimEnd())
  return {
    write: (text) => {
      for (let rest = text; rest !== ''; ) rest = rest.slice(takeOne(rest))
    },
    resize: (to) => {
      width = to
    },
    text: () =>
      `${trimmed([...history, ...lines])
        .join('\n')
        .trimEnd()}\n`,
    rows: () => trimmed(lines),
    get hasCursor() {
      return hasCursor
    },
  }
}
