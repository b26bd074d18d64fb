/** How sizes or rates are spread: how many lie in each power of ten, and the middle one. */

export interface SpreadBin {
  /** At least; 0 for the first bin. */
  from: number
  /** Less than. */
  to: number
  number: number
}

export interface Spread {
  bins: SpreadBin[]
  number: number
  least: number
  median: number
  most: number
}

/** Eight bytes a value: a hundred thousand of them are less than a megabyte. */
export class Values {
  private values = new Float64Array(64)
  private number = 0

  add(value: number): void {
    if (this.number === this.values.length) {
      const larger = new Float64Array(2 * this.number)
      larger.set(this.values)
      this.values = larger
    }
    this.values[this.number] = value
    this.number += 1
  }

  /** Undefined where there is no value. Bins begin at `lowest`: what is smaller is in the first one. */
  spread(lowest: number): Spread | undefined {
    if (this.number === 0) return undefined
    const sorted = this.values.slice(0, this.number).sort()
    const at = (place: number): number => sorted[place] ?? 0
    const bins: SpreadBin[] = []
    let place = 0
    for (let [from, to] = [0, lowest]; place < sorted.length; [from, to] = [to, to * 10]) {
      const start = place
      while (place < sorted.length && at(place) < to) place += 1
      if (place > start || bins.length > 0) bins.push({ from, to, number: place - start })
    }
    const median = at(Math.floor((sorted.length - 1) / 2))
    return { bins, number: sorted.length, least: at(0), median, most: at(sorted.length - 1) }
  }
}
