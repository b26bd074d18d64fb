/** A server on the internet sends nobody into the network that they stand in: by status URLs, pages, redirects. */
import { expect, test } from 'vitest'
import { codeOf, conversation } from '../helpers/conversation.js'
import { file, manifest, origin, routes, type Script, statusUrl } from '../helpers/scripted-server.js'

const inside = 'https://10.0.0.1'
const listing = { body: manifest([file('1')]) }

test.each<[string, Record<string, Script>, string]>([
  [
    'a status URL',
    { [`GET ${origin}/fhir/`]: { status: 202, headers: { 'content-location': `${inside}/s` } } },
    'BULKX_UNREACHABLE',
  ],
  [
    'a status behind a redirect',
    { [`GET ${statusUrl}`]: { status: 307, headers: { location: `${inside}/s` } } },
    'BULKX_UNREACHABLE',
  ],
  [
    'a kick-off behind a redirect',
    { [`GET ${origin}/fhir/`]: { status: 307, headers: { location: `${inside}/fhir/$export` } } },
    'BULKX_KICK_OFF_REFUSED',
  ],
  [
    'a further page behind a redirect',
    {
      [`GET ${statusUrl}`]: {
        body: manifest([file('1')], { link: [{ relation: 'next', url: `${origin}/page/2` }] }),
      },
      [`GET ${origin}/page/2`]: { status: 302, headers: { location: `${inside}/p` } },
    },
    'BULKX_FILES_FAILED',
  ],
])('%s is not asked, and why is said', async (_name, script, code) => {
  const talk = await conversation(routes({ [`GET ${inside}/`]: listing, ...script }))
  const ran = await talk.run()
  const error = ran.thrown ?? ran.error
  expect(codeOf(ran)).toBe(code)
  expect(error).toMatchObject({ message: expect.stringContaining('is at a private address') })
  expect(talk.server.asked(inside)).toEqual([])
})

test.each<[string, Record<string, Script>]>([
  [
    'a status URL',
    { [`GET ${origin}/fhir/`]: { status: 202, headers: { 'content-location': `${inside}/s` } } },
  ],
  [
    'a status behind a redirect',
    { [`GET ${statusUrl}`]: { status: 307, headers: { location: `${inside}/s` } } },
  ],
])('%s ends the run at once, and goes on where that place is trusted', async (_name, script) => {
  const talk = await conversation(routes({ [`GET ${inside}/`]: listing, ...script }))
  const ran = await talk.run()
  expect(talk.clock.now() - Date.UTC(2026, 0, 1)).toBeLessThan(60_000)
  expect(ran.thrown).toMatchObject({ hint: expect.stringContaining(`--trust-origin ${inside}`) })
  const again = await talk.run({ network: { trustedOrigins: [inside] } })
  expect(again.error ?? again.thrown).toBeUndefined()
})
