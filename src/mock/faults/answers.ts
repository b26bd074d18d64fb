/** Faults that give another answer than the server's own, or none. */
import { type Fault, fault, usually } from '../edit.js'
import { reach, row } from '../fault-row.js'
import type { Matcher } from '../matcher.js'
import { outcomeResponse } from '../outcome.js'
import { onWire } from '../wire.js'

type Headers = Readonly<Record<string, string | readonly string[]>>

/** Parts of an answer, as they are sent. */
export interface AnswerOptions extends Matcher {
  /** Default 200. */
  status?: number
  /** A list sends the header once for each of its values, which takes a wire. */
  headers?: Headers
  body?: string
  /** Short for a header. */
  contentType?: string
  location?: string
  retryAfter?: string
}

/** Answers with what is given instead of working. By default about status requests. */
const answer = (options: AnswerOptions): Fault =>
  fault('answer', usually('status', options), async () => {
    const { status = 200, body, contentType, location, retryAfter } = options
    const short = { 'content-type': contentType, location, 'retry-after': retryAfter }
    const all: [string, string | readonly string[]][] = [
      ...Object.entries(short).flatMap(([name, value]): [string, string][] =>
        value === undefined ? [] : [[name, value]],
      ),
      ...Object.entries(options.headers ?? {}),
    ]
    const once = all.flatMap(([name, value]): [string, string][] =>
      typeof value === 'string' ? [[name, value]] : [],
    )
    const repeated = all.flatMap(([name, value]): [string, readonly string[]][] =>
      typeof value === 'string' ? [] : [[name, value]],
    )
    const bytes = body === undefined ? null : new TextEncoder().encode(body)
    const headers = {
      ...(bytes ? { 'content-length': String(bytes.length) } : {}),
      ...Object.fromEntries(once),
    }
    const response = new Response(bytes, { status, headers })
    return repeated.length === 0
      ? response
      : onWire(response, { fault: 'answer', headers: Object.fromEntries(repeated) })
  })

/** Answers with an error status instead of working. `retryAfter` is sent as it is. */
const busy = (options: Matcher & { status?: number; retryAfter?: string }): Fault =>
  fault('busy', usually('kick-off', options), async () => {
    const { status = 503, retryAfter } = options
    const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
    const code = status === 429 ? 'throttled' : 'transient'
    return outcomeResponse(status, code, 'The server is busy, try again later', headers)
  })

/** A web page instead of an answer, as a proxy or a sign-in gives it. */
const html = (options: Matcher & { status?: number }): Fault =>
  fault(
    'html',
    usually('status', options),
    async () =>
      new Response('<!DOCTYPE html>\n<html><body><h1>Sign in</h1></body></html>\n', {
        status: options.status ?? 200,
        headers: { 'content-type': 'text/html; charset=utf-8' },
      }),
  )

/** Never answers. */
const hang = (options: Matcher): Fault =>
  fault('hang', usually('status', options), async () =>
    onWire(new Response(null), { fault: 'hang', stopAt: 'start', stopBy: 'stall' }),
  )

/** The job starts, and the connection is reset before the client hears of it. */
const loseKickOffAnswer = (options: Omit<Matcher, 'on' | 'file'> = {}): Fault =>
  fault('loseKickOffAnswer', { ...options, on: 'kick-off' }, async (call, next) =>
    onWire(await next(call), { fault: 'loseKickOffAnswer', stopAt: 'start', stopBy: 'reset' }),
  )

export const answerFaults = { answer, busy, html, hang, loseKickOffAnswer } as const

export const answerFaultRows = {
  answer: row(answer, 'answers with this status and text instead of working', {
    ...reach.anywhere,
    status: 'status',
    body: 'text',
    contentType: 'text',
    location: 'text',
    retryAfter: 'text',
  }),
  busy: row(busy, 'answers 503, or another status, with Retry-After', {
    ...reach.anywhere,
    status: 'status',
    retryAfter: 'text',
  }),
  html: row(html, 'a web page instead of an answer', { ...reach.anywhere, status: 'status' }),
  hang: row(hang, 'no answer at all', reach.anywhere),
  loseKickOffAnswer: row(loseKickOffAnswer, 'the job starts, its answer is lost', reach.matcher),
} as const
