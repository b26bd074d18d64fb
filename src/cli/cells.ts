/** How many cells of a terminal a text takes, and texts made to fit: a row that is too long would break in two. */

/** East Asian wide and fullwidth forms, by Unicode's EastAsianWidth; what pictures there are, `emoji` knows. */
const wide: readonly (readonly [first: number, last: number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x17000, 0x18cff],
  [0x1b000, 0x1b2ff],
  [0x1f000, 0x1faff],
  [0x20000, 0x3fffd],
]
const emoji = /\p{Emoji_Presentation}/u
/** U+FE0F makes a picture of the character before it, which then is wide in some terminals. */
const widening = '\ufe0f'
const without = /[\p{Mn}\p{Me}\p{Cf}]/u

const cellsOf = (character: string): number => {
  const point = character.codePointAt(0) ?? 0
  if (point < 0x300) return 1
  if (character === widening) return 1
  if (without.test(character)) return 0
  return wide.some(([first, last]) => point >= first && point <= last) || emoji.test(character) ? 2 : 1
}

/** At least as many as any terminal gives to it; the text has no control characters. */
export const cells = (text: string): number => {
  let sum = 0
  for (const character of text) sum += cellsOf(character)
  return sum
}

/** The text, or as much of it as fits into so many cells with `mark` behind it. */
export const clip = (text: string, limit: number, mark = '…'): string => {
  if (text.length * 2 <= limit || cells(text) <= limit) return text
  const room = limit - mark.length
  if (room < 1) return mark.slice(0, Math.max(0, limit))
  let [used, end] = [0, 0]
  for (const character of text) {
    used += cellsOf(character)
    if (used > room) break
    end += character.length
  }
  return `${text.slice(0, end).trimEnd()}${mark}`
}

/** For terminals that may show anything else as rubbish, of any width. */
export const asAscii = (text: string): string => text.replace(/[^\u0020-\u007e]/gu, '?')
