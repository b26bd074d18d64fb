/** Many pieces of work at once, their results in batches as they come. */
import { setMaxListeners } from 'node:events'

/** A piece of work has a request, a pause and a wait for its turn at most; more listeners would be a leak. */
const listenersPerPiece = 3
/** Node's own limit. */
const listenersMin = 10

/**
 * Runs `work` over `items`, at most `limit` at once, and yields what is finished: all of it together, so that
 * whoever makes results durable pays once for many. Results that nobody has taken count against the limit.
 * When one piece fails, the others are told to stop, what they still finished is yielded, then it throws.
 */
export async function* pool<Item, Result>(
  items: Iterable<Item>,
  limit: number,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
  signal?: AbortSignal,
): AsyncGenerator<Result[]> {
  const source = items[Symbol.iterator]()
  const stop = new AbortController()
  setMaxListeners(Math.max(listenersMin, limit * listenersPerPiece), stop.signal)
  let running = 0
  const failures: unknown[] = []
  let finished: Result[] = []
  let wake = (): void => {}

  /** Until a piece has ended. */
  const something = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve
    })
  const run = async (item: Item): Promise<void> => {
    try {
      const result = await work(item, stop.signal)
      finished.push(result)
    } catch (error) {
      failures.push(error)
      stop.abort(error)
    }
    running -= 1
    wake()
  }
  const abort = (): void => stop.abort(signal?.reason)
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort)

  try {
    let exhausted = false
    for (;;) {
      while (!exhausted && !stop.signal.aborted && running + finished.length < limit) {
        const next = source.next()
        if (next.done) exhausted = true
        else {
          running += 1
          void run(next.value)
        }
      }
      if (finished.length > 0) {
        const batch = finished
        finished = []
        yield batch
      } else if (running > 0) await something()
      else break
    }
    if (failures.length > 0) throw failures[0]
    stop.signal.throwIfAborted()
  } finally {
    signal?.removeEventListener('abort', abort)
    stop.abort()
    while (running > 0) await something()
  }
}
