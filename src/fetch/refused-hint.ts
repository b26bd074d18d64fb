/** What to do where a file was refused, by who has refused it: the server, another host, or storage. */
import type { Answer } from '../http/body.js'
import { originOf } from '../http/url.js'
import type { FileTask } from './task.js'

const storage =
  /\.(blob\.core\.windows\.net|dfs\.core\.windows\.net|amazonaws\.com|storage\.googleapis\.com)$|\/\/storage\.googleapis\.com$/i

/** Where storage has answered, what it may want; undefined for any other server. */
export const storageHint = (answer: Answer): string | undefined => {
  const origin = originOf(answer.url) ?? ''
  if (!storage.test(origin.replace(/:\d+$/, ''))) return undefined
  return `${origin} is an object store: the link may have expired, and \`bulkx resume\` asks the server for a fresh one; or the store wants rights of its own, which the people who run the server can give; if it takes this server's credential: --trust-origin ${origin}`
}

/** After a 404 or 410 that stays, and for a link that has ended where the manifest has no other one. */
export const goneHint =
  'the server may have removed its files: where `bulkx resume` does not help, start a new export with --again'

/** S3, GCS and Azure say in XML that a link has ended, from whatever host they answer. */
const isExpiredLink = ({ body }: Answer): boolean =>
  /^\s*<\?xml|^\s*<Error\b/.test(body) && /\bexpired\b|specified time frame/i.test(body)

/** What to do, and which origin would have to be trusted for it. */
interface Unauthorized {
  hint: string
  trust?: string
}

/** After a 401 or 403 that stays. */
export const unauthorizedHint = (task: FileTask, answer: Answer, fhirOrigin: string): Unauthorized => {
  const origin = originOf(answer.url) ?? ''
  const inStorage = storageHint(answer)
  if (inStorage !== undefined) return { hint: inStorage }
  if (isExpiredLink(answer)) return { hint: goneHint }
  if (task.requiresAccessToken === false) {
    const none = 'the manifest says that its files need no token, so none was sent'
    return { hint: `${none}; to send it all the same: --trust-origin ${origin}`, trust: origin }
  }
  if (origin !== fhirOrigin) {
    const none = `no credential is sent to ${origin}`
    return { hint: `${none}; if you trust it with yours: --trust-origin ${origin}`, trust: origin }
  }
  return { hint: 'check that this client may read files of this export' }
}
