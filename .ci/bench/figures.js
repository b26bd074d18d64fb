// From runs to figures, and from figures to verdicts.

export const median = (values) => {
  const sorted = [...values].sort((one, other) => one - other)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Medians of what one client needed: rounds of wall, cpu, rss. */
export const summary = (name, rounds) => {
  const walls = rounds.map(({ wall }) => wall)
  return {
    name,
    wall: median(walls),
    least: Math.min(...walls),
    most: Math.max(...walls),
    cpu: median(rounds.map(({ cpu }) => cpu)),
    rss: median(rounds.map(({ rss }) => rss)),
  }
}

/** The median of the ratios of each round, which is steadier than the ratio of the medians. */
export const ratioOf = (rounds, reference, figure = 'wall') =>
  median(rounds.map((round, position) => round[figure] / reference[position][figure]))

/** One figure beside what it must be: at most `target`, better still `stretch`. */
export const judged = ({ what, value, unit = '×', digits = 2, target, stretch }) => ({
  what,
  figure: `${value.toFixed(digits)} ${unit}`,
  target: target === undefined ? '' : `≤ ${target} ${unit}`,
  stretch: stretch === undefined ? '' : `≤ ${stretch} ${unit}`,
  verdict: target === undefined ? '' : value <= target ? 'met' : 'not met',
})
