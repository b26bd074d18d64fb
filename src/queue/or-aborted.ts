/** Work that nobody has to wait for the end of. */

/** What `work` comes to, or the reason of the signal when that comes first: the work itself goes on. */
export const orAborted = async <T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    const settled = (): void => signal.removeEventListener('abort', abort)
    work.then(resolve, reject).finally(settled)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}
