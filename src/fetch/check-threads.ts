/** Threads that check, started as they are needed: everything else about a file stays in the thread that fetches it. */
import { Worker } from 'node:worker_threads'
import { LineTooLong } from '../ndjson/inspect.js'
import { type Check, type Checked, CheckLost, type CheckOptions } from './check.js'
import { type Answer, blockBytes, type Order, threadName } from './check-message.js'

export interface CheckThreads {
  /** Undefined when threads have ended so often that they are no help. */
  open(options: CheckOptions): Check | undefined
  close(): Promise<void>
}

/** All that is under way to one thread and back: what it is behind by at most. */
const blocksMax = 8
/** Threads that ended by themselves, in a run, before no more are started. */
const lossesMax = 3
/**
 * Blocks live outside of the heap, lines only for moments. The old space keeps Node's own limit: a long line that only
 * `JSON.parse` can judge takes several times its length.
 */
const resourceLimits = { maxYoungGenerationSizeMb: 2 }

/** From src/ as well as from dist/: there is one build of it. */
const program = new URL('../../dist/fetch/check-thread.js', import.meta.url)

/** One thread and the contents that are its own. */
class Thread {
  readonly contents = new Map<number, Content>()
  private readonly worker: Worker
  private readonly free: ArrayBuffer[] = []
  private made = 0
  private waiting: (() => void)[] = []
  private ids = 0

  constructor(onLost: (thread: Thread) => void) {
    this.worker = new Worker(program, { resourceLimits, name: threadName, workerData: threadName })
    this.worker.on('message', (answer: Answer) => this.hear(answer))
    let why = 'it ended'
    this.worker.on('error', (error: unknown) => {
      why = error instanceof Error ? error.message : String(error)
    })
    this.worker.once('exit', () => {
      onLost(this)
      const lost = new CheckLost(`the thread that looks at the content is gone: ${why}`)
      for (const content of this.contents.values()) content.fail(lost)
    })
    this.worker.unref()
  }

  open(options: CheckOptions): Content {
    const id = this.ids
    this.ids += 1
    const content = new Content(this, id)
    this.contents.set(id, content)
    this.worker.ref()
    this.order({ say: 'open', id, options })
    return content
  }

  /** It is over: the process need not stay for it. */
  closed(id: number): void {
    this.contents.delete(id)
    if (this.contents.size === 0) this.worker.unref()
  }

  order(words: Order, block?: ArrayBuffer): void {
    this.worker.postMessage(words, block ? [block] : [])
  }

  /** An empty block; undefined when all are under way. */
  take(): ArrayBuffer | undefined {
    const block = this.free.pop()
    if (block) return block
    if (this.made < blocksMax) {
      this.made += 1
      return new ArrayBuffer(blockBytes)
    }
    // Whoever has begun one, and may fill it much later, gives it away.
    for (const content of this.contents.values()) content.send()
    return undefined
  }

  giveBack(block: ArrayBuffer): void {
    this.free.push(block)
    this.waiting.shift()?.()
  }

  /** Resolves when it is worth to try again. */
  blockIsFree(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve))
  }

  wakeAll(): void {
    for (const wake of this.waiting.splice(0)) wake()
  }

  async end(): Promise<void> {
    await this.worker.terminate()
  }

  private hear(answer: Answer): void {
    switch (answer.say) {
      case 'block':
        this.giveBack(answer.block)
        break
      case 'checked':
        this.contents.get(answer.id)?.finish(answer.checked)
        break
      case 'too-long':
        this.contents.get(answer.id)?.fail(new LineTooLong(answer.message))
        break
      default:
        answer satisfies never
    }
  }
}

class Content implements Check {
  private readonly thread: Thread
  private readonly id: number
  private block: ArrayBuffer | undefined
  private filled = 0
  private failure: Error | undefined
  private settle: { resolve(checked: Checked): void; reject(error: Error): void } | undefined

  constructor(thread: Thread, id: number) {
    this.thread = thread
    this.id = id
  }

  push(chunk: Uint8Array): Promise<void> | undefined {
    if (this.failure) throw this.failure
    let at = 0
    while (at < chunk.length) {
      this.block ??= this.thread.take()
      if (!this.block) return this.pushLater(chunk.subarray(at))
      const piece = chunk.subarray(at, at + blockBytes - this.filled)
      new Uint8Array(this.block).set(piece, this.filled)
      this.filled += piece.length
      at += piece.length
      if (this.filled === blockBytes) this.send()
    }
    return undefined
  }

  /** What was gathered so far. */
  send(): void {
    const { block, filled } = this
    if (!block || filled === 0) return
    this.block = undefined
    this.filled = 0
    this.thread.order({ say: 'look', id: this.id, block, bytes: filled }, block)
  }

  end(): Promise<Checked> {
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure)
      this.settle = { resolve, reject }
      this.send()
      this.thread.order({ say: 'end', id: this.id })
    })
  }

  drop(): void {
    if (this.failure) return
    this.fail(new CheckLost('nobody wants to know'))
    this.thread.order({ say: 'drop', id: this.id })
  }

  finish(checked: Checked): void {
    this.leave()
    this.settle?.resolve(checked)
  }

  fail(error: Error): void {
    this.failure ??= error
    this.leave()
    this.settle?.reject(error)
    this.thread.wakeAll()
  }

  private leave(): void {
    if (this.block) this.thread.giveBack(this.block)
    this.block = undefined
    this.thread.closed(this.id)
  }

  private async pushLater(chunk: Uint8Array): Promise<void> {
    await this.thread.blockIsFree()
    return this.push(chunk)
  }
}

/** At most so many threads; one more is started when each has a content to look at. */
export const checkThreads = (most: number): CheckThreads => {
  const threads = new Set<Thread>()
  let losses = 0
  let isClosed = false
  const onLost = (thread: Thread): void => {
    threads.delete(thread)
    if (!isClosed) losses += 1
  }
  const leastBusy = (): Thread | undefined =>
    [...threads].sort((one, other) => one.contents.size - other.contents.size)[0]
  return {
    open: (options) => {
      if (losses >= lossesMax) return undefined
      let thread = leastBusy()
      if (!thread || (thread.contents.size > 0 && threads.size < most)) {
        thread = new Thread(onLost)
        threads.add(thread)
      }
      return thread.open(options)
    },
    close: async () => {
      isClosed = true
      await Promise.all([...threads].map((thread) => thread.end()))
    },
  }
}
