/** Bytes on disk that are not those of the wire: a range would count others. */
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { NetworkError } from '../../src/http/network-error.js'
import { conversation, exitOf, textOf } from '../helpers/conversation.js'
import { origin, type Reply, routes } from '../helpers/scripted-server.js'

let seed = 7
const noise = (): number => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
  return seed >>> 24
}

// Hardly compressible, so that fewer decoded bytes have come than the coded content has in all.
const text = Array.from({ length: 12_000 }, (_, index) => {
  const bytes = Buffer.from(Array.from({ length: 90 }, noise)).toString('base64')
  return `{"resourceType":"Patient","id":"${index}","x":"${bytes}"}\n`
}).join('')

test.each<[string, Record<string, string>]>([
  ['a stored .gz without a header', {}],
  ['a transfer coding', { 'content-encoding': 'gzip' }],
])('%s is never gone on from in the middle', async (_name, coding) => {
  const zipped = gzipSync(text)
  const headers = { etag: '"z"', 'content-length': String(zipped.length), ...coding }
  const breaks = new NetworkError('broken', 'the connection was reset', { sent: true })
  const talk = await conversation(
    routes({
      [`GET ${origin}/files/1`]: ({ headers: asked }, number): Reply => {
        const start = Number(/^bytes=(\d+)-$/.exec(asked.range ?? '')?.[1] ?? 0)
        if (start > 0) {
          const range = `bytes ${start}-${zipped.length - 1}/${zipped.length}`
          const length = String(zipped.length - start)
          return {
            status: 206,
            headers: { ...headers, 'content-range': range, 'content-length': length },
            body: zipped.subarray(start),
          }
        }
        return number === 0
          ? { headers, body: zipped.subarray(0, zipped.length * 0.6), breaks }
          : { headers, body: zipped }
      },
      [`GET ${origin}/status/1`]: {
        body: { transactionTime: 't', request: 'r', output: [{ type: 'Patient', url: `${origin}/files/1` }] },
      },
    }),
  )
  const ran = await talk.run()
  expect(await textOf(talk.directory, 'Patient.0001.ndjson')).toBe(text)
  expect(exitOf(ran)).toBe(0)
  expect(talk.server.asked('/files/1').map((asked) => asked.headers.range)).toEqual([undefined, undefined])
})
