/** What faults are made of: a middleware with a matcher and a count, and edits of what the server would have said. */
import type { Call, Handler, Middleware, Phase } from './handler.js'
import { type Matcher, meets } from './matcher.js'
import type { ManifestJson } from './personality.js'
import { keepWire } from './wire.js'

export interface Fault {
  name: string
  around: Middleware
  /** It sends clients to the server's second host. */
  elsewhere?: boolean
}

/** A matcher for requests for files. */
export type Files = Omit<Matcher, 'on'>

/** A fault of your own: `around` answers the requests that the matcher meets. */
export const fault = (
  name: string,
  matcher: Matcher,
  around: (call: Call, next: Handler) => Promise<Response>,
): Fault => {
  const met = meets(matcher)
  return { name, around: (call, next) => (met(call) ? around(call, next) : next(call)) }
}

/** A fault that names a file is about files; another one about what it usually is. */
export const usually = (phase: Phase, matcher: Matcher): Matcher => ({
  on: matcher.file === undefined ? phase : 'file',
  ...matcher,
})

export const onFiles = (files: Files): Matcher => ({ ...files, on: 'file' })

export const bytesOf = async (response: Response): Promise<Buffer> =>
  Buffer.from(await response.arrayBuffer())

/** The same answer with another body, well-framed. */
export const withBody = (
  response: Response,
  body: Uint8Array,
  headers: Record<string, string> = {},
): Response => {
  const all = new Headers(response.headers)
  for (const [name, value] of Object.entries(headers)) all.set(name, value)
  all.set('content-length', String(body.length))
  return keepWire(response, new Response(new Uint8Array(body), { status: response.status, headers: all }))
}

/** The same answer with these headers; undefined takes one away. */
export const withHeaders = (
  response: Response,
  headers: Readonly<Record<string, string | undefined>>,
): Response => {
  const all = new Headers(response.headers)
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) all.delete(name)
    else all.set(name, value)
  }
  return keepWire(response, new Response(response.body, { status: response.status, headers: all }))
}

/** One entry of a manifest, of whatever section. */
export interface Entry extends Record<string, unknown> {
  url?: unknown
}

/** The entries of every section, in the manifest's order. */
export const entriesOf = (manifest: ManifestJson): Entry[] =>
  Object.values(manifest).flatMap((value) => (Array.isArray(value) ? (value as Entry[]) : []))

/**
 * A fault that alters complete manifests, every one unless `times` says otherwise. `edit` may change the manifest in
 * place or return another value, which is then sent as JSON.
 */
export const editManifest = (
  name: string,
  matcher: Omit<Matcher, 'on' | 'file'>,
  edit: (manifest: ManifestJson, call: Call) => unknown,
): Fault => {
  const met = meets({ times: Number.POSITIVE_INFINITY, ...matcher })
  const around: Middleware = async (call, next) => {
    const response = await next(call)
    if (call.phase !== 'status' || response.status !== 200) return response
    const manifest = (await response.clone().json()) as ManifestJson
    // A job that still runs may say so with 200.
    if (!Array.isArray(manifest.output) || !met(call)) return response
    return withBody(response, Buffer.from(JSON.stringify(edit(manifest, call) ?? manifest)))
  }
  return { name, around }
}

/** The answer to the same request for the whole file as it is. */
export const whole = (call: Call, next: Handler): Promise<Response> => {
  const headers = new Headers(call.request.headers)
  headers.delete('range')
  headers.delete('accept-encoding')
  return next({ ...call, request: new Request(call.request, { headers }) })
}

/**
 * A fault that alters the bytes of a whole file, for every request that it meets: the altered content has no ranges
 * and no validators, unless `headers` say so.
 */
export const editContent = (
  name: string,
  files: Files,
  edit: (content: Buffer, call: Call) => Buffer,
  headers: Readonly<Record<string, string | undefined>> = {},
): Fault =>
  fault(name, onFiles({ times: Number.POSITIVE_INFINITY, ...files }), async (call, next) => {
    const response = await whole(call, next)
    if (response.status !== 200) return response
    const edited = withBody(response, edit(await bytesOf(response), call))
    const without = { etag: undefined, 'last-modified': undefined, 'accept-ranges': 'none' }
    return withHeaders(edited, { ...without, ...headers })
  })
