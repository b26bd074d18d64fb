/** Faults of the manifest, each alone: what the mock lists, and for how long. */
import { expect, test } from 'vitest'
import { type Fault, faults, parseFault, personality } from '../../src/mock/index.js'
import { ask, exported, type Manifest, ORIGIN, pretend, start } from './conversation.js'

const group = 'Group/123/$export?_type=Patient,Observation'

const pages = async (...list: Fault[]) => {
  const server = pretend({ faults: list, pageSize: 60 })
  const location = await start(server.mock, group)
  server.clock.advance(1000)
  return {
    ...server,
    location,
    read: async (url = location) => (await (await ask(server.mock, url)).json()) as Manifest,
    status: async (url: string) => (await ask(server.mock, url)).status,
  }
}

const urlsOf = ({ output }: Manifest): string[] => output.map(({ url }) => url)

test('changeUrls signs anew at each reading, and refuses what was signed before', async () => {
  const { read, status } = await pages(faults.changeUrls())
  const [first = '', second = ''] = urlsOf(await read())
  expect(await status(first)).toBe(200)
  const [renewed = ''] = urlsOf(await read())
  expect(renewed).not.toBe(first)
  expect([await status(first), await status(second), await status(renewed)]).toEqual([403, 403, 200])
  expect(await status(renewed.replace(/\?.*/, ''))).toBe(403)
})

test('changeUrls keeps the query that a URL has', async () => {
  const { mock, clock } = pretend({
    faults: [faults.changeUrls()],
    personality: personality({ paths: { file: '/f?j={job}&n={number}' } }),
  })
  const [first = ''] = urlsOf(await exported({ mock, clock }, group))
  expect(first).toMatch(/\?j=\w+&n=1&sig=/)
  expect((await ask(mock, first)).status).toBe(200)
})

test('expireUrls counts requests, and the manifest renews', async () => {
  const { read, status, mock } = await pages(faults.expireUrls({ requests: 2 }))
  const [url = ''] = urlsOf(await read())
  expect([await status(url), await status(url), await status(url)]).toEqual([200, 200, 403])
  const refused = await ask(mock, url)
  expect(refused.headers.get('content-type')).toBe('application/xml')
  expect(await refused.text()).toContain('<Code>AccessDenied</Code>')
  await read()
  expect(await status(url)).toBe(200)
})

test('expireUrls by the clock of the mock, and for good', async () => {
  const { read, status, clock } = await pages(faults.expireUrls({ ms: 5000, renewals: 1 }))
  const [url = ''] = urlsOf(await read())
  clock.advance(4999)
  expect(await status(url)).toBe(200)
  clock.advance(1)
  expect(await status(url)).toBe(403)
  await read()
  expect(await status(url)).toBe(200)
  clock.advance(5000)
  await read()
  expect(await status(url)).toBe(403)
})

test('nextLoop leads to itself, or through so many pages', async () => {
  const { read, location } = await pages(faults.nextLoop())
  expect((await read()).link).toEqual([{ relation: 'next', url: location }])
  const far = await pages(faults.nextLoop({ pages: 2 }))
  const next = async (url: string) => (await far.read(url)).link?.[0]?.url ?? ''
  const second = await next(far.location)
  const third = await next(second)
  expect(new Set([far.location, second, third]).size).toBe(3)
  expect(await next(third)).toBe(third)
})

test('hostileNames are types that no file should be named by', async () => {
  const { read, status } = await pages(faults.hostileNames())
  const { output } = await read()
  expect(output.map(({ type }) => type)).toEqual(['../../x', 'CON', 'x'.repeat(300)])
  expect(await status(output[0]?.url ?? '')).toBe(200)
  const one = await pages(faults.hostileNames({ type: 'Patient\u0000' }))
  expect((await one.read()).output.map(({ type }) => type)).toEqual(Array(3).fill('Patient\u0000'))
})

test('hostileUrls come after the files, whose own URLs still work', async () => {
  const { read, status } = await pages(faults.hostileUrls())
  const urls = urlsOf(await read())
  for (const url of urls.slice(0, 3)) {
    expect(url).toMatch(new RegExp(`^${ORIGIN}/x/%2e%2e/fhir/bulkfiles/`))
    expect(await status(url)).toBe(200)
  }
  expect(urls.slice(3)).toEqual(
    expect.arrayContaining(['file:///etc/passwd', 'http://localhost:22/', 's3://bucket/Patient.ndjson']),
  )
  const one = await pages(faults.hostileUrls({ url: 'gs://b/x' }))
  expect(urlsOf(await one.read()).slice(3)).toEqual(['gs://b/x'])
})

test('duplicateUrls, of one file or of all', async () => {
  const all = urlsOf(await (await pages(faults.duplicateUrls())).read())
  expect([all.length, new Set(all).size]).toEqual([6, 3])
  const one = urlsOf(await (await pages(faults.duplicateUrls({ file: 2 }))).read())
  expect([one.length, one[1]]).toEqual([4, one[2]])
})

test('otherFiles and shuffleFiles change what is read again', async () => {
  const others = await pages(faults.otherFiles())
  const before = urlsOf(await others.read())
  expect(urlsOf(await others.read())).toEqual(before.slice(1))
  const shuffled = await pages(faults.shuffleFiles())
  const [a, b, c] = urlsOf(await shuffled.read())
  expect(urlsOf(await shuffled.read())).toEqual([b, c, a])
})

test('manifests that a fault does not meet are left alone', async () => {
  const { read } = await pages(faults.hostileNames({ times: 1 }))
  await read()
  expect((await read()).output.map(({ type }) => type)).toEqual(['Patient', 'Observation', 'Observation'])
})

test.each([
  'changeUrls',
  'expireUrls:requests=3,renewals=0',
  'expireUrls:ms=60000',
  'nextLoop:pages=5',
  'hostileNames:type=CON',
  'hostileUrls:url=file:///etc/passwd',
  'duplicateUrls:file=2',
  'otherFiles',
  'shuffleFiles',
])('as text: %s', (text) => {
  expect(parseFault(text).name).toBe(text.split(':')[0])
})
