/** Small answers: how long and how large they may be, however slowly a server sends them. */
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { answerLimitMs, answerSlowestRate, errorLimitBytes, readAnswer } from '../../src/http/body.js'
import { type HttpReply, passOver, passOverBytes } from '../../src/http/exchange.js'
import { type FakeClock, fakeClock } from '../helpers/fake-clock.js'

const replyOf = (body: Readable, status = 200, headers: HttpReply['headers'] = {}): HttpReply => ({
  status,
  headers,
  url: 'https://ehr.example/s/1',
  body,
})

/** A body that comes in pieces, one each so many milliseconds, without end unless `pieces` says otherwise. */
const dripping = (
  clock: FakeClock,
  piece: Buffer | ((number: number) => Buffer),
  everyMs: number,
  pieces = Number.POSITIVE_INFINITY,
) => {
  const sent = { pieces: 0 }
  const body = Readable.from(
    (async function* () {
      while (sent.pieces < pieces) {
        yield typeof piece === 'function' ? piece(sent.pieces) : piece
        sent.pieces += 1
        await clock.sleep(everyMs)
      }
    })(),
    { objectMode: false },
  )
  return { body, sent }
}

describe('an answer that drips', () => {
  test.each([200, 202, 401, 500])('for ever is ended after five minutes: %i', async (status) => {
    const clock = fakeClock()
    const startedAt = clock.now()
    const { body, sent } = dripping(clock, Buffer.from('x'), 30_000)
    await expect(readAnswer(replyOf(body, status), clock)).rejects.toMatchObject({
      name: 'NetworkError',
      kind: 'timeout',
      sent: true,
    })
    expect(clock.now() - startedAt).toBeGreaterThanOrEqual(answerLimitMs)
    expect(clock.now() - startedAt).toBeLessThan(answerLimitMs + 60_000)
    expect(body.destroyed).toBe(true)
    expect(sent.pieces).toBeLessThan(15)
  })

  test('inside of a content coding, too', async () => {
    const clock = fakeClock()
    const coded = gzipSync(randomBytes(1000))
    const { body } = dripping(clock, (number) => coded.subarray(number, number + 1), 30_000, coded.length)
    const reply = replyOf(body, 200, { 'content-encoding': 'gzip' })
    await expect(readAnswer(reply, clock)).rejects.toMatchObject({ kind: 'timeout' })
    expect(body.destroyed).toBe(true)
  })

  test('a long one may take longer, as long as it comes', async () => {
    const clock = fakeClock()
    const startedAt = clock.now()
    const piece = Buffer.alloc(answerSlowestRate * 2, 'x')
    const { body } = dripping(clock, piece, 1_000, 600)
    const answer = await readAnswer(replyOf(body), clock)
    expect(answer.body).toHaveLength(600 * piece.length)
    expect(clock.now() - startedAt).toBeGreaterThan(answerLimitMs)
  })

  test('one that ends in time is read', async () => {
    const clock = fakeClock()
    const { body } = dripping(clock, Buffer.from('x'), 30_000, 9)
    expect((await readAnswer(replyOf(body), clock)).body).toBe('x'.repeat(9))
  })
})

test('of an error no more is read than is looked at', async () => {
  const { body, sent } = dripping(fakeClock(), Buffer.alloc(1024, 'x'), 0)
  const answer = await readAnswer(replyOf(body, 500), fakeClock())
  expect(answer).toMatchObject({ cut: true, body: expect.stringMatching(/^x+$/) })
  expect(answer.body).toHaveLength(errorLimitBytes)
  expect(sent.pieces).toBeLessThan(1000)
})

describe('a reply that is passed over', () => {
  test('ends with its connection when it is long', async () => {
    const { body, sent } = dripping(fakeClock(), Buffer.alloc(1024, 'x'), 0)
    passOver(replyOf(body, 302))
    await new Promise((closed) => body.once('close', closed))
    expect(sent.pieces).toBeLessThan((2 * passOverBytes) / 1024 + 64)
  })

  test('ends when it is told to, if it is not whole by then', async () => {
    const clock = fakeClock()
    const { body } = dripping(clock, Buffer.from('x'), 30_000)
    passOver(replyOf(body, 302))()
    expect(body.destroyed).toBe(true)
  })

  test('is read to its end when it is short, so that its connection can be used again', async () => {
    const body = Readable.from([Buffer.from('moved')], { objectMode: false })
    const ended = new Promise((done) => body.once('end', () => done('ended')))
    passOver(replyOf(body, 302))
    expect(await ended).toBe('ended')
  })
})
