/** Requests to private addresses: refused, unless somebody has named the origin. */
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { compose, type Exchange } from '../../src/http/exchange.js'
import { refusePrivateAddresses } from '../../src/http/private-addresses.js'
import { followRedirects } from '../../src/http/redirects.js'

const server = (redirects: Record<string, string> = {}) => {
  const asked: string[] = []
  const exchange: Exchange = async ({ url }) => {
    asked.push(url)
    const location = redirects[url]
    const body = Readable.from([])
    return location === undefined
      ? { status: 200, headers: {}, url, body }
      : { status: 302, headers: { location }, url, body }
  }
  return { asked, exchange }
}

const ask = (url: string, exchange: Exchange, allowed: string[] = []) =>
  compose(followRedirects, refusePrivateAddresses(allowed))(exchange)({ method: 'GET', url, headers: {} })

test('M-21 nothing reaches it, and the option that allows it is named', async () => {
  const { asked, exchange } = server()
  await expect(ask('http://user:x@192.168.0.1:8080/f?sig=1', exchange)).rejects.toMatchObject({
    kind: 'redirect',
    sent: false,
    message: expect.stringMatching(/^http:\/\/192\.168\.0\.1:8080\/f is at a private address/),
    hint: expect.stringContaining('--trust-origin http://192.168.0.1:8080,'),
  })
  expect(asked).toEqual([])
})

test('M-21 nor behind a redirect', async () => {
  const { asked, exchange } = server({ 'https://ehr.example/f': 'https://[::ffff:10.0.0.1]/f' })
  await expect(ask('https://ehr.example/f', exchange)).rejects.toMatchObject({
    sent: true,
    hint: expect.stringContaining('--trust-origin https://[::ffff:a00:1],'),
  })
  expect(asked).toEqual(['https://ehr.example/f'])
})

test('what is named is asked, to the port', async () => {
  const { asked, exchange } = server()
  await ask('https://10.0.0.1:8443/f', exchange, ['https://10.0.0.1:8443'])
  await expect(ask('https://10.0.0.1/f', exchange, ['https://10.0.0.1:8443'])).rejects.toThrow('private')
  expect(asked).toEqual(['https://10.0.0.1:8443/f'])
})
