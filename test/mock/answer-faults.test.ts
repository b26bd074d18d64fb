/** Faults of answers that come late, empty, under a wrong name, or from elsewhere: the mock alone. */
import { expect, test } from 'vitest'
import { faults, parseFault } from '../../src/mock/index.js'
import { ask, exported, FHIR, headers, ORIGIN, pretend, start } from './conversation.js'

const elsewhere = 'https://elsewhere.example'
const kickOffUrl = `${FHIR}/Group/123/$export?_type=Patient`

test('slow begins late by the clock, and the job has started', async () => {
  const { mock, clock } = pretend({ faults: [faults.slow({ seconds: 120 })] })
  const asked = clock.now()
  const response = await ask(mock, kickOffUrl, { headers })
  expect([response.status, clock.now() - asked]).toEqual([202, 120_000])
  expect([...mock.jobs.all()].map(({ acceptedAt }) => acceptedAt)).toEqual([asked])
})

test('slow drips, and every byte arrives', async () => {
  const server = pretend({ faults: [parseFault('slow:on=file,bytesPerSecond=1000')] })
  const { output } = await exported(server, 'Group/123/$export?_type=Patient')
  const url = output[0]?.url ?? ''
  const before = server.clock.now()
  const dripped = await (await ask(server.mock, url)).text()
  const took = server.clock.now() - before
  expect(dripped).toBe(await (await ask(server.mock, url)).text())
  expect(took).toBe((Math.ceil(dripped.length / 1000) - 1) * 1000)
  expect(took).toBeGreaterThan(0)
})

test('who stops reading a dripping answer stops the dripping', async () => {
  const server = pretend({ faults: [faults.slow({ on: 'file', bytesPerSecond: 1 })] })
  const { output } = await exported(server, 'Group/123/$export?_type=Patient')
  const response = await ask(server.mock, output[0]?.url ?? '')
  const reader = response.body?.getReader()
  expect((await reader?.read())?.value).toHaveLength(1)
  await reader?.cancel()
  expect(server.clock.sleeps.length).toBeLessThan(5)
})

test('empty is a success without a body', async () => {
  const { mock } = pretend({ faults: [faults.empty({})] })
  const location = await start(mock, '$export')
  const response = await ask(mock, location)
  expect([response.status, await response.text()]).toEqual([200, ''])
  expect((await ask(mock, location)).status).toBe(202)
})

test('mediaType is wrong on every file, with the bytes as they are', async () => {
  const server = pretend({ faults: [faults.mediaType({ type: 'binary/octet-stream' })] })
  const { output } = await exported(server, 'Group/123/$export')
  for (const { url } of output.slice(0, 2)) {
    const response = await ask(server.mock, url)
    expect(response.headers.get('content-type')).toBe('binary/octet-stream')
    expect(await response.text()).toContain('"resourceType"')
  }
})

const locationOf = async (text: string): Promise<{ status: number; location: string | null }> => {
  const { mock } = pretend({ faults: [parseFault(text)], elsewhere })
  const response = await ask(mock, kickOffUrl, { headers })
  expect([...mock.jobs.all()]).toEqual([])
  return { status: response.status, location: response.headers.get('location') }
}

test.each([
  ['redirect:on=kick-off,to=relative', 307, '$export?_type=Patient'],
  ['redirect:on=kick-off,to=loop,status=301', 301, '$export?_type=Patient'],
  ['redirect:on=kick-off,to=elsewhere,status=302', 302, `${elsewhere}/fhir/Group/123/$export?_type=Patient`],
  ['redirect:on=kick-off,to=downgrade', 307, kickOffUrl],
])('%s', async (text, status, location) => {
  expect(await locationOf(text)).toEqual({ status, location })
})

test('a downgrade leads from https to plain http', async () => {
  const { mock } = pretend({ faults: [faults.redirect({ on: 'kick-off', to: 'downgrade' })] })
  const secure = kickOffUrl.replace('http:', 'https:')
  expect((await ask(mock, secure, { headers })).headers.get('location')).toBe(kickOffUrl)
})

test('elsewhere answers there, a relative one once it was followed, a loop never', async () => {
  const { mock } = pretend({ faults: [faults.redirect({ on: 'kick-off', to: 'elsewhere' })], elsewhere })
  expect((await ask(mock, kickOffUrl, { headers })).status).toBe(307)
  expect((await ask(mock, kickOffUrl.replace(ORIGIN, elsewhere), { headers })).status).toBe(202)
  expect(mock.requests.map((request) => request.elsewhere)).toEqual([false, true])
  const statuses = async (to: 'relative' | 'loop') => {
    const server = pretend({ faults: [faults.redirect({ on: 'kick-off', to })] })
    const seen: number[] = []
    for (let n = 0; n < 3; n += 1) seen.push((await ask(server.mock, kickOffUrl, { headers })).status)
    return seen
  }
  expect(await statuses('relative')).toEqual([307, 202, 202])
  expect(await statuses('loop')).toEqual([307, 307, 307])
})

test('a destination that is none is explained', () => {
  expect(() => parseFault('redirect:to=nowhere')).toThrow(
    /to of the fault redirect is one of relative, elsewhere/,
  )
  expect(() => parseFault('redirect')).toThrow(/redirect needs to/)
})
