/** Copies the lines that stay: neighbours together, as the bytes that they are. */
import { eachLine } from './line-reader.js'
import type { Outputs } from './snapshot-files.js'

/** The file that a line belongs into; undefined when it does not stay. */
export type NameOf = (block: Buffer, from: number, to: number) => string | undefined

const lineEnd = Buffer.from('\n')

/** Lines of one block that stand side by side and go into the same file. */
class Run {
  private readonly block: Buffer
  private readonly outputs: Outputs
  private name: string | undefined
  private from = 0
  private to = 0
  private lines = 0

  constructor(block: Buffer, outputs: Outputs) {
    this.block = block
    this.outputs = outputs
  }

  /** With their ends. */
  add(name: string, from: number, to: number): void {
    if (this.name !== name || this.to !== from) {
      this.end()
      this.name = name
      this.from = from
    }
    this.to = to
    this.lines += 1
  }

  end(): void {
    if (this.name !== undefined)
      this.outputs.put(this.name, this.block.subarray(this.from, this.to), this.lines)
    this.name = undefined
    this.lines = 0
  }
}

/** Asks for each line that is not blank, in their order. Resolves to how many were copied. */
export const copyLines = async (
  blocks: AsyncIterable<Buffer>,
  nameOf: NameOf,
  outputs: Outputs,
): Promise<number> => {
  let copied = 0
  for await (const block of blocks) {
    const run = new Run(block, outputs)
    eachLine(block, (from, to, isClean) => {
      const name = nameOf(block, from, to)
      if (name === undefined) return
      copied += 1
      if (isClean) return run.add(name, from, to + 1)
      run.end()
      outputs.put(name, block.subarray(from, to), 1)
      outputs.put(name, lineEnd, 0)
    })
    run.end()
    await outputs.settle()
  }
  return copied
}
