/** What a job is doing right now: whoever closes it waits for that, lest the answer to a kick-off be lost. */

/** Pieces of work: a step up to its next facts, and these made durable. */
export interface UnderWay {
  /** Begins a piece. Rejects with the reason of `close`, once that was called. */
  begin<T>(piece: () => Promise<T>): Promise<T>
  /** Begins one that must follow the piece that is under way, whatever else was called. */
  follow<T>(piece: () => Promise<T>): Promise<T>
  /** Lets nothing else begin; resolves when all that has begun, and what must follow it, has ended. */
  close(reason: Error): Promise<void>
}

export const underWay = (): UnderWay => {
  const pieces = new Set<Promise<unknown>>()
  let closed: Error | undefined
  const follow: UnderWay['follow'] = (piece) => {
    const running = piece()
    const ended = running.then(
      () => void pieces.delete(ended),
      () => void pieces.delete(ended),
    )
    pieces.add(ended)
    return running
  }
  return {
    begin: async (piece) => {
      if (closed) throw closed
      return follow(piece)
    },
    follow,
    close: async (reason) => {
      closed ??= reason
      while (pieces.size > 0) await Promise.all(pieces)
    },
  }
}
