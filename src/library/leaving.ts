/** A stream that is left while its next fact is waited for: it ends at once, not when the wait does. */
import { BulkxError } from '../errors.js'

/** `start` is given what it is left by. `return` and `throw` abort that first, and the fact that is waited for is none. */
export const leaving = <Item, Result>(
  start: (leave: AbortController) => AsyncGenerator<Item, Result>,
): AsyncGenerator<Item, Result> => {
  const leave = new AbortController()
  const reason = new BulkxError('BULKX_INTERRUPTED', 'The export was left')
  const inner = start(leave)
  const next = async (): Promise<IteratorResult<Item, Result>> => {
    try {
      return await inner.next()
    } catch (error) {
      if (error !== reason) throw error
      // Whoever has left asks for no result: so says the protocol of iterators, whose types know no end without one.
      return { done: true, value: undefined as Result }
    }
  }
  const left: AsyncGenerator<Item, Result> = {
    next,
    return: (value) => {
      leave.abort(reason)
      return inner.return(value)
    },
    throw: (error) => {
      leave.abort(reason)
      return inner.throw(error)
    },
    [Symbol.asyncIterator]: () => left,
    [Symbol.asyncDispose]: async () => {
      leave.abort(reason)
      await inner.return(undefined as Result)
    },
  }
  return left
}
