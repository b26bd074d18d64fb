/** A merge, wherever its result goes: each resource's lines are made known, then those that stay are copied. */
import { randomBytes } from 'node:crypto'
import { blocksOf } from './blocks.js'
import { copyLines } from './copy-lines.js'
import { readDeletes } from './deletes.js'
import type { Leaves } from './departed.js'
import type { ExportFile, ExportFiles } from './export-files.js'
import { Ledger, newVerdicts, saying } from './ledger.js'
import { eachLine, LineReader, type LineRules, parsed } from './line-reader.js'
import { lastUpdatedOf, Newest } from './newest.js'
import type { Blocks, ProvedFile } from './proved-blocks.js'
import type { Outputs } from './snapshot-files.js'
import { Spilling } from './spill.js'
import { Tally } from './tally.js'
import { fileOf, TypeNames, typeOf } from './type-names.js'

/** A file of the snapshot before. */
export interface OldFile extends ProvedFile {
  name: string
  bytes: number
}

export interface RoundInput {
  exports: readonly ExportFiles[]
  /** What goes after this round. */
  leaves?: Leaves
  /** What of the rounds before it gives way to what comes of the same patients in this one. */
  returns?: Leaves
}

export interface SelectionInputs {
  /** Each of its lines is another resource's. */
  old: readonly OldFile[]
  /** Or only compared, to learn what is not there any more. */
  isOldCopied: boolean
  /** Oldest first. */
  rounds: readonly RoundInput[]
}

export interface SelectionOptions {
  /** For what is spilled: there, and nobody else's. */
  folder: string
  /** Of keys, in memory. */
  keysBytesMax: number
  /** Of the hash of keys; drawn when absent, for who chooses ids must not know it. */
  seed?: number
  /** How each file of an export, and each that is copied, is read once. */
  read: Blocks
  /** How each file of an export is read again; as it is when absent. */
  readAgain?: Blocks
  signal?: AbortSignal
}

/** A file of an export, and the place of its lines among all. */
interface Numbered extends ExportFile {
  round: number
  firstOrdinal: number
}

const oldRules: LineRules = { isDoubtful: false, holdsParameters: true }

export class Selection {
  readonly tally: Tally
  private readonly types = new TypeNames()
  private readonly verdicts = newVerdicts()
  private readonly reader: LineReader
  private readonly ledgers: Spilling<Ledger>
  private readonly inputs: SelectionInputs
  private readonly options: SelectionOptions
  private readonly files: Numbered[] = []
  private readonly firstOldOrdinals = new Map<OldFile, number>()
  private nextOrdinal = 0

  constructor(inputs: SelectionInputs, options: SelectionOptions) {
    this.inputs = inputs
    this.options = options
    this.reader = new LineReader(this.types, options.seed ?? randomBytes(4).readInt32LE())
    this.tally = new Tally(this.types, !inputs.isOldCopied)
    const make = (): Ledger => new Ledger(this.verdicts, this.tally)
    this.ledgers = new Spilling(make, this.spillOptions('keys'))
  }

  /** Reads the exports, and what else is needed to know which lines stay. */
  async decide(): Promise<void> {
    // The files that are there keep their names, however the exports spell their types.
    for (const { name } of this.inputs.old) this.types.number(typeOf(name))
    for (const [round, { exports }] of this.inputs.rounds.entries()) {
      for (const { outputs } of exports) for (const file of outputs) await this.hear(file, round)
      for (const one of exports) for (const file of one.deletes) await this.hearDeletes(file, one, round)
    }
    const isHeardOfOld = this.ledgers.isSpilled || !this.inputs.isOldCopied
    if (isHeardOfOld) for (const file of this.inputs.old) await this.hearOld(file)
    await this.ledgers.finish()
    await this.settleDoubled()
  }

  /** In the order of the snapshot before, then of the exports. */
  async copyTo(outputs: Outputs): Promise<void> {
    const { counts } = this.tally
    if (this.inputs.isOldCopied) {
      for (const file of this.inputs.old) {
        const copied = await this.copyOld(file, outputs)
        counts.unchanged += copied
      }
    }
    // What has taken the place of an old line is not new.
    counts.added -= counts.replaced
    for (const file of this.files) {
      const copied = await this.copyExport(file, outputs)
      counts.added += copied
    }
  }

  /** Lets go of what is open; the folder is the caller's to remove. */
  close(): Promise<void> {
    return this.ledgers.close()
  }

  private spillOptions(name: string) {
    const { folder, keysBytesMax } = this.options
    return { folder, name, bytesMax: keysBytesMax, reader: this.reader }
  }

  private async hear(file: ExportFile, round: number): Promise<void> {
    this.files.push({ ...file, round, firstOrdinal: this.nextOrdinal })
    const { reader, ledgers, verdicts } = this
    for await (const block of this.options.read(file, this.options.signal)) {
      eachLine(block, (from, to) => {
        const ordinal = this.nextOrdinal
        this.nextOrdinal += 1
        const kind = reader.read(block, from, to, file.rules)
        if (kind === 'resource') ledgers.say(reader, saying.line, round, ordinal, 0)
        else verdicts.dropped.add(ordinal)
        if (kind === 'none') this.tally.counts.skipped += 1
      })
      await ledgers.settle()
    }
  }

  private hearDeletes(file: ExportFile, { bases }: ExportFiles, round: number): Promise<void> {
    const { reader, ledgers, tally } = this
    const take = {
      delete: (type: string, id: string) => {
        // No snapshot has a file of another type.
        if (reader.set(type, id)) ledgers.say(reader, saying.delete, round, -1, 0)
      },
      ignored: (url: string) => tally.ignored(url),
      settle: () => ledgers.settle(),
    }
    return readDeletes(this.options.read(file, this.options.signal), bases, take)
  }

  private async hearOld(file: OldFile): Promise<void> {
    this.firstOldOrdinals.set(file, this.nextOrdinal)
    const { reader, ledgers } = this
    for await (const block of blocksOf(file, this.options.signal)) {
      eachLine(block, (from, to) => {
        const kind = reader.read(block, from, to, oldRules)
        if (kind === 'resource') ledgers.say(reader, saying.oldLine, 0, this.nextOrdinal, 0)
        this.nextOrdinal += 1
      })
      await ledgers.settle()
    }
  }

  /** Only these lines are parsed, to know which is the newest. */
  private async settleDoubled(): Promise<void> {
    const { doubled, dropped } = this.verdicts
    if (doubled.size === 0) return
    const before = dropped.size
    for (const round of this.inputs.rounds.keys()) {
      const newest = new Spilling(() => new Newest(dropped), this.spillOptions(`doubled-${round}`))
      try {
        for (const file of this.files) if (file.round === round) await this.compareDoubled(file, newest)
        await newest.finish()
      } finally {
        await newest.close()
      }
    }
    this.tally.counts.duplicates += dropped.size - before
  }

  private async compareDoubled(file: Numbered, newest: Spilling<Newest>): Promise<void> {
    let ordinal = file.firstOrdinal
    for await (const block of blocksOf(file, this.options.signal)) {
      eachLine(block, (from, to) => {
        if (this.verdicts.doubled.has(ordinal)) {
          this.reader.read(block, from, to, file.rules)
          newest.say(this.reader, 0, 0, ordinal, lastUpdatedOf(parsed(block, from, to) ?? {}))
        }
        ordinal += 1
      })
      await newest.settle()
    }
  }

  /** Whether a line leaves with somebody in this round or a later one, or gives way in a round after it. Counted here. */
  private leaver(round: number, nextRound = round + 1): Leaves | undefined {
    const { rounds } = this.inputs
    const all = rounds.slice(round).flatMap(({ leaves }) => leaves ?? [])
    const renewed = rounds.slice(nextRound).flatMap(({ returns }) => returns ?? [])
    if (all.length + renewed.length === 0) return undefined
    const { counts } = this.tally
    return (...line) => {
      const isLeaving = all.some((leaves) => leaves(...line))
      const isRenewed = !isLeaving && renewed.some((leaves) => leaves(...line))
      if (isLeaving) counts.departed += 1
      if (isRenewed) this.tally.gone(line[3])
      return isLeaving || isRenewed
    }
  }

  private copyOld(file: OldFile, outputs: Outputs): Promise<number> {
    const { reader, ledgers, verdicts } = this
    const leaves = this.leaver(0, 0)
    const type = typeOf(file.name)
    let ordinal = this.firstOldOrdinals.get(file) ?? 0
    const isDropped = (): boolean =>
      ledgers.isSpilled ? verdicts.dropped.has(ordinal) : ledgers.fold.oldLine(reader)
    const nameOf = (block: Buffer, from: number, to: number): string | undefined => {
      // What is no resource has not come here by a merge, and is left as it is.
      const isResource = reader.read(block, from, to, oldRules) === 'resource'
      const goes = isResource && (isDropped() || leaves?.(block, from, to, reader, type))
      ordinal += 1
      return goes ? undefined : file.name
    }
    return copyLines(this.options.read(file, this.options.signal), nameOf, outputs)
  }

  private copyExport(file: Numbered, outputs: Outputs): Promise<number> {
    const { reader, verdicts, types } = this
    const leaves = this.leaver(file.round)
    const names = types.all.map(fileOf)
    let ordinal = file.firstOrdinal
    const nameOf = (block: Buffer, from: number, to: number): string | undefined => {
      const isDropped = verdicts.dropped.has(ordinal)
      ordinal += 1
      if (isDropped) return undefined
      reader.read(block, from, to, file.rules)
      if (!leaves?.(block, from, to, reader, types.name(reader.type))) return names[reader.type]
      this.tally.counts.added += 1
      return undefined
    }
    const { readAgain = blocksOf, signal } = this.options
    return copyLines(readAgain(file, signal), nameOf, outputs)
  }
}
