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
    kind: 'private',
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

test.each([
  'http://127.1/',
  'http://0x7f.0.0.1/',
  'http://2130706433/',
  'http://127.0.0.1./',
  'http://localhost../',
  'http://LOCALHOST:80/',
  'http://x.localhost/',
  'http://１２７.０.０.１/',
  'http://ⓛocalhost/',
  'http://user@10.0.0.1:8080/',
  'http://ehr.example:x@10.0.0.1/',
  'http://[::]/',
  'http://[0:0:0:0:0:0:0:1]/',
  'http://[::127.0.0.1]/',
  'http://[::ffff:7f00:1]/',
  'http://[64:ff9b::10.1.0.0]/',
  'http://[64:ff9b::]/',
  'http://[2002:a00::1]/',
  'http://[2002:a01::]/',
  'http://[2001:0:4136:e378:8000:63bf:f5ff:fffe]/',
  'http://[fe80::1]/',
  'http://[fd00:ec2::254]/',
  'http://169.254.169.254/latest/meta-data/',
  'http://0xa9fea9fe/',
  'http://0251.0376.0251.0376/',
])('%s is at a private address', async (url) => {
  const { asked, exchange } = server()
  await expect(ask(url, exchange)).rejects.toThrow('private')
  expect(asked).toEqual([])
})

test.each([
  'https://10.0.0.1.example/',
  'https://ehr.example/10.0.0.1',
  'https://10.0.0.1@ehr.example/',
  'https://ehr.example\\@10.0.0.1/',
  'https://[64:ff9b::808:808]/',
  'https://[2002:808:808::]/',
  'https://[2606:4700::1111]/',
  'https://xn--localhost-x.example/',
])('%s is not', async (url) => {
  const { asked, exchange } = server()
  await ask(url, exchange)
  expect(asked).toEqual([url])
})

test('what is named is asked, to the port', async () => {
  const { asked, exchange } = server()
  await ask('https://10.0.0.1:8443/f', exchange, ['https://10.0.0.1:8443'])
  await expect(ask('https://10.0.0.1/f', exchange, ['https://10.0.0.1:8443'])).rejects.toThrow('private')
  expect(asked).toEqual(['https://10.0.0.1:8443/f'])
})
