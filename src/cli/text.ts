/** Text for people: numbers with units, and words of others made harmless. */

/** Bytes of somebody else's text that are shown at most. */
const maxForeignBytes = 2048

// C0 and C1 controls, line and paragraph separators, and the marks that reorder text on a terminal.
const unprintable = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g
const escapeSequence = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g

const cut = (text: string): string => {
  const bytes = Buffer.from(text)
  if (bytes.length <= maxForeignBytes) return text
  // A character that the limit splits is dropped.
  return `${bytes
    .subarray(0, maxForeignBytes)
    .toString()
    .replace(/\uFFFD+$/, '')}…`
}

/** One line without control characters, of 2 KB at most: a server's words must not move our cursor. */
export const harmless = (text: string): string =>
  cut(text.replace(escapeSequence, '').replace(unprintable, ' ').trim())

const sizeUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

/** `52.2 kB`: decimal, three digits. */
export const size = (bytes: number): string => {
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < sizeUnits.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit === 0 ? value : value.toPrecision(3)} ${sizeUnits[unit]}`
}

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

const pair = (ms: number, large: number, largeName: string, small: number, smallName: string): string => {
  const total = Math.round(ms / small)
  const whole = Math.floor((total * small) / large)
  const rest = total - (whole * large) / small
  return rest === 0 ? `${whole} ${largeName}` : `${whole} ${largeName} ${rest} ${smallName}`
}

/** `12 min 5 s`: two units at most. */
export const duration = (ms: number): string => {
  if (ms < 9.95 * second) return `${Number((Math.max(0, ms) / second).toFixed(1))} s`
  if (ms < minute - second / 2) return `${Math.round(ms / second)} s`
  if (ms < hour - second / 2) return pair(ms, minute, 'min', second, 's')
  if (ms < day - minute / 2) return pair(ms, hour, 'h', minute, 'min')
  return pair(ms, day, 'd', hour, 'h')
}

/** `2,000`. By hand: the first `toLocaleString` of a process takes 40 ms. */
export const grouped = (number: number): string => String(number).replace(/\B(?=(\d{3})+$)/g, ',')

/** `1 file`, `2,000 files`. */
export const count = (number: number, noun: string): string =>
  `${grouped(number)} ${number === 1 ? noun : `${noun}s`}`

/** The ISO instant, in UTC and without milliseconds. */
export const instant = (at: number): string =>
  Number.isFinite(at) && Math.abs(at) <= 8.64e15
    ? new Date(at).toISOString().replace(/\.\d{3}Z$/, 'Z')
    : 'never'
