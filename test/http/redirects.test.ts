/** Redirects as units: what is followed, what is refused, and that no hop is sent what it may not see. */
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import type { Exchange, HttpRequest } from '../../src/http/exchange.js'
import { followRedirects, redirectsMax } from '../../src/http/redirects.js'

const follow = async (
  answers: Record<string, [number, string?]>,
  request: Partial<HttpRequest> = {},
): Promise<{ asked: string[]; status?: number; error?: string }> => {
  const asked: string[] = []
  const exchange: Exchange = async ({ method, url }) => {
    asked.push(`${method} ${url}`)
    const [status, location] = answers[url] ?? [200]
    return { status, headers: location === undefined ? {} : { location }, url, body: Readable.from([]) }
  }
  const first: HttpRequest = { method: 'GET', url: 'https://a.example/x', headers: {}, ...request }
  try {
    return { asked, status: (await followRedirects(first, exchange)).status }
  } catch (error) {
    return { asked, error: String(error) }
  }
}

test.each<[string, string]>([
  ['https to plain http', 'http://b.example/y'],
  ['plain http of the same host', 'http://a.example/y'],
  ['a file', 'file:///etc/passwd'],
  ['a script', 'javascript:alert(1)'],
  ['an object store without http', 's3://bucket/x'],
])('F-03 %s is refused, and not asked', async (_name, location) => {
  const { asked, error } = await follow({ 'https://a.example/x': [307, location] })
  expect(asked).toEqual(['GET https://a.example/x'])
  expect(error).toContain('NetworkError')
})

test('to loopback over plain http is a test at home', async () => {
  expect(await follow({ 'https://a.example/x': [307, 'http://127.0.0.1:1/y'] })).toMatchObject({
    status: 200,
  })
})

test('the words of a refusal have no query', async () => {
  expect(
    (await follow({ 'https://a.example/x': [307, 'http://b.example/y?sig=SECRET'] })).error,
  ).not.toContain('SECRET')
})

test.each([301, 302, 303, 307, 308])('%i without a Location, and 304, are answers', async (status) => {
  expect(await follow({ 'https://a.example/x': [status] })).toMatchObject({
    status,
    asked: ['GET https://a.example/x'],
  })
  expect(await follow({ 'https://a.example/x': [304, '/y'] })).toMatchObject({ status: 304 })
})

test.each<[string, number, string, boolean]>([
  ['POST', 307, '/y', true],
  ['POST', 308, '/y', true],
  ['DELETE', 307, '/y', true],
  ['POST', 301, '/y', false],
  ['POST', 302, '/y', false],
  ['POST', 303, '/y', false],
  ['POST', 307, 'https://b.example/y', false],
  ['DELETE', 308, 'https://b.example/y', false],
])('K-35 %s after %i to %s is repeated: %s', async (method, status, location, repeated) => {
  const { asked } = await follow({ 'https://a.example/x': [status, location] }, { method })
  expect(asked).toHaveLength(repeated ? 2 : 1)
  if (repeated) expect(asked[1]).toBe(`${method} https://a.example/y`)
})

test('a loop ends', async () => {
  const { asked, error } = await follow({
    'https://a.example/x': [302, '/y'],
    'https://a.example/y': [302, '/x'],
  })
  expect(asked).toHaveLength(redirectsMax + 1)
  expect(error).toContain('more than 5 times')
})

test('the body of a redirect that drips is ended with the hop after it', async () => {
  const drips = [new Readable({ read: () => {} }), new Readable({ read: () => {} })]
  const bodies = [...drips, Readable.from(['here'])]
  const exchange: Exchange = async ({ url }) => {
    const body = bodies.shift() ?? Readable.from([])
    const headers = bodies.length > 0 ? { location: `/hop${bodies.length}` } : {}
    return { status: bodies.length > 0 ? 302 : 200, headers, url, body }
  }
  const reply = await followRedirects({ method: 'GET', url: 'https://a.example/x', headers: {} }, exchange)
  expect(drips.map(({ destroyed }) => destroyed)).toEqual([true, true])
  expect(reply.body.destroyed).toBe(false)
})

test('the body of a redirect that is refused is ended', async () => {
  const body = new Readable({ read: () => {} })
  const exchange: Exchange = async ({ url }) => ({
    status: 302,
    headers: { location: 'http://b.example/' },
    url,
    body,
  })
  const asked = followRedirects({ method: 'GET', url: 'https://a.example/x', headers: {} }, exchange)
  await expect(asked).rejects.toMatchObject({ kind: 'redirect' })
  expect(body.destroyed).toBe(true)
})
