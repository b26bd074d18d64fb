/** The answer of a token endpoint, read liberally. */
import { describe, expect, test } from 'vitest'
import {
  defaultLifetimeMs,
  longestLifetimeMs,
  readLifetimeMs,
  readPrintedToken,
  readTokenResponse,
  tokenErrorWords,
} from '../../src/auth/access-token.js'
import type { HttpHeaders } from '../../src/http/exchange.js'

const now = Date.UTC(2026, 0, 1)

const read = (status: number, body: string | object, headers: HttpHeaders = {}) =>
  readTokenResponse(
    {
      status,
      headers,
      url: 'https://auth.example/token',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      cut: false,
    },
    now,
  )

test.each<[string, unknown, number]>([
  ['a number', 1200, 1_200_000],
  ['its text, BCDA', '1200', 1_200_000],
  ['text with blanks', ' 300 ', 300_000],
  ['a fraction', 0.5, 500],
  ['missing', undefined, defaultLifetimeMs],
  ['null', null, defaultLifetimeMs],
  ['0', 0, defaultLifetimeMs],
  ['negative', -5, defaultLifetimeMs],
  ['a word', 'soon', defaultLifetimeMs],
  ['an object', {}, defaultLifetimeMs],
  ['NaN', Number.NaN, defaultLifetimeMs],
  ['ten years', 315_360_000, longestLifetimeMs],
  ['more than numbers hold', '1e999', longestLifetimeMs],
])('A-01 expires_in is %s', (_, value, want) => {
  expect(readLifetimeMs(value)).toBe(want)
})

test.each([undefined, 'bearer', 'Bearer', 'BEARER', 'BearerToken', ''])('A-08 token_type %s', (type) => {
  expect(read(200, { access_token: 'abc', token_type: type, expires_in: 60 })).toEqual({
    kind: 'token',
    token: { text: 'abc', lifetimeMs: 60_000, scope: undefined },
  })
})

test.each([
  ['text', 'system/*.rs', 'system/*.rs'],
  ['a list', ['system/Patient.rs', 'system/Group.rs'], 'system/Patient.rs system/Group.rs'],
  ['null', null, undefined],
])('scope as %s', (_, scope, want) => {
  expect(read(200, { access_token: 'abc', scope })).toMatchObject({ token: { scope: want } })
})

test.each<[string, number, string | object, object]>([
  ['an error of RFC 6749', 400, { error: 'invalid_client' }, { kind: 'refused', error: 'invalid_client' }],
  ['the same with 401', 401, { error: 'invalid_client' }, { kind: 'refused', error: 'invalid_client' }],
  ['an error with 200', 200, { error: 'invalid_scope' }, { kind: 'refused', error: 'invalid_scope' }],
  ['an error with 500', 500, { error: 'invalid_client' }, { kind: 'refused', error: 'invalid_client' }],
  ['a bare 400', 400, '', { kind: 'refused', error: undefined, words: '' }],
  ['a redirect', 302, '', { kind: 'refused' }],
  ['501', 501, '', { kind: 'refused' }],
  ['a page with 200', 200, '<html><title>Sign in</title>', { words: /page, "Sign in"/ }],
  ['text with 200', 200, 'secret-token', { words: /something else than JSON/ }],
  ['JSON without a token', 200, { token_type: 'bearer' }, { words: /JSON without one/ }],
  ['an empty token', 200, { access_token: '' }, { kind: 'refused' }],
  ['a token with a line end', 200, { access_token: 'a\r\nx-evil: 1' }, { kind: 'refused' }],
  ['a list', 200, '[]', { kind: 'refused' }],
])('%s is a refusal', (_, status, body, { words, ...want }: { words?: unknown }) => {
  const response = read(status, body)
  expect(response).toMatchObject({ kind: 'refused', ...want })
  if (words instanceof RegExp) expect(response).toMatchObject({ words: expect.stringMatching(words) })
  expect(JSON.stringify(response)).not.toContain('secret-token')
})

describe('A-07 later', () => {
  test.each<[string, number, HttpHeaders, number | undefined]>([
    ['429 with seconds', 429, { 'retry-after': '30' }, 30_000],
    ['503 with 1', 503, { 'retry-after': '1' }, 1000],
    ['503 with a date', 503, { 'retry-after': 'Thu, 01 Jan 2026 00:00:10 GMT' }, 10_000],
    [
      'a date, by the clock of the server',
      503,
      { 'retry-after': 'Thu, 01 Jan 2026 01:00:10 GMT', date: 'Thu, 01 Jan 2026 01:00:00 GMT' },
      10_000,
    ],
    ['429 without', 429, {}, undefined],
    ['500', 500, {}, undefined],
    ['502 with rubbish', 502, { 'retry-after': 'wait 2027' }, undefined],
  ])('%s', (_, status, headers, retryAfterMs) => {
    expect(read(status, 'Too busy', headers)).toEqual({ kind: 'later', words: 'Too busy', retryAfterMs })
  })
})

describe('G-69 words of an error', () => {
  const outcome = (...issue: object[]): object => ({ resourceType: 'OperationOutcome', issue })
  test.each<[string, string | object, string]>([
    ['error alone', { error: 'invalid_client' }, 'invalid_client'],
    ['error and description', { error: 'a', error_description: 'No key' }, 'a: No key'],
    [
      'uri, without its query',
      { error: 'a', error_uri: 'https://u.example/x?y=1' },
      'a (https://u.example/x)',
    ],
    ['uri alone', { error_uri: 'https://u.example/x' }, 'https://u.example/x'],
    ['description before outcome', { ...outcome({ diagnostics: 'x' }), error_description: 'y' }, 'y'],
    ['outcome', outcome({ diagnostics: 'one' }, { details: { text: 'two' } }), 'one; two'],
    ['outcome without words', outcome({ code: 'login' }), 'login'],
    ['a message', { message: 'Forbidden' }, 'Forbidden'],
    ['an object as error', { error: { code: 1 }, message: 'm' }, 'm'],
    ['text', '  Unauthorized\r\nclient ', 'Unauthorized client'],
    ['HTML', '<!doctype html><title>502 Bad Gateway</title>', 'a web page, "502 Bad Gateway"'],
    ['HTML without a title', '<p>oops', 'a web page'],
    ['nothing', '', ''],
    ['JSON without words', { a: 1 }, ''],
    ['control characters', { error: 'a\u001b[31mb\u202e' }, 'a [31mb'],
    ['an assertion', { error: 'bad JWT eyJhbGciOi.eyJpc3Mi.c2ln-_ here' }, 'bad JWT *** here'],
  ])('%s', (_, body, words) => {
    expect(tokenErrorWords(typeof body === 'string' ? body : JSON.stringify(body))).toBe(words)
  })

  test('no more than 2000 characters', () => {
    expect(tokenErrorWords('x'.repeat(5000))).toHaveLength(2000)
  })
})

describe('what a program printed', () => {
  test.each<[string, string, object | undefined]>([
    ['a token', 'abc\n', { text: 'abc', lifetimeMs: defaultLifetimeMs }],
    ['with its scheme', 'Bearer abc', { text: 'abc' }],
    ['a token response', '{"access_token":"abc","expires_in":"60"}', { text: 'abc', lifetimeMs: 60_000 }],
    ['az account get-access-token', '{"accessToken":"abc","expiresOn":"2026"}', { text: 'abc' }],
    ['nothing', '\n', undefined],
    ['a sentence', 'You are not logged in', undefined],
    ['JSON without a token', '{"a":1}', undefined],
  ])('%s', (_, printed, want) => {
    if (want === undefined) expect(readPrintedToken(printed)).toBeUndefined()
    else expect(readPrintedToken(printed)).toMatchObject(want)
  })
})
