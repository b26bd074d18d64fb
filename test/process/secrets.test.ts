/** A credential is in no file and in no output, however much is said. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { faults } from '../../src/mock/index.js'
import { type Ended, run } from './child.js'
import { filesBelow, newPlace, type Place } from './place.js'
import { type Hook, mixedData, type Served, serve } from './server.js'

const secret = 'Zq7-planted-credential-0451'
const encoded = [
  secret,
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret).toString('hex'),
  encodeURIComponent(secret),
]
const data = mixedData(20)

interface Row {
  how: string
  /** Files that hold it, which are the user's own. */
  files?: Record<string, string>
  args?: string[]
  env?: Record<string, string>
  header: string
}

const rows: Row[] = [
  { how: 'BULKX_TOKEN', env: { BULKX_TOKEN: secret }, header: 'authorization' },
  {
    how: '--token-file',
    files: { token: `${secret}\n` },
    args: ['--token-file', 'token'],
    header: 'authorization',
  },
  {
    how: '--header-file',
    files: { headers: `X-Api-Key: ${secret}\n` },
    args: ['--header-file', 'headers'],
    header: 'x-api-key',
  },
]

const expectNoSecret = async (
  place: Place,
  own: readonly string[],
  ends: readonly Ended[],
): Promise<void> => {
  const written = (await filesBelow(place.root)).filter((name) => !own.includes(name))
  expect(written).toContain('out/.bulkx/journal')
  const texts = [
    ...(await Promise.all(
      written.map(
        async (name): Promise<[string, string]> => [name, await readFile(join(place.root, name), 'latin1')],
      ),
    )),
    ...ends.flatMap(({ stdout, stderr }): [string, string][] => [
      ['stdout', stdout],
      ['stderr', stderr],
    ]),
  ]
  const found = texts.filter(([, text]) => encoded.some((form) => text.includes(form)))
  expect(found.map(([name]) => name)).toEqual([])
}

const plant = async (place: Place, { files = {} }: Row): Promise<string[]> => {
  for (const [name, text] of Object.entries(files)) await writeFile(join(place.root, name), text)
  return Object.keys(files)
}

const expectSent = (server: Served, header: string): void => {
  const carrying = server.mock.requests.filter(({ headers }) => headers[header]?.includes(secret))
  const phases = new Set(carrying.map(({ phase }) => phase))
  expect(phases).toEqual(new Set(['kick-off', 'status', 'file', 'delete']))
}

describe.concurrent('a planted credential is sent, and is nowhere to be found', () => {
  test.each(rows)('$how', async (row) => {
    await using place = await newPlace()
    const isToken = row.header === 'authorization'
    await using server = await serve({
      data,
      ...(isToken ? { token: secret } : {}),
      files: { requiresAccessToken: true },
      faults: [faults.busy({ on: 'status' }), faults.cut({ file: 1, keepBytes: 100 })],
    })
    const own = await plant(place, row)
    const options = { env: row.env }
    const talk = ['--verbose', '--json', ...(row.args ?? [])]
    const asked = [
      '--server',
      server.fhirUrl,
      '--out',
      place.out,
      '--poll-min',
      '50ms',
      '--poll-max',
      '100ms',
    ]
    const ends = [
      await run(place, ['export', 'Patient', ...asked, ...talk, '--print-config', '--dry-run'], options),
      await run(place, ['export', 'Patient', ...asked, ...talk], options),
      await run(place, ['resume', place.out, ...talk], options),
      await run(place, ['status', place.out, ...talk], options),
    ]
    expect(
      ends.map(({ code }) => code),
      ends.map(({ stderr }) => stderr).join(''),
    ).toEqual([0, 0, 0, 0])
    expectSent(server, row.header)
    await expectNoSecret(place, own, ends)
  })

  test('refused, and in another directory', async () => {
    await using place = await newPlace()
    const refuse: Hook = async () => new Response(null, { status: 401 })
    await using server = await serve({ data, hook: refuse })
    const args = ['export', '--server', server.fhirUrl, '--out', place.out, '--verbose', '--json']
    const ended = await run(place, args, { env: { BULKX_TOKEN: secret } })
    expect(ended.code, ended.stderr).toBe(3)
    await expectNoSecret(place, [], [ended])
  })

  test('never over plain http to another machine: nothing is sent', async () => {
    await using place = await newPlace()
    const args = ['export', '--server', 'http://198.51.100.7/fhir', '--out', place.out, '--verbose', '--json']
    const ended = await run(place, args, { env: { BULKX_TOKEN: secret } })
    expect(ended.code, ended.stderr).toBe(2)
    expect(`${ended.stdout}${ended.stderr}`).not.toContain(secret)
    expect(await filesBelow(place.root)).toEqual([])
  })
})
