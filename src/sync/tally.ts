/** What a merge has done, in numbers and a few examples. */
import type { Key } from './key-table.js'
import type { Told } from './ledger.js'
import { shownKey } from './line-reader.js'
import type { MergeCounts, MergeExamples } from './merge.js'
import type { TypeNames } from './type-names.js'

/** Examples of each kind. */
const examplesMax = 20

export class Tally implements Told {
  readonly counts: MergeCounts = {
    added: 0,
    replaced: 0,
    unchanged: 0,
    deleted: 0,
    departed: 0,
    duplicates: 0,
    conflicts: 0,
    skipped: 0,
    ignoredDeletes: 0,
  }
  readonly examples: { [kind in keyof MergeExamples]: string[] } = {
    deleted: [],
    conflicts: [],
    ignoredDeletes: [],
  }
  /** Deleted lines of the snapshot before, by the number of their type. */
  private readonly deletedOf = new Map<number, number>()
  private readonly types: TypeNames
  /** What nothing speaks of is not there any more: the exports are all there is. */
  private readonly isFull: boolean

  constructor(types: TypeNames, isFull: boolean) {
    this.types = types
    this.isFull = isFull
  }

  oldLine(what: 'replaced' | 'deleted' | 'untouched', key: Key): void {
    if (what === 'replaced') this.counts.replaced += 1
    else if (what === 'deleted' || this.isFull) {
      this.gone(key)
      this.show('deleted', key)
    }
  }

  /** A line of the snapshot before is not there any more, and nothing has taken its place. */
  gone({ type }: Key): void {
    this.counts.deleted += 1
    this.deletedOf.set(type, (this.deletedOf.get(type) ?? 0) + 1)
  }

  /** By the name of the type. */
  get deletedByType(): ReadonlyMap<string, number> {
    return new Map([...this.deletedOf].map(([type, count]) => [this.types.name(type), count]))
  }

  conflict(key: Key): void {
    this.counts.conflicts += 1
    this.show('conflicts', key)
  }

  ignored(url: string): void {
    this.counts.ignoredDeletes += 1
    if (this.examples.ignoredDeletes.length < examplesMax) this.examples.ignoredDeletes.push(url)
  }

  private show(kind: 'deleted' | 'conflicts', key: Key): void {
    if (this.examples[kind].length < examplesMax) this.examples[kind].push(shownKey(key, this.types))
  }
}
