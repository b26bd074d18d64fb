/** Many pieces of work at once, their results in batches as they come. */

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
  const running = new Set<Promise<void>>()
  const failures: unknown[] = []
  let finished: Result[] = []
  let wake = (): void => {}

  const start = (item: Item): void => {
    const piece = work(item, stop.signal)
      .then(
        (result) => void finished.push(result),
        (error: unknown) => {
          failures.push(error)
          stop.abort(error)
        },
      )
      .finally(() => {
        running.delete(piece)
        wake()
      })
    running.add(piece)
  }
  const abort = (): void => stop.abort(signal?.reason)
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort)

  try {
    let exhausted = false
    for (;;) {
      while (!exhausted && !stop.signal.aborted && running.size + finished.length < limit) {
        const next = source.next()
        if (next.done) exhausted = true
        else start(next.value)
      }
      if (finished.length > 0) {
        const batch = finished
        finished = []
        yield batch
      } else if (running.size > 0) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      } else break
    }
    if (failures.length > 0) throw failures[0]
    stop.signal.throwIfAborted()
  } finally {
    signal?.removeEventListener('abort', abort)
    stop.abort()
    await Promise.all(running)
  }
}
