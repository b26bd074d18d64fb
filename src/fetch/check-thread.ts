/** The program of a thread that checks: contents in blocks, in the order in which they come. */
import { parentPort, workerData } from 'node:worker_threads'
import { LineTooLong } from '../ndjson/inspect.js'
import { contentCheck } from './check.js'
import { type Answer, type Order, threadName } from './check-message.js'

const contents = new Map<number, ReturnType<typeof contentCheck>>()

const answer = (words: Answer, block?: ArrayBuffer): void =>
  parentPort?.postMessage(words, block ? [block] : [])

/** What cannot be looked at any more is passed over; a defect ends the thread. */
const guarded = (id: number, work: () => void): void => {
  try {
    work()
  } catch (error) {
    if (!(error instanceof LineTooLong)) throw error
    contents.delete(id)
    answer({ say: 'too-long', id, message: error.message })
  }
}

const follow = (order: Order): void => {
  const { id } = order
  const content = contents.get(id)
  switch (order.say) {
    case 'open':
      contents.set(id, contentCheck(order.options))
      break
    case 'look':
      guarded(id, () => content?.push(new Uint8Array(order.block, 0, order.bytes)))
      answer({ say: 'block', block: order.block }, order.block)
      break
    case 'end':
      guarded(id, () => {
        if (content) answer({ say: 'checked', id, checked: content.end() })
      })
      contents.delete(id)
      break
    case 'drop':
      contents.delete(id)
      break
    default:
      order satisfies never
  }
}

// Bundled, this file is one that others load, too: in a thread of somebody else's, perhaps.
if (workerData === threadName) parentPort?.on('message', follow)
