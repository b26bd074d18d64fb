/** Checksums in the manifest, as AB2D and DPC write them into each entry's extension. */
import { createHash } from 'node:crypto'
import { bytesOf, type Entry, editManifest, entriesOf, type Fault, withBody } from '../edit.js'
import type { Call, Handler } from '../handler.js'
import { type Matcher, meets } from '../matcher.js'
import type { ManifestJson } from '../personality.js'

type Manifests = Omit<Matcher, 'on'>

const extensionUrl = 'https://ab2d.cms.gov/checksum'

const put = (entry: Entry, valueString: string): void => {
  entry.extension = [{ url: extensionUrl, valueString }]
}

/** The bytes as this server sends them to a client that takes any coding: those are what a server has stored. */
const sentBytes = async (call: Call, next: Handler, url: string): Promise<Buffer> => {
  const headers = new Headers(call.request.headers)
  headers.set('accept', 'application/fhir+ndjson')
  headers.set('accept-encoding', 'gzip')
  const request = new Request(url, { headers })
  return bytesOf(await next({ ...call, request, phase: 'file', file: call.fileAt(url) }))
}

const digestOf = (algorithm: string, bytes: Buffer): string => {
  try {
    return createHash(algorithm).update(bytes).digest('hex')
  } catch {
    // An algorithm that nobody knows: some text.
    return createHash('sha256').update(algorithm).digest('base64')
  }
}

/** Each entry, or one of them, carries the digest of the bytes that faults after this one let pass. */
export const checksum = ({
  algorithm = 'sha256',
  file,
  ...matcher
}: Manifests & { algorithm?: string }): Fault => {
  const met = meets({ times: Number.POSITIVE_INFINITY, ...matcher, on: 'status' })
  return {
    name: 'checksum',
    around: async (call, next) => {
      const response = await next(call)
      if (!met(call) || response.status !== 200) return response
      const manifest = (await response.clone().json()) as ManifestJson
      for (const entry of entriesOf(manifest)) {
        const url = String(entry.url)
        const isMeant = file === undefined || call.fileAt(url)?.number === file
        if (isMeant) put(entry, `${algorithm}:${digestOf(algorithm, await sentBytes(call, next, url))}`)
      }
      return withBody(response, Buffer.from(JSON.stringify(manifest)))
    },
  }
}

/** The manifest's sha256 of a file is that of something else. Default: the first file. */
export const wrongChecksum = ({ file = 1, ...matcher }: Manifests): Fault =>
  editManifest('wrongChecksum', matcher, (manifest, call) => {
    for (const entry of entriesOf(manifest))
      if (call.fileAt(String(entry.url))?.number === file)
        put(entry, `sha256:${createHash('sha256').update('something else').digest('hex')}`)
  })
