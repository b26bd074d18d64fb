/** When a signed URL ends, as object stores write it. */
import { expect, test } from 'vitest'
import { urlExpiry } from '../../src/protocol/url-expiry.js'

const at = Date.UTC(2026, 0, 1, 12, 0, 0)
const hour = 3_600_000

test.each<[string, string, number | undefined]>([
  ['no query', 'https://s.example/a', undefined],
  ['another query', 'https://s.example/a?page=1&expires=1', undefined],
  [
    'S3',
    'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260101T120000Z&X-Amz-Expires=3600&X-Amz-Signature=f',
    at + hour,
  ],
  ['S3 in lower case', 'x-amz-expires=3600&x-amz-date=20260101T120000Z', at + hour],
  ['S3 that ends at once', 'X-Amz-Date=20260101T120000Z&X-Amz-Expires=0', at],
  ['S3 without a date', 'X-Amz-Expires=3600', undefined],
  ['S3 without a duration', 'X-Amz-Date=20260101T120000Z', undefined],
  ['S3, a date that is none', 'X-Amz-Date=20261301T120000Z&X-Amz-Expires=3600', undefined],
  ['S3, a date in other words', 'X-Amz-Date=2026-01-01T12:00:00Z&X-Amz-Expires=3600', undefined],
  ['S3, a duration in words', 'X-Amz-Date=20260101T120000Z&X-Amz-Expires=1h', undefined],
  ['S3, a negative duration', 'X-Amz-Date=20260101T120000Z&X-Amz-Expires=-5', undefined],
  [
    'Google',
    'X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Date=20260101T120000Z&X-Goog-Expires=900&X-Goog-Signature=f',
    at + 900_000,
  ],
  ['the older S3', `AWSAccessKeyId=A&Signature=f%3D&Expires=${at / 1000}`, at],
  ['the older Google', `GoogleAccessId=a%40b&Expires=${at / 1000}&Signature=f`, at],
  ['CloudFront', `Expires=${at / 1000}&Signature=f&Key-Pair-Id=K`, at],
  ['Expires of something that is not signed', `Expires=${at / 1000}`, undefined],
  ['Expires that is a date', 'Expires=Thu%2C%2001%20Jan%202026&Signature=f', undefined],
  ['Azure', 'sv=2024-11-04&se=2026-01-01T12%3A00%3A00Z&sr=b&sp=r&sig=f%2B', at],
  ['Azure, not encoded', 'se=2026-01-01T12:00:00Z&sig=f', at],
  ['Azure, to the minute', 'se=2026-01-01T12:00Z&sig=f', at],
  ['Azure, seven digits of a second', 'se=2026-01-01T12%3A00%3A00.0000000Z&sig=f', at],
  ['Azure, a day', 'se=2026-01-01&sig=f', Date.UTC(2026, 0, 1)],
  ['Azure, another time zone', 'se=2026-01-01T12:00:00%2B02:00&sig=f', undefined],
  ['Azure that is not signed', 'se=2026-01-01T12:00:00Z', undefined],
  [
    'two ends: the earlier',
    `X-Amz-Date=20260101T120000Z&X-Amz-Expires=3600&Expires=${at / 1000}&Signature=f`,
    at,
  ],
  [
    'a fragment is no part of it',
    'X-Amz-Date=20260101T120000Z&X-Amz-Expires=3600#X-Amz-Expires=1',
    at + hour,
  ],
  ['rubbish', '%%%=%E0%A4%A&&&=', undefined],
])('%s', (_name, query, end) => {
  const url = query.startsWith('https:') ? query : `https://s.example/a?${query}`
  expect(urlExpiry(url)).toBe(end)
})
