/** The shape of everything that answers in the mock: a call in, a web `Response` out. */
import type { Clock } from '../clock.js'
import type { Tokens } from './token-store.js'

/**
 * Which of the IG's requests a call is, or the token request before them. `file`: where the bytes are; `file-url`: a
 * file's URL that only leads there.
 */
export type Phase =
  | 'kick-off'
  | 'status'
  | 'delete'
  | 'file'
  | 'file-url'
  | 'metadata'
  | 'discovery'
  | 'token'
  | 'other'

export const phases: readonly Phase[] = [
  'kick-off',
  'status',
  'delete',
  'file',
  'file-url',
  'metadata',
  'discovery',
  'token',
  'other',
]

/** One file of a job, as the manifest lists it. */
export interface FileRef {
  job: string
  /** 1-based, in the manifest's order: output, deleted, error. */
  number: number
  type: string
  name: string
}

/** One request, with what the routes already know about it. */
export interface Call {
  request: Request
  phase: Phase
  /** The id in the path of a status, delete or file request, whether there is such a job or not. */
  job?: string
  file?: FileRef
  /** Asked at the server's second host. */
  elsewhere: boolean
  /** That host's origin, for URLs that lead there. */
  elsewhereOrigin: string
  /** The file that an absolute URL of a manifest names, once its job is planned. */
  fileAt(url: string): FileRef | undefined
  /** The server's time: who is slow sleeps by it. */
  clock: Clock
  /** The access tokens that were given out. */
  tokens: Pick<Tokens, 'revoke' | 'expire'>
}

export type Handler = (call: Call) => Promise<Response>
export type Middleware = (call: Call, next: Handler) => Promise<Response>

/** The first middleware is the outermost one. */
export const compose =
  (...middleware: Middleware[]) =>
  (handler: Handler): Handler =>
    middleware.reduceRight<Handler>((next, step) => (call) => step(call, next), handler)
