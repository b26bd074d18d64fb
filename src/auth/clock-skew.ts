/** A computer's clock that differs from the server's: how much matters, and how to say so. */

/** Strict servers refuse an assertion from 10 s in the future; most allow for a minute. */
export const skewThatMattersMs = 10_000

const duration = (ms: number): string => {
  const seconds = Math.round(Math.abs(ms) / 1000)
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ]
  const said = parts.filter(([count]) => count > 0).slice(0, 2)
  return said.length === 0 ? '0 s' : said.map(([count, unit]) => `${count} ${unit}`).join(' ')
}

/** `skewMs`: the server's clock minus ours. */
export const skewText = (skewMs: number): string =>
  `this computer's clock is ${duration(skewMs)} ${skewMs > 0 ? 'behind' : 'ahead of'} the server's`

/** For an error's hint; empty when the server did not tell its time. */
export const skewHint = (skewMs: number | undefined): string => {
  if (skewMs === undefined) return ''
  return Math.abs(skewMs) < skewThatMattersMs
    ? "this computer's clock agrees with the server's"
    : skewText(skewMs)
}
