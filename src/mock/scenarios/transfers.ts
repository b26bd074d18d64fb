/** Files: ranges, checksums, lengths and storage, and one failure among many. */
import { editContent, editManifest, entriesOf, type Fault, fault, withHeaders } from '../edit.js'
import { faults } from '../faults.js'
import { everyTime } from '../matcher.js'
import { outcomeResponse } from '../outcome.js'
import type { Scenario, ScenarioServer } from '../scenario.js'
import { onWire } from '../wire.js'

const having = (...list: Fault[]): ScenarioServer => ({ faults: list })

/** Everybody's observations are more than a megabyte. */
const large = { options: { data: { patients: 300 } } } as const

/** The second file breaks off once, half way. */
const broken = (): Fault => faults.truncateLying({ file: 2, keepBytes: 700_000, times: 1 })

const lying = (range: Parameters<typeof faults.lyingRange>[0]['range']): ScenarioServer => ({
  faults: [broken(), faults.lyingRange({ file: 2, range })],
  ...large,
})

/** The same file with these headers, which breaks off once. */
const proving = (headers: Readonly<Record<string, string | undefined>>): ScenarioServer => ({
  faults: [
    broken(),
    fault('proving', { on: 'file', file: 2, ...everyTime }, async (call, next) =>
      withHeaders(await next(call), headers),
    ),
  ],
  ...large,
})

/** Until it breaks off the file is an older one, that tells so by these headers. */
const older = (headers: Readonly<Record<string, string | undefined>>): ScenarioServer => {
  const old = editContent('older', { file: 2, times: 1 }, (content) =>
    Buffer.from(content.toString().replaceAll('"final"', '"amend"')),
  )
  const telling: Fault = {
    name: 'older',
    around: async (call, next) => {
      let honest: Response | undefined
      const response = await old.around(call, async (inner) => {
        honest = await next(inner)
        return honest
      })
      if (honest === undefined || response === honest) return response
      const own = {
        etag: honest.headers.get('etag') ?? undefined,
        'last-modified': honest.headers.get('last-modified') ?? undefined,
      }
      return withHeaders(response, { ...own, ...headers })
    },
  }
  return { faults: [broken(), telling], ...large }
}

/** The whole file comes, and then less than was promised. */
const promisingMore = (): Fault =>
  fault('promisingMore', { on: 'file', file: 2 }, async (call, next) => {
    const response = await next(call)
    const length = Number(response.headers.get('content-length'))
    return onWire(response, {
      fault: 'promisingMore',
      contentLength: length + 100,
      stopAt: length,
      stopBy: 'close',
    })
  })

/** Every connection ends right after an answer that did not say so. */
const closedWhileIdle = (): Fault =>
  fault('closedWhileIdle', everyTime, async (call, next) => {
    const response = await next(call)
    const length = Number(response.headers.get('content-length') ?? 0)
    return length === 0
      ? response
      : onWire(response, { fault: 'closedWhileIdle', stopAt: length, stopBy: 'close' })
  })

/** A connection that stood idle is found closed when the next request is sent on it. */
const foundClosed = (): Fault =>
  fault('foundClosed', { on: ['status', 'file'], after: 1, times: 2 }, async () =>
    onWire(new Response(null), { fault: 'foundClosed', stopAt: 'start', stopBy: 'reset' }),
  )

const closing = (): Fault =>
  fault('closing', everyTime, async (call, next) => withHeaders(await next(call), { connection: 'close' }))

/** The manifest's files are at the second host. */
const inStorage: Fault = {
  ...editManifest('inStorage', {}, (manifest, { elsewhereOrigin }) => {
    for (const entry of entriesOf(manifest))
      entry.url = String(entry.url).replace(/^https?:\/\/[^/]*/i, elsewhereOrigin)
  }),
  elsewhere: true,
}

const azure = (status: number, code: string, message: string): ScenarioServer => ({
  faults: [
    inStorage,
    faults.answer({
      on: 'file',
      ...everyTime,
      status,
      contentType: 'application/xml',
      body: `\ufeff<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}\nRequestId:00000000-0000-0000-0000-000000000000</Message></Error>`,
    }),
  ],
  options: { files: { requiresAccessToken: false }, elsewhere: 'https://exports.blob.core.windows.net' },
})

/** Each file is another one each time it is sent. */
const neverTheSame = (): Fault => {
  let times = 0
  return editContent('neverTheSame', { file: 1 }, (content) => {
    times += 1
    return Buffer.from(content.toString().replace('{', `{"language":"x-${times}",`))
  })
}

export const transferScenarios: readonly Scenario[] = [
  {
    id: 'F-44',
    priority: 'A',
    server: 'ranges that lie: an open end gives a megabyte',
    make: () => lying('1MB'),
    variants: {
      'a wrong total': () => lying('total'),
      'an end that is off by one': () => lying('end'),
      'the whole as a range': () => lying('offset'),
      'other bytes': () => lying('bytes'),
    },
  },
  {
    id: 'F-45',
    priority: 'B',
    server: 'a Range is answered by 200 with the whole body',
    make: () => lying('200'),
    variants: {
      'no ranges': () => ({ ...large, faults: [broken()], personality: { files: { ranges: false } } }),
    },
  },
  {
    id: 'F-46',
    priority: 'B',
    server: 'the file has changed between two attempts: another ETag',
    make: () => older({ etag: '"older"' }),
    variants: {
      'another Last-Modified': () =>
        older({ etag: undefined, 'last-modified': 'Wed, 31 Dec 2025 10:00:00 GMT' }),
      'nothing to tell it by': () => older({ etag: undefined, 'last-modified': undefined }),
    },
  },
  {
    id: 'F-47',
    priority: 'B',
    server: '416 where the client would go on',
    make: () => ({ ...large, faults: [promisingMore()] }),
  },
  {
    id: 'F-48',
    priority: 'A',
    server: 'Last-Modified in milliseconds and an ETag without quotes',
    make: () => proving({ etag: 'abc', 'last-modified': '1571839200000' }),
    variants: {
      'a weak ETag': () => proving({ etag: 'W/"abc"', 'last-modified': undefined }),
      neither: () => proving({ etag: undefined, 'last-modified': undefined }),
    },
  },
  {
    id: 'F-49',
    priority: 'A',
    server: 'Connection: close on every answer',
    make: () => ({ ...having(closing()), ...large }),
    variants: {
      'closed while idle': () => ({ ...having(closedWhileIdle()), ...large }),
      'found closed by the next request': () => having(foundClosed()),
    },
  },
  {
    id: 'F-50',
    priority: 'A',
    server: 'a sha256 of each file in the manifest',
    make: () => having(faults.checksum({})),
    variants: {
      'of compressed bytes': () => ({
        ...having(faults.checksum({})),
        personality: { files: { gzip: true } },
      }),
      'of decoded bytes': () => {
        // The manifest is made for somebody who takes no coding.
        const plain = faults.checksum({})
        const coded = faults.coding({ name: 'gzip', ...everyTime })
        return having(coded, plain)
      },
      'of an unknown algorithm': () => having(faults.checksum({ algorithm: 'whirlpool-of-ours' })),
      wrong: () => having(faults.wrongChecksum({})),
      'wrong, and other bytes each time': () => having(faults.wrongChecksum({}), neverTheSame()),
    },
  },
  {
    id: 'F-51',
    priority: 'A',
    server: 'files in Azure storage, without a token, that answer 403 in XML',
    make: () =>
      azure(403, 'AuthorizationFailure', 'This request is not authorized to perform this operation.'),
    variants: {
      404: () => azure(404, 'BlobNotFound', 'The specified blob does not exist.'),
      409: () =>
        azure(409, 'PublicAccessNotPermitted', 'Public access is not permitted on this storage account.'),
    },
  },
  {
    id: 'F-52',
    priority: 'A',
    server: 'requiresAccessToken is false, and files without a token get 401',
    make: () =>
      having(
        editManifest('saysFalse', {}, (manifest) => {
          manifest.requiresAccessToken = false
        }),
      ),
  },
  {
    id: 'F-53',
    priority: 'A',
    server: 'signed URLs of S3, where any Authorization is an error',
    make: () => ({ faults: [inStorage], options: { files: { requiresAccessToken: false } } }),
    variants: { 'called protected': () => ({ faults: [inStorage] }) },
  },
  {
    id: 'F-54',
    priority: 'B',
    server: 'files that are larger than the free disk',
    make: () => ({}),
  },
  {
    id: 'F-55',
    priority: 'B',
    server: 'many files, the sixth of which never comes, until somebody presses Ctrl-C',
    make: () => ({ faults: [faults.hang({ on: 'file', after: 5 })], options: { pageSize: 5 } }),
  },
  {
    id: 'F-56',
    priority: 'B',
    server: 'more bytes than Content-Length says',
    make: () => having(faults.moreThanPromised({ file: 1 })),
    variants: {
      'a length that is too small': () => having(faults.wrongLength({ file: 1, by: -100, ...everyTime })),
      'a few bytes a second, for ever': () =>
        having(faults.slow({ on: 'file', file: 2, ...everyTime, bytesPerSecond: 20 })),
    },
  },
  {
    id: 'F-57',
    priority: 'A',
    server: 'a Content-Disposition whose name leads out of the directory',
    make: () => having(faults.disposition({})),
    variants: {
      'a name of its own': () =>
        having(faults.disposition({ value: 'inline; filename=Patient.0001.ndjson.exe' })),
    },
  },
  {
    id: 'F-58',
    priority: 'B',
    server: 'one file of many that fails for good',
    make: () => ({
      faults: [
        fault('failing', { on: 'file', file: 7, ...everyTime }, async () =>
          outcomeResponse(500, 'exception', 'Disk array 3 is gone'),
        ),
      ],
      options: { pageSize: 1 },
    }),
  },
]
