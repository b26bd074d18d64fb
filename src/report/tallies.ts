/** What is kept of very many things: the largest, the first, how often, how long. Memory does not grow with their number. */

/** The `most` things that weigh most, the heaviest first. */
export class Heaviest<T> {
  readonly things: T[] = []
  private readonly most: number
  private readonly weigh: (thing: T) => number

  constructor(most: number, weigh: (thing: T) => number) {
    this.most = most
    this.weigh = weigh
  }

  add(thing: T): void {
    const weight = this.weigh(thing)
    const lightest = this.things.at(-1)
    if (this.things.length >= this.most && lightest !== undefined && this.weigh(lightest) >= weight) return
    const place = this.things.findIndex((other) => this.weigh(other) < weight)
    this.things.splice(place === -1 ? this.things.length : place, 0, thing)
    if (this.things.length > this.most) this.things.pop()
  }
}

/** The first `most` things, and how many more there were. */
export class First<T> {
  readonly things: T[] = []
  number = 0
  private readonly most: number

  constructor(most: number) {
    this.most = most
  }

  add(thing: T): void {
    this.number += 1
    if (this.things.length < this.most) this.things.push(thing)
  }

  get more(): number {
    return this.number - this.things.length
  }
}

/** How often each word came; beyond `most` different ones, the others together. */
export class Tally {
  readonly counts = new Map<string, number>()
  others = 0
  private readonly most: number

  constructor(most: number) {
    this.most = most
  }

  add(word: string, number = 1): void {
    const known = this.counts.get(word)
    if (known === undefined && this.counts.size >= this.most) this.others += number
    else this.counts.set(word, (known ?? 0) + number)
  }

  get total(): number {
    return [...this.counts.values()].reduce((sum, number) => sum + number, this.others)
  }

  /** The most frequent first. */
  get ranked(): [string, number][] {
    return [...this.counts].sort(([, a], [, b]) => b - a)
  }
}

/** Every thing while they are few, then every second one, every fourth, … */
export class Thinned<T> {
  things: T[] = []
  private number = 0
  private every = 1
  private readonly most: number

  constructor(most: number) {
    this.most = most
  }

  add(thing: T): void {
    if (this.number % this.every === 0) this.things.push(thing)
    this.number += 1
    if (this.things.length < this.most) return
    this.things = this.things.filter((_, place) => place % 2 === 0)
    this.every *= 2
  }
}

/** Epoch milliseconds. */
export interface Span {
  from: number
  to: number
}

/** Spans by their ends: those that touch are one; when there are too many, so are those that nearly do. */
export class Spans {
  readonly spans: Span[] = []
  private nearMs = 0
  private readonly most: number

  constructor(most = 100) {
    this.most = most
  }

  add({ from, to }: Span): void {
    if (!(to >= from)) return
    const span = { from, to }
    for (let last = this.spans.at(-1); last && last.to >= span.from - this.nearMs; last = this.spans.at(-1)) {
      span.from = Math.min(span.from, last.from)
      span.to = Math.max(span.to, last.to)
      this.spans.pop()
    }
    this.spans.push(span)
    while (this.spans.length > this.most) this.joinNear()
  }

  get totalMs(): number {
    return this.spans.reduce((sum, { from, to }) => sum + to - from, 0)
  }

  private joinNear(): void {
    const gaps = this.spans.slice(1).map(({ from }, place) => from - (this.spans[place]?.to ?? from))
    this.nearMs = Math.max(1, 2 * this.nearMs, Math.min(...gaps))
    for (const span of this.spans.splice(0)) this.add(span)
  }
}

/** An amount over time, in at most `most` equal bins: they double when time goes on. */
export class OverTime {
  readonly from: number
  binMs: number
  bins: number[] = []
  private readonly most: number

  constructor(from: number, binMs: number, most: number) {
    this.from = from
    this.binMs = binMs
    this.most = most
  }

  /** Spread evenly over the span; what was before the beginning counts as of the beginning. */
  add({ from, to }: Span, amount: number): void {
    const start = Math.max(0, Math.min(from, to) - this.from)
    const end = Math.max(start, to - this.from)
    while (end >= this.binMs * this.most) this.widen()
    const [first, last] = [Math.floor(start / this.binMs), Math.floor(end / this.binMs)]
    for (let bin = first; bin <= last; bin += 1) {
      const share =
        end === start
          ? 1
          : (Math.min(end, (bin + 1) * this.binMs) - Math.max(start, bin * this.binMs)) / (end - start)
      while (this.bins.length <= bin) this.bins.push(0)
      this.bins[bin] = (this.bins[bin] ?? 0) + amount * share
    }
  }

  private widen(): void {
    this.binMs *= 2
    this.bins = this.bins.flatMap((amount, bin) =>
      bin % 2 === 0 ? [amount + (this.bins[bin + 1] ?? 0)] : [],
    )
  }
}
