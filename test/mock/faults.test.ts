/** Faults: each one alone, together, from text, and those that need a wire. */
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type Fault, faultRows, faults, parseFault } from '../../src/mock/index.js'
import { ask, exported, FHIR, headers, JOB_MS, type Manifest, pretend, start } from './conversation.js'

const kickOffs = async (times: number, ...list: Fault[]) => {
  const { mock } = pretend({ faults: list })
  const statuses: number[] = []
  for (let n = 0; n < times; n += 1) statuses.push((await ask(mock, `${FHIR}/$export`, { headers })).status)
  return statuses
}

test('busy answers so many times, then lets pass', async () => {
  expect(await kickOffs(3, faults.busy({ times: 2 }))).toEqual([503, 503, 202])
  expect(await kickOffs(3, faults.busy({ after: 1, status: 429 }))).toEqual([202, 429, 202])
  const { mock } = pretend({ faults: [faults.busy({ on: 'status', status: 429, retryAfter: '7' })] })
  const location = await start(mock, '$export')
  const refused = await ask(mock, location)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '7'])
  expect(await refused.json()).toMatchObject({ issue: [{ code: 'throttled' }] })
  expect((await ask(mock, location)).status).toBe(202)
})

test('busy can be about several requests, and about one file', async () => {
  const { mock, clock } = pretend({ faults: [faults.busy({ on: ['status', 'delete'], times: 2 })] })
  const location = await start(mock, '$export')
  expect((await ask(mock, location, { method: 'DELETE' })).status).toBe(503)
  clock.advance(JOB_MS)
  expect((await ask(mock, location)).status).toBe(503)
  expect((await ask(mock, location)).status).toBe(200)
  const server = pretend({ faults: [faults.busy({ file: 2, status: 500 })] })
  const { output } = await exported(server, '$export')
  const statuses = []
  for (const { url } of output.slice(0, 3)) statuses.push((await ask(server.mock, url)).status)
  expect(statuses).toEqual([200, 500, 200])
})

const secondFile = async (...list: Fault[]) => {
  const server = pretend({ faults: list })
  const { output } = await exported(server, 'Group/123/$export')
  const [first, second] = output.map(({ url }) => url)
  const get = async (url = '') => {
    const response = await ask(server.mock, url)
    return { response, bytes: Buffer.from(await response.arrayBuffer()) }
  }
  return { first: await get(first), broken: await get(second), whole: await get(second) }
}

test('truncate gives a well-framed short file, once', async () => {
  const { first, broken, whole } = await secondFile(faults.truncate({ file: 2, keepBytes: 300 }))
  expect(first.bytes.length).toBeGreaterThan(300)
  expect(broken.bytes).toEqual(whole.bytes.subarray(0, 300))
  expect(broken.response.headers.get('content-length')).toBe('300')
  expect(broken.response.headers.get('etag')).toBe(whole.response.headers.get('etag'))
})

test('corruptGzip breaks the compressed body', async () => {
  const { broken, whole } = await secondFile(faults.corruptGzip({ file: 2 }))
  expect(broken.response.headers.get('content-encoding')).toBe('gzip')
  expect(() => gunzipSync(broken.bytes)).toThrow()
  expect(whole.response.headers.get('content-encoding')).toBe(null)
})

test('wrongCount lies in every manifest about one file', async () => {
  const server = pretend({ manifestEntries: 2, faults: [faults.wrongCount({ file: 3, by: -1 })] })
  const honest = pretend({ manifestEntries: 2 })
  const [first, expected] = [await exported(server, '$export'), await exported(honest, '$export')]
  expect(first.output.map(({ count }) => count)).toEqual(expected.output.map(({ count }) => count))
  const page = async ({ mock }: typeof server, { link }: Manifest) =>
    (await (await ask(mock, link?.[0]?.url ?? '')).json()) as Manifest
  const [second, honestSecond] = [await page(server, first), await page(honest, expected)]
  expect(second.output[0]?.count).toBe((honestSecond.output[0]?.count ?? 0) - 1)
  expect(second.output[1]?.count).toBe(honestSecond.output[1]?.count)
})

test('html answers a page', async () => {
  const { mock } = pretend({ faults: [faults.html({ on: 'status' })] })
  const response = await ask(mock, await start(mock, '$export'))
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
})

test('faults compose, the first one outermost', async () => {
  expect(await kickOffs(4, faults.busy({ times: 1 }), faults.busy({ times: 2, status: 429 }))).toEqual([
    503, 429, 429, 202,
  ])
  const { broken } = await secondFile(
    faults.truncate({ file: 2, keepBytes: 100 }),
    faults.truncate({ file: 2, keepBytes: 300 }),
  )
  expect(broken.bytes).toHaveLength(100)
})

describe('faults of the wire are refused in process, by name', () => {
  test.each([
    ['loseKickOffAnswer', faults.loseKickOffAnswer()],
    ['hang', faults.hang({ on: 'kick-off' })],
    ['hang', parseFault('hang:on=kick-off')],
  ])('%s', async (name, fault) => {
    const { mock } = pretend({ faults: [fault] })
    await expect(ask(mock, `${FHIR}/$export`, { headers })).rejects.toThrow(new RegExp(`"${name}"`))
    expect(mock.requests[0]?.fault).toBe(name)
  })

  test.each([
    ['cut', faults.cut({ keepBytes: 10 })],
    ['stall', faults.stall({ keepBytes: 10 })],
    ['truncateLying', faults.truncateLying({ keepBytes: 10 })],
    ['wrongLength', faults.wrongLength({ by: 10 })],
  ])('%s', async (name, fault) => {
    const server = pretend({ faults: [fault] })
    const { output } = await exported(server, '$export')
    await expect(ask(server.mock, output[0]?.url ?? '')).rejects.toThrow(new RegExp(`"${name}"`))
  })

  test('also when another fault changes the answer', async () => {
    const server = pretend({ faults: [faults.truncate({ keepBytes: 20 }), faults.cut({ keepBytes: 10 })] })
    const { output } = await exported(server, '$export')
    await expect(ask(server.mock, output[0]?.url ?? '')).rejects.toThrow(/"cut"/)
  })
})

describe('faults as text', () => {
  test('every fault has a row', () => {
    expect(Object.keys(faultRows)).toEqual(Object.keys(faults))
  })

  test.each([
    ['truncate:file=2,keepBytes=300,times=1', 'truncate'],
    ['busy:times=3,status=429,retryAfter=Fri, 31 Dec 2027 23:59:59 GMT,on=status', 'busy'],
    ['busy: times = always', 'busy'],
    ['loseKickOffAnswer', 'loseKickOffAnswer'],
    ['wrongCount:by=-2', 'wrongCount'],
  ])('%s', (text, name) => {
    expect(parseFault(text).name).toBe(name)
  })

  test('the values arrive', async () => {
    const { mock } = pretend({
      faults: [parseFault('busy:retryAfter=Fri, 31 Dec 2027 23:59:59 GMT,status=429')],
    })
    const response = await ask(mock, `${FHIR}/$export`, { headers })
    expect([response.status, response.headers.get('retry-after')]).toEqual([
      429,
      'Fri, 31 Dec 2027 23:59:59 GMT',
    ])
  })

  test.each([
    ['explode', /no fault "explode"; there are answer, busy/],
    ['toString', /no fault "toString"/],
    ['busy:sometimes=1', /busy has no parameter "sometimes"; it has times, after, file, on/],
    ['busy:times=few', /times of the fault busy is a whole number or "always", not "few"/],
    ['busy:on=lunch', /on of the fault busy is one of kick-off, status/],
    ['busy:status=99', /an HTTP status/],
    ['truncate:file=1', /truncate needs keepBytes/],
    ['busy:', /no parameter ""/],
  ])('%s is explained', (text, message) => {
    expect(() => parseFault(text)).toThrow(message)
  })
})
