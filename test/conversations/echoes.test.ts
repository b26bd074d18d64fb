/** Servers that repeat what they were sent, or send patients where nobody asked: neither is said, nor written down. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { BulkxError } from '../../src/errors.js'
import { type Conversation, conversation } from '../helpers/conversation.js'
import type { Ran } from '../helpers/job.js'
import {
  type Asked,
  fhirUrl,
  file,
  manifest,
  origin,
  outcome,
  type Reply,
  routes,
  type Script,
  statusUrl,
} from '../helpers/scripted-server.js'

/** Everything that a run wrote, and everything that it had to say. */
const traces = async ({ directory }: Conversation, ran: Ran): Promise<string> => {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && !/^Patient/.test(entry.name))
  const texts = await Promise.all(
    files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')),
  )
  const { message, hint } = (ran.thrown ?? ran.error ?? {}) as Partial<BulkxError>
  return [...texts, JSON.stringify(ran.events), message, hint].join('\n')
}

const token = 'a+b/c=s3cret~token'
const basic = Buffer.from('me:pa55/w+rd').toString('base64')
const network = {
  token: async () => token,
  secretHeaders: { 'x-api-key': 'k3y-of-ours', 'x-basic': `Basic ${basic}`, cookie: 'sid=c00kie-value' },
}
/** Each value, as JSON, forms and pages spell it, too. */
const secrets = [
  token,
  'a+b\\/c=s3cret',
  'a\\u002Bb',
  encodeURIComponent(token),
  'a&#43;b',
  'k3y-of-ours',
  basic,
  'pa55/w+rd',
  'c00kie-value',
]

const echoed = ({ headers }: Asked): string =>
  `no such ${JSON.stringify(headers).replaceAll('/', '\\/').replaceAll('+', '\\u002B')} ${encodeURIComponent(token)} ${token} ${token.replace('+', '&#43;')} me:pa55/w+rd`
const refusing =
  (status: number, more: (asked: Asked) => Partial<Exclude<Reply, Error>> = () => ({})): Script =>
  (asked) => ({ status, body: outcome('error', echoed(asked)), ...more(asked) })
const listing = { body: manifest([file('1')]) }

test.each<[string, Record<string, Script>]>([
  ['a kick-off', { [`GET ${fhirUrl}/`]: refusing(403) }],
  ['a kick-off, in plain text', { [`GET ${fhirUrl}/`]: refusing(400, (asked) => ({ body: echoed(asked) })) }],
  [
    'an accepted kick-off',
    {
      [`GET ${fhirUrl}/`]: refusing(202, ({ headers }) => ({
        headers: { 'content-location': statusUrl, 'x-request-id': headers.authorization },
      })),
    },
  ],
  ['a status, 401', { [`GET ${statusUrl}`]: refusing(401) }],
  ['a status, 500', { [`GET ${statusUrl}`]: refusing(500) }],
  [
    'a status that goes on',
    {
      [`GET ${statusUrl}`]: (asked, number) =>
        number > 0
          ? listing
          : {
              status: 202,
              headers: { 'x-progress': asked.headers.authorization, 'retry-after': '1' },
              body: { message: echoed(asked) },
            },
    },
  ],
  [
    'a status that says it in its body',
    {
      [`GET ${statusUrl}`]: (asked, number) =>
        number > 0 ? listing : { status: 202, body: { message: echoed(asked) } },
    },
  ],
  [
    'a page',
    {
      [`GET ${statusUrl}`]: (asked) => ({
        body: `<html><title>no ${asked.headers.authorization} ${asked.headers['x-api-key']}</title></html>`,
      }),
    },
  ],
  ['a file', { [`GET ${origin}/files/1`]: refusing(403) }],
  [
    'a file that redirects',
    {
      [`GET ${origin}/files/1`]: (asked) => ({
        status: 302,
        headers: { location: `ftp://x/${asked.headers.authorization}/${asked.headers['x-api-key']}` },
      }),
    },
  ],
  ['a file that is an outcome', { [`GET ${origin}/files/1`]: refusing(200) }],
  ['a DELETE', { [`DELETE ${statusUrl}`]: refusing(403) }],
])('%s that repeats the credential', async (_name, script) => {
  const talk = await conversation(routes({ ...script }))
  const ran = await talk.run({ network })
  const said = await traces(talk, ran)
  for (const secret of secrets) expect(said).not.toContain(secret)
})

test('a URL of the manifest that holds the credential is asked as it is', async () => {
  const url = `${origin}/files/1?access_token=${token}`
  const talk = await conversation(
    routes({ [`GET ${statusUrl}`]: { body: manifest([{ type: 'Patient', url }]) } }),
  )
  expect((await talk.run({ network })).error).toBeUndefined()
  expect(talk.server.asked('/files/1').map((asked) => asked.url)).toEqual([url])
})

const name = 'Mustermann'
const patient = { resourceType: 'Patient', id: '1', name: [{ family: name, text: 'cancelled' }] }
const ndjson = `${JSON.stringify(patient)}\n`.repeat(3)
const narrative = `<Patient xmlns="http://hl7.org/fhir"><text><div><h1>${name}</h1></div></text></Patient>`

test.each<[string, Record<string, Script>]>([
  ['a kick-off', { [`GET ${fhirUrl}/`]: { body: ndjson } }],
  ['a kick-off, in XML', { [`GET ${fhirUrl}/`]: { body: narrative } }],
  ['a kick-off that is refused', { [`GET ${fhirUrl}/`]: { status: 400, body: ndjson } }],
  [
    'a kick-off that is refused with a message',
    { [`GET ${fhirUrl}/`]: { status: 400, body: { ...patient, message: name } } },
  ],
  ['a kick-off that was accepted', { [`GET ${fhirUrl}/`]: { status: 202, body: ndjson } }],
  ['a status', { [`GET ${statusUrl}`]: { body: ndjson } }],
  ['a status that has failed', { [`GET ${statusUrl}`]: { status: 500, body: ndjson } }],
  ['a status in plain text', { [`GET ${statusUrl}`]: { body: `${name} was cancelled` } }],
  ['a file, 206', { [`GET ${origin}/files/1`]: { status: 206, body: ndjson } }],
  ['a file, 202', { [`GET ${origin}/files/1`]: { status: 202, body: ndjson } }],
  ['a file, 500', { [`GET ${origin}/files/1`]: { status: 500, body: ndjson } }],
  [
    'a file, 404 and a Bundle',
    { [`GET ${origin}/files/1`]: { status: 404, body: { resourceType: 'Bundle', title: name } } },
  ],
  ['a DELETE', { [`DELETE ${statusUrl}`]: { status: 202, body: ndjson } }],
])('%s answered by patients', async (_name, script) => {
  const talk = await conversation(routes(script))
  expect(await traces(talk, await talk.run())).not.toContain(name)
})
