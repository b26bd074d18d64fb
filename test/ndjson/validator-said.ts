/** What the scanner says of a block of lines, compared with the definition line by line. */
import { scanLines } from '../../src/ndjson/scanner.js'
import { isBlank, verdictOf } from './validator-definition.js'

const lineEnd = Buffer.from('\n')

/** Lines of which more, or something else, is said than the definition allows; `Patient` is counted. */
export const wronglySaid = (lines: Buffer[]): string[] => {
  const wrong: string[] = []
  const left = new Set(lines.keys())
  const told = (index: number, number: number, isRight: (line: Buffer) => boolean, as: string): void => {
    for (const line of lines.slice(index, index + number)) {
      if (!isRight(line)) wrong.push(`${as}: ${line.toString('latin1')}`)
    }
    for (let one = index; one < index + number; one += 1) left.delete(one)
  }
  const count = scanLines(
    lines.flatMap((line) => [line, lineEnd]),
    { countedType: 'Patient', maxLineBytes: 256 * 1024 * 1024 },
    {
      line: (index, _start, line, type) => {
        const { isGood, type: due } = verdictOf(line)
        // Asking is always right, but not wanted where nothing is escaped, nor begins like a byte order mark.
        const asks = !isGood || line.includes(0x5c) || line[0] === 0xef
        told(index, 1, () => (type === undefined ? asks : isGood && due === type), String(type))
      },
      bad: (index, _start, _line, number) =>
        told(index, number, (line) => !verdictOf(line).isGood && !isBlank(line), 'bad'),
      blank: (index, number) => told(index, number, isBlank, 'blank'),
    },
  )
  if (count !== lines.length) wrong.push(`${count} lines instead of ${lines.length}`)
  for (const index of left) {
    const line = lines[index] ?? lineEnd
    const { isGood, type } = verdictOf(line)
    if (!isGood || type.toLowerCase() !== 'patient') wrong.push(`counted: ${line.toString('latin1')}`)
  }
  return wrong
}
