/** Storage on the second host, as clouds have it: signed URLs that are good for a while, and errors in XML. */
import { createHash } from 'node:crypto'
import { fileOf, keptFile } from './files.js'
import { Refusal } from './outcome.js'
import { isElsewhere, pathOf, type World } from './world.js'

const SECOND_MS = 1000

/** The query of a URL that is good for `signedMs` from `at` on. */
const signatureOf = (path: string, at: number, signedMs: number): string => {
  const date = new Date(at).toISOString().replace(/[-:]|\.\d+/g, '')
  const asked = `X-Amz-Date=${date}&X-Amz-Expires=${Math.ceil(signedMs / SECOND_MS)}`
  const digest = createHash('sha256').update(`${path}?${asked}`).digest('hex')
  return `${asked}&X-Amz-Signature=${digest}`
}

/** A URL of the storage for one file, signed now. */
export const signedUrl = (world: World, values: Readonly<Record<string, string>>): string => {
  const path = world.storagePath.build(values)
  const signature = signatureOf(path, world.clock.now(), world.personality.elsewhere.signedMs)
  return `${world.elsewhere.origin}${path}?${signature}`
}

/** An error in the words of S3. */
export const storageRefusal = (status: number, code: string, message: string): Refusal =>
  new Refusal(status, code, message, {
    said: {
      contentType: 'application/xml',
      text: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
    },
  })

const checkSignature = (world: World, request: Request): void => {
  const [path = '', query = ''] = pathOf(request).split('?')
  const [, date, expires] = /^X-Amz-Date=(\d{8}T\d{6}Z)&X-Amz-Expires=(\d+)&/.exec(query) ?? []
  if (date === undefined || expires === undefined) throw storageRefusal(403, 'AccessDenied', 'Access Denied')
  const at = Date.parse(date.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'))
  const lifeMs = Number(expires) * SECOND_MS
  if (query !== signatureOf(path, at, lifeMs))
    throw storageRefusal(403, 'SignatureDoesNotMatch', 'The request signature does not match')
  if (world.clock.now() >= at + lifeMs) throw storageRefusal(403, 'AccessDenied', 'Request has expired')
}

/** Answers a request for a stored file. Throws a Refusal (403) without a signature that is good. */
export const storedFile = async (
  world: World,
  request: Request,
  values: { job?: string; number?: string },
): Promise<Response> => {
  if (!isElsewhere(world, request)) throw new Refusal(404, 'not-found', 'There is no storage at this host')
  checkSignature(world, request)
  return fileOf(world, request, values.job ?? '', Number(values.number))
}

/** Answers a request for a file's own URL: where it is kept, by a URL that was signed for this request. */
export const redirectToStorage = (world: World, job: string, name: string | number): Response => {
  const { ref } = keptFile(world, job, name)
  const location = signedUrl(world, { ...ref, number: String(ref.number) })
  return new Response(null, { status: 307, headers: { location } })
}
