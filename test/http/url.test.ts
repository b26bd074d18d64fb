/** URLs as text: what the server wrote reaches it byte for byte. */
import { expect, test } from 'vitest'
import {
  asHttps,
  isHttp,
  isLoopback,
  isPrivateAddress,
  originOf,
  requestTarget,
  resolveUrl,
  withJobQuery,
  withoutQuery,
} from '../../src/http/url.js'

const base = 'https://ehr.example:8443/fhir/Group/1/$export?_type=A%2CB'

test.each([
  ['https://other.example/a%3D%3D?b=%2f', 'https://other.example/a%3D%3D?b=%2f'],
  ['HTTPS://Other.Example/%7euser', 'HTTPS://Other.Example/%7euser'],
  ['/status/1?job=a%3D%3D', 'https://ehr.example:8443/status/1?job=a%3D%3D'],
  ['/$export-status/1', 'https://ehr.example:8443/$export-status/1'],
  ['$export-poll-status?_jobId=1', 'https://ehr.example:8443/fhir/Group/1/$export-poll-status?_jobId=1'],
  ['projects/p/operations/1', 'https://ehr.example:8443/fhir/Group/1/projects/p/operations/1'],
  ['?page=2', 'https://ehr.example:8443/fhir/Group/1/$export?page=2'],
  ['//cdn.example/x', 'https://cdn.example/x'],
  ['../files/a', 'https://ehr.example:8443/fhir/Group/files/a'],
  ['/a/../b', 'https://ehr.example:8443/b'],
  ['./a', 'https://ehr.example:8443/fhir/Group/1/a'],
  ['/a/%2e%2e/b', 'https://ehr.example:8443/a/%2e%2e/b'],
  ['/a?next=../b', 'https://ehr.example:8443/a?next=../b'],
  ['  /a  ', 'https://ehr.example:8443/a'],
  ['gs://bucket/x', 'gs://bucket/x'],
  ['file:///etc/passwd', 'file:///etc/passwd'],
  ['javascript:alert(1)', 'javascript:alert(1)'],
])('K-06, K-07, K-12, M-17 %j', (reference, expected) => {
  expect(resolveUrl(reference, base)).toBe(expected)
})

test('a base without a path', () => {
  expect(resolveUrl('a', 'https://ehr.example')).toBe('https://ehr.example/a')
  expect(resolveUrl('/a', 'https://ehr.example')).toBe('https://ehr.example/a')
})

test.each([
  ['https://h/fhir/$export?_type=A,B', '/fhir/$export?_type=A,B'],
  ['https://h/a%3D%3D?x=%2F', '/a%3D%3D?x=%2F'],
  ['https://h/a\'b"c?d={e}|^`', '/a\'b"c?d={e}|^`'],
  ['https://h', '/'],
  ['https://h?x=1', '/?x=1'],
  ['https://h/a#b', '/a'],
  ['https://user:pass@h/a', '/a'],
  ['https://h/ä b', '/%C3%A4%20b'],
  ['https://h/a\r\nHost: evil', '/a%0D%0AHost:%20evil'],
  ['https://h/\ud800', '/%EF%BF%BD'],
])('the request line of %j', (url, expected) => {
  expect(requestTarget(url)).toBe(expected)
})

test.each([
  ['https://h/a?sig=1', 'https://h/a'],
  ['https://h/a#f', 'https://h/a'],
  ['https://user:pass@h/a@b?x', 'https://h/a@b'],
  ['https://h?sig=1', 'https://h'],
  ['https://h/a?x=1\n?y', 'https://h/a'],
])('%j without what may be a credential', (url, expected) => {
  expect(withoutQuery(url)).toBe(expected)
})

test.each([
  ['http://localhost/', true],
  ['http://LOCALHOST:8080/', true],
  ['http://a.localhost/', true],
  ['http://127.0.0.1/', true],
  ['http://127.1/', true],
  ['http://[::1]:80/', true],
  ['http://127.0.0.1.evil.example/', false],
  ['http://localhost.evil.example/', false],
  ['http://notlocalhost/', false],
  ['http://128.0.0.1/', false],
  ['http://localhost@evil.example/', false],
  ['http://10.0.0.1/', false],
])('%s is loopback: %s', (url, expected) => {
  expect(isLoopback(url)).toBe(expected)
})

test.each([
  'http://localhost:22/',
  'http://LOCALHOST./',
  'http://a.localhost/',
  'http://127.0.0.1/',
  'http://127.1/',
  'http://2130706433/',
  'http://0x7f000001/',
  'http://0177.0.0.1/',
  'http://127.0.0.1./',
  'http://0/',
  'http://0.0.0.0/',
  'http://10.255.0.1/',
  'http://172.16.0.1/',
  'http://172.31.255.255/',
  'http://192.168.1.1:8443/',
  'http://169.254.169.254/latest/meta-data/',
  'http://100.100.100.200/',
  'http://224.0.0.1/',
  'http://255.255.255.255/',
  'http://[::]/',
  'http://[::1]/',
  'http://[0:0:0:0:0:0:0:1]/',
  'http://[::127.0.0.1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:a00:1]/',
  'http://[::FFFF:169.254.169.254]/',
  'http://[64:ff9b::10.0.0.1]/',
  'http://[64:ff9b::a9fe:a9fe]/',
  'http://[2002:7f00:1::]/',
  'http://[fd00:ec2::254]/',
  'http://[fe80::1]/',
  'http://[fec0::1]/',
  'http://[ff02::1]/',
  'http://user:pass@10.0.0.1/',
  'http://１２７.0.0.1/',
])('M-21 %s is a private address', (url) => {
  expect(isPrivateAddress(url)).toBe(true)
})

test.each([
  'https://ehr.example/127.0.0.1',
  'https://10.0.0.1.example/',
  'https://localhost.example/',
  'https://8.8.8.8/',
  'https://11.0.0.1/',
  'https://172.32.0.1/',
  'https://172.15.0.1/',
  'https://192.167.1.1/',
  'https://100.128.0.1/',
  'https://223.255.255.255/',
  'https://[2001:4860:4860::8888]/',
  'https://[::ffff:8.8.8.8]/',
  'https://[64:ff9b::8.8.8.8]/',
  'https://[2002:808:808::]/',
  'https://10.0.0.1@ehr.example/',
  'https://intranet/',
])('M-21 %s is none', (url) => {
  expect(isPrivateAddress(url)).toBe(false)
})

test.each([
  ['HTTPS://EHR.example:443/x', 'https://ehr.example'],
  ['http://h:80', 'http://h'],
  ['http://u:p@h:81/', 'http://h:81'],
  ['ftp://h/', undefined],
  ['/x', undefined],
  ['https://', undefined],
])('the origin of %j', (url, expected) => {
  expect(originOf(url)).toBe(expected)
  expect(isHttp(url)).toBe(expected !== undefined)
})

test.each([
  ['http://h/a?b', 'https://h/a?b'],
  ['http://h:80/a', 'https://h/a'],
  ['http://h:8080/a', 'https://h:8080/a'],
  ['http://h', 'https://h'],
  ['http://h:80', 'https://h'],
])('%s over TLS', (url, expected) => {
  expect(asHttps(url)).toBe(expected)
})

test.each([
  [
    'https://ehr.example/fhir/$export-poll-status?_jobId=a-1',
    'https://ehr.example/fhir/$export-poll-status?_jobId=a-1',
  ],
  ['https://ehr.example/$bulkdata-status?job=a%3D%3D', 'https://ehr.example/$bulkdata-status?job=a%3D%3D'],
  ['https://ehr.example/jobs/1?_id=7&_jobId=8', 'https://ehr.example/jobs/1?_id=7&_jobId=8'],
  ['https://ehr.example/jobs/1?_jobId=7&sig=s3cret', 'https://ehr.example/jobs/1'],
  ['https://ehr.example/jobs/1?access_token=s3cret', 'https://ehr.example/jobs/1'],
  ['https://user:s3cret@ehr.example/jobs/1?_jobId=7', 'https://ehr.example/jobs/1?_jobId=7'],
  ['https://ehr.example/jobs/1?s3cret', 'https://ehr.example/jobs/1'],
  ['https://ehr.example/jobs/1', 'https://ehr.example/jobs/1'],
])('of %s a command shows %s', (url, shown) => {
  expect(withJobQuery(url)).toBe(shown)
})
