/** What the caller gave to be told things: should it throw, no exchange is lost for it. */

export interface Callbacks {
  /** The same callback; what it throws is kept. */
  guard<Arguments extends unknown[]>(
    callback: ((...given: Arguments) => void) | undefined,
  ): ((...given: Arguments) => void) | undefined
  /** Throws the first that was kept, once. */
  rethrow(): void
}

export const callbacks = (): Callbacks => {
  let thrown: { error: unknown } | undefined
  return {
    guard: (callback) =>
      callback &&
      ((...given) => {
        try {
          callback(...given)
        } catch (error) {
          thrown ??= { error }
        }
      }),
    rethrow: () => {
      const kept = thrown
      thrown = undefined
      if (kept) throw kept.error
    },
  }
}
