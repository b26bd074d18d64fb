/** What stays of a URL when it is signed anew. */
import { expect, test } from 'vitest'
import { fileKey, isStoreSigned } from '../../src/protocol/file-key.js'

const v4 =
  'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2Fb&X-Amz-Date=20260101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Security-Token=t&X-Amz-Signature=f00'
const goog =
  'X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=a&X-Goog-Date=20260101T000000Z&X-Goog-Expires=60&X-Goog-SignedHeaders=host&X-Goog-Signature=f00'
const sas =
  'sv=2024-11-04&ss=b&srt=o&sp=r&st=2026-01-01T00:00:00Z&se=2026-01-02T00:00:00Z&spr=https&sip=1.2.3.4&sr=b&skoid=1&sktid=2&skt=3&ske=4&sks=b&skv=5&saoid=6&suoid=7&scid=8&sdd=1&rscd=inline&si=p&sig=x%3D'

test.each<[string, string, string, boolean]>([
  ['none', 'a/b?id=1', 'a/b?id=1', false],
  ['S3, version 4', `b/1?${v4}`, 'b/1', true],
  [
    'S3, beside what names a version',
    `b/1?versionId=7&${v4}&x-id=GetObject`,
    'b/1?versionId=7&x-id=GetObject',
    true,
  ],
  ['in small letters', `b/1?${v4.toLowerCase()}`, 'b/1', true],
  ['S3, version 2', 'b/1?AWSAccessKeyId=k&Signature=s%3D&Expires=1767225600', 'b/1', true],
  [
    'S3, version 2, of a role',
    'b/1?AWSAccessKeyId=k&Signature=s&x-amz-security-token=t&Expires=1',
    'b/1',
    true,
  ],
  ['OSS', 'b/1?OSSAccessKeyId=k&Signature=s&Expires=1&security-token=t', 'b/1', true],
  ["Google's storage", `b/1?${goog}&generation=4`, 'b/1?generation=4', true],
  ["Google's storage, version 2", 'b/1?GoogleAccessId=k&Expires=1&Signature=s', 'b/1', true],
  ['CloudFront', '1?Policy=p&Signature=s&Key-Pair-Id=k&n=2', '1?n=2', true],
  ['CloudFront, canned', '1?Expires=1&Signature=s&Key-Pair-Id=k&Hash-Algorithm=SHA256', '1', true],
  ["Azure's SAS", `c/1?snapshot=9&${sas}`, 'c/1?snapshot=9', true],
  ["a server's own", 'download?id=A&sig=f00', 'download?id=A', false],
  ["a server's own with its end", 'f?signature=s&id=A&expires=9&exp=9', 'f?id=A', false],
  ['words of a signature where there is none', 'f?sv=1&se=2&expires=3', 'f?sv=1&se=2&expires=3', false],
  ['S3 without a signature', 'f?X-Amz-Date=20260101T000000Z', 'f?X-Amz-Date=20260101T000000Z', false],
  ['what may be the name of the file', 'f?token=abc', 'f?token=abc', false],
  ['a value that looks like a name', 'f?q=sig=1&id=sig', 'f?q=sig=1&id=sig', false],
  ['as it stands, not decoded', 'f%2Fa?n=%41+b&sig=1&&m', 'f%2Fa?n=%41+b&&m', false],
  ['a fragment', 'f?sig=1#x', 'f', false],
  ['a name alone', 'f?sig', 'f', false],
])('%s', (_name, url, key, store) => {
  expect(fileKey(`https://x.example/${url}`)).toBe(`https://x.example/${key}`)
  expect(isStoreSigned(`https://x.example/${url}`)).toBe(store)
})

test('nothing is nothing', () => {
  expect([fileKey(''), fileKey('?'), fileKey('?sig=1')]).toEqual(['', '?', ''])
})
