/** Who sees the credential over TCP: redirects, other origins, renewed tokens; and what ends a chain of redirects. */
import { describe, expect, test } from 'vitest'
import { dataFiles, exitOf, textOf } from '../helpers/conversation.js'
import { lines } from '../helpers/scripted-server.js'
import { type Respond, type TcpServer, tcpServer } from '../helpers/tcp-server.js'
import { bytes, json, redirect, wire } from '../helpers/wire.js'

const text = lines('Patient', 3)
const authorizations = (server: TcpServer, path: string): (string | undefined)[] =>
  server.to(path).map(({ headers }) => headers.authorization)
const bearer = 'Bearer s3cret-token'

/** As S3 does: any Authorization is an error. */
const store = (): Promise<TcpServer> =>
  tcpServer({
    'GET /signed': (response, request, number) => {
      if (request.headers.authorization === undefined) return bytes(text)(response, request, number)
      response.writeHead(400).end('Only one auth mechanism allowed')
    },
  })

describe('redirects of files', () => {
  test.each([301, 302, 303, 307, 308])(
    'F-01 %i to another origin: followed without the credential',
    async (status) => {
      const other = await store()
      const talk = await wire({
        files: { a: redirect(`${other.origin}/signed?sig=a%3D%2F`, status) },
        others: [other],
      })
      expect(exitOf(await talk.run())).toBe(0)
      expect(other.requests.map(({ url }) => url)).toEqual([`${other.origin}/signed?sig=a%3D%2F`])
      expect(authorizations(other, '/')).toEqual([undefined])
      expect(authorizations(talk.server, '/files/a')).toEqual([bearer])
      expect(await textOf(talk.directory, 'Patient.0001.ndjson')).toBe(text)
    },
  )

  test('F-02 a relative one keeps the credential', async () => {
    const talk = await wire({ files: { a: redirect('../moved/a') }, routes: { 'GET /moved/a': bytes(text) } })
    expect(exitOf(await talk.run())).toBe(0)
    expect(authorizations(talk.server, '/moved/a')).toEqual([bearer])
  })

  test('there and back again: the way back sees it, the way out does not', async () => {
    let home = ''
    const other = await tcpServer({
      'GET /bounce': (response) => response.writeHead(307, { location: `${home}/moved/a` }).end(),
    })
    const talk = await wire({
      files: { a: redirect(`${other.origin}/bounce`) },
      routes: { 'GET /moved/a': bytes(text) },
      others: [other],
    })
    home = talk.server.origin
    expect(exitOf(await talk.run())).toBe(0)
    expect(authorizations(other, '/bounce')).toEqual([undefined])
    expect(authorizations(talk.server, '/moved/a')).toEqual([bearer])
  })

  test('F-03 a loop ends after five hops, 7', async () => {
    const talk = await wire({ files: { a: redirect('/files/a') } })
    expect(exitOf(await talk.run())).toBe(7)
    expect(talk.server.to('/files/a')).toHaveLength(6)
    expect(await dataFiles(talk.directory)).toEqual([])
  })

  test('five hops are followed', async () => {
    const talk = await wire({
      files: { a: redirect('/hop/1') },
      routes: {
        'GET /hop/': (response, request, number) =>
          redirect(`/hop/${Number(request.url?.slice(5)) + 1}`)(response, request, number),
        'GET /hop/5': bytes(text),
      },
    })
    expect(exitOf(await talk.run())).toBe(0)
  })

  test('F-03 to something that is no http is refused', async () => {
    const talk = await wire({ files: { a: redirect('file:///etc/passwd') } })
    const ran = await talk.run()
    expect(exitOf(ran)).toBe(7)
    expect(ran.error?.message).toContain('no http or https URL')
  })

  test('F-51 what the target says is kept, its signature is not', async () => {
    const other = await tcpServer({
      'GET /signed': (response) =>
        response.writeHead(403).end('<Error><Message>Request has expired</Message></Error>'),
    })
    const talk = await wire({
      files: { a: redirect(`${other.origin}/signed?sig=SIGNATURE`) },
      others: [other],
    })
    const ran = await talk.run()
    expect(exitOf(ran)).toBe(7)
    expect(ran.error?.message).toContain('Request has expired')
    expect(`${ran.error?.message} ${ran.error?.hint}`).not.toContain('SIGNATURE')
    expect(await textOf(talk.directory, 'log.ndjson')).not.toContain('SIGNATURE')
  })
})

describe('requiresAccessToken', () => {
  const own = async (value: unknown): Promise<(string | undefined)[]> => {
    const talk = await wire({ files: { a: bytes(text) }, more: { requiresAccessToken: value } })
    expect(exitOf(await talk.run())).toBe(0)
    return authorizations(talk.server, '/files/a')
  }

  test.each<[unknown, string | undefined]>([
    [true, bearer],
    ['true', bearer],
    ['TRUE', bearer],
    [undefined, bearer],
    [null, bearer],
    [false, undefined],
    ['False', undefined],
  ])('M-01, M-02 %j, the origin of the base: %s', async (value, expected) => {
    expect(await own(value)).toEqual([expected])
  })

  const elsewhere = async (value: unknown, trust: boolean) => {
    const other = await tcpServer({
      'GET /a': (response, request, number) => {
        if (value !== true || request.headers.authorization === bearer)
          return bytes(text)(response, request, number)
        response.writeHead(401).end()
      },
    })
    const talk = await wire({
      output: () => [{ type: 'Patient', url: `${other.origin}/a` }],
      more: { requiresAccessToken: value },
      others: [other],
    })
    const ran = await talk.run({ network: { trustedOrigins: trust ? [other.origin] : [] } })
    return {
      exit: exitOf(ran),
      seen: authorizations(other, '/a'),
      hint: ran.error?.hint,
      origin: other.origin,
    }
  }

  test('M-19 true, another origin: without, and the hint names the option', async () => {
    const { exit, seen, hint, origin } = await elsewhere(true, false)
    expect([exit, seen.every((header) => header === undefined)]).toEqual([7, true])
    expect(hint).toContain(`--trust-origin ${origin}`)
  })

  test('true, another origin that is trusted: with it', async () => {
    expect(await elsewhere(true, true)).toMatchObject({ exit: 0, seen: [bearer] })
  })

  test.each([undefined, false])('%s, another origin: without it', async (value) => {
    expect(await elsewhere(value, false)).toMatchObject({ exit: 0, seen: [undefined] })
  })

  test('F-52 false, a trusted origin: with it, as the user says', async () => {
    expect(await elsewhere(false, true)).toMatchObject({ exit: 0, seen: [bearer] })
  })
})

describe('a 401', () => {
  const tokens = (...values: string[]): (() => Promise<string>) => {
    let asked = 0
    return async () => values[Math.min(asked++, values.length - 1)] ?? ''
  }
  const guarded =
    (good: string, respond = bytes(text)): Respond =>
    (response, request, number) => {
      if (request.headers.authorization === `Bearer ${good}`) return respond(response, request, number)
      response.writeHead(401).end()
    }

  test('F-07 of a file: one renewal, the same URL', async () => {
    const talk = await wire({ files: { a: guarded('new') } })
    const ran = await talk.run({ network: { token: tokens('old', 'new') } })
    expect(exitOf(ran)).toBe(0)
    expect(authorizations(talk.server, '/files/a')).toEqual(['Bearer old', 'Bearer new'])
  })

  test('P-18 of the status: one renewal, no new kick-off', async () => {
    const talk = await wire({
      files: { a: guarded('new') },
      routes: {
        'GET /status/1': (response, request, number) =>
          guarded('new', json({ output: [], transactionTime: 't', request: 'r' }))(response, request, number),
      },
    })
    expect(exitOf(await talk.run({ network: { token: tokens('old', 'new') } }))).toBe(0)
    expect(talk.server.to('/fhir/')).toHaveLength(1)
    expect(talk.server.to('/status/1').filter(({ method }) => method === 'GET')).toHaveLength(2)
  })

  test('K-36 of the kick-off with the same token again: asked once, 3', async () => {
    const talk = await wire({ routes: { 'GET /fhir/': (response) => response.writeHead(401).end() } })
    expect(exitOf(await talk.run())).toBe(3)
    expect(talk.server.requests).toHaveLength(1)
  })

  test('K-36 with a new one that is no better: asked twice, 3', async () => {
    const talk = await wire({ routes: { 'GET /fhir/': (response) => response.writeHead(401).end() } })
    expect(exitOf(await talk.run({ network: { token: tokens('old', 'new', 'newer') } }))).toBe(3)
    expect(authorizations(talk.server, '/fhir/')).toEqual(['Bearer old', 'Bearer new'])
  })

  test('F-07 of five files at once: the token is had once more, none fails', async () => {
    const names = ['a', 'b', 'c', 'd', 'e']
    const talk = await wire({ files: Object.fromEntries(names.map((name) => [name, guarded('new')])) })
    let asked = 0
    const token = async (): Promise<string> => (asked++ === 0 ? 'old' : 'new')
    expect(exitOf(await talk.run({ network: { token } }))).toBe(0)
    expect(asked).toBe(2)
    // A file that is asked for when another one has had the token renewed already needs no second request.
    for (const name of names) {
      const seen = authorizations(talk.server, `/files/${name}`)
      expect([['Bearer old', 'Bearer new'], ['Bearer new']]).toContainEqual(seen)
    }
    expect(authorizations(talk.server, '/files/a')).toEqual(['Bearer old', 'Bearer new'])
  })
})

describe('headers that are credentials', () => {
  test('--header-file goes where the token goes, --header to the base alone', async () => {
    const other = await tcpServer({ 'GET /a': bytes(text) })
    const trusted = await tcpServer({ 'GET /a': bytes(text) })
    const talk = await wire({
      output: () => [
        { type: 'Patient', url: `${other.origin}/a` },
        { type: 'Patient', url: `${trusted.origin}/a` },
      ],
      others: [other, trusted],
    })
    const network = {
      secretHeaders: { 'x-api-key': 'key' },
      headers: { 'x-tenant': 'one' },
      trustedOrigins: [trusted.origin],
    }
    expect(exitOf(await talk.run({ network }))).toBe(0)
    const seen = (server: TcpServer): (string | undefined)[] =>
      ['x-api-key', 'x-tenant'].map((name) => server.requests[0]?.headers[name])
    expect(seen(talk.server)).toEqual(['key', 'one'])
    expect(seen(trusted)).toEqual(['key', undefined])
    expect(seen(other)).toEqual([undefined, undefined])
  })
})
