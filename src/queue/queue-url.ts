/** The address of a queue, and what travels there in clear text. */
import { isLoopback } from '../http/url.js'

/** Signed URLs go through the queue: in clear text, to another machine, anybody on the way can read them. */
export const warnOfClearText = (url: string, onNote?: (text: string) => void): void => {
  const { protocol, hostname } = new URL(url)
  if (protocol === 'rediss:' || isLoopback(`http://${hostname || 'localhost'}/`)) return
  onNote?.(
    `signed URLs go to ${hostname} in clear text, and whoever reads them can have the files; use rediss://`,
  )
}
