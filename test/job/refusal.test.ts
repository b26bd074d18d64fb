/** What a person reads when a kick-off was not taken: each refusal with the option or the command that helps. */
import { describe, expect, test } from 'vitest'
import { busy, refused, unauthorized, undecided, unlocated } from '../../src/job/refusal.js'
import type { KickOffRequest } from '../../src/protocol/types.js'
import { configOf, kickOffOf } from '../helpers/job.js'

const config = {
  ...configOf({ fhirUrl: 'https://ehr.example/fhir', directory: '/d/out' }),
  shownAs: './my out',
}

describe('running jobs', () => {
  const hintOf = (...jobs: string[]): string => busy({ kind: 'busy', jobs, message: 'HTTP 429' }).hint ?? ''

  test('are listed with two commands each, safe to paste', () => {
    const hint = hintOf('https://ehr.example/s/1', "https://ehr.example/s?job=$(rm -rf ~)&_id=`id`'")
    expect(hint).toContain(
      '`bulkx resume https://ehr.example/s/1 --out <dir>` or `bulkx cancel https://ehr.example/s/1`',
    )
    expect(hint).toContain(`bulkx cancel 'https://ehr.example/s?job=$(rm -rf ~)&_id=\`id\`'\\'''`)
  })

  test('lose a query that may be a credential', () => {
    expect(hintOf('https://ehr.example/s/1?sig=s3cret')).not.toContain('s3cret')
  })

  test('beyond five are counted', () => {
    const hint = hintOf(...Array.from({ length: 7 }, (_, index) => `https://ehr.example/s/${index}`))
    expect(hint).toContain('/s/4')
    expect(hint).not.toContain('/s/5')
    expect(hint).toMatch(/and 2 more$/)
  })

  test('that are not named may be ours', () => {
    expect(hintOf()).toContain('`bulkx jobs`')
    const { message } = busy({ kind: 'busy', jobs: [], message: 'HTTP 409', retryAfterMs: 1500 })
    expect(message).toBe('The server is busy with another export, HTTP 409; it asks to wait 2 s')
  })
})

interface Refused {
  status: number
  words?: string
  outcome?: boolean
  location?: string
  kickOff?: Partial<KickOffRequest>
}

const errorOf = ({ status, words = '', outcome = true, location, kickOff }: Refused) => {
  const message = `HTTP ${status}: ${words}`
  return refused(
    { kind: 'refused', status, message, bulkData: true, outcome, location },
    config,
    kickOffOf(kickOff),
  )
}

test.each<[string, Refused, RegExp]>([
  [
    '404 in FHIR: the target',
    { status: 404 },
    /^check the target, Group\/123: who registered .* portal .*; `bulkx doctor Group\/123 --server https:\/\/ehr.example\/fhir` looks for it where groups can be read; .* --server/,
  ],
  [
    '404 of the whole system',
    { status: 404, kickOff: { target: { kind: 'system' } } },
    /^check the target, https:\/\/ehr.example\/fhir\/\$export; else/,
  ],
  ['404 by anything else: the base URL', { status: 404, outcome: false }, /^check --server/],
  ['405 to GET', { status: 405 }, /--method post$/],
  [
    '405 to a GET of all patients',
    { status: 405, kickOff: { target: { kind: 'type', type: 'Patient' } } },
    /--method post, or name the patients .*: --patient @ids.txt$/,
  ],
  [
    'a group with a list of patients',
    { status: 400, words: 'no', kickOff: { method: 'post', patient: ['1'] } },
    /^this server may take no --patient for a group: leave it out.*, or name Patient/,
  ],
  [
    '404 of a type, in words about it',
    {
      status: 404,
      words: 'Condition is no target',
      kickOff: { target: { kind: 'type', type: 'Condition' } },
    },
    /^this server does not export Condition as a target: .*`bulkx doctor Condition --server .*declares$/,
  ],
  ['405 to POST', { status: 405, kickOff: { method: 'post' } }, /--method get$/],
  ['406', { status: 406 }, /group may be empty.*--output-format/],
  ['501', { status: 501 }, /not enabled.*bulkx doctor/],
  [
    '302 of a POST',
    { status: 302, location: 'https://b.example/x', kickOff: { method: 'post' } },
    /POST is not sent again.*https:\/\/b.example\/x.*--server/,
  ],
  ['302 that leads nowhere', { status: 302 }, /^if you trust the server that it redirects to.*--server/],
  ['no parameter named', { status: 400, words: 'no' }, /^`--dry-run`/],
  [
    'a parameter named',
    { status: 400, words: 'Invalid parameter _since.', kickOff: { since: '2026-01-01T00:00:00Z' } },
    /^correct --since, or leave it out; with --lenient/,
  ],
  [
    'a date where an instant is wanted',
    { status: 400, words: '_since must be a FHIR instant', kickOff: { since: '2026-03-31' } },
    /^a date was sent.*: write `--since 2026-03-31T00:00:00Z`$/,
  ],
  [
    'a month',
    { status: 400, words: 'bad _until', kickOff: { until: '2026-03' } },
    /: write `--until 2026-03-01T00:00:00Z`$/,
  ],
  [
    'a time without seconds',
    { status: 400, words: '_since must be a FHIR instant', kickOff: { since: '2026-06-15T10:00Z' } },
    /^a time without seconds was sent.*: write `--since 2026-06-15T10:00:00Z`$/,
  ],
  ['one that was not sent', { status: 400, words: 'unlike _since' }, /^`--dry-run`/],
  [
    'one whose name begins like another',
    { status: 422, words: 'bad _typeFilter', kickOff: { type: ['A'], typeFilter: ['A?b=c'] } },
    /^correct --type-filter,/,
  ],
  [
    'an extra one',
    {
      status: 400,
      words: '"_container" is unknown',
      kickOff: { extra: [{ name: '_container', value: 'x' }] },
    },
    /^correct --param,/,
  ],
  [
    'lenient already',
    { status: 400, words: '_type', kickOff: { type: ['A'], lenient: true } },
    /^correct --type, or leave it out$/,
  ],
])('%s', (_name, given, hint) => {
  expect(errorOf(given)).toMatchObject({ code: 'BULKX_KICK_OFF_REFUSED', hint: expect.stringMatching(hint) })
})

test.each<[string | undefined, string[], RegExp]>([
  ['https://ehr.example', [], /`bulkx doctor Group\/123 --server https:\/\/ehr.example\/fhir`.*--scope/],
  ['https://b.example', [], /redirected to https:\/\/b.example.*--trust-origin https:\/\/b.example$/],
  ['https://b.example', ['https://b.example'], /bulkx doctor/],
])('401 from %s', (origin, trustedOrigins, hint) => {
  const auth = { kind: 'bearer', read: async () => 't' } as const
  const network = { ...config.network, auth, trustedOrigins }
  const error = unauthorized({ kind: 'unauthorized', message: 'HTTP 401', origin }, { ...config, network })
  expect(error).toMatchObject({ exitCode: 3, hint: expect.stringMatching(hint) })
})

test('401 to nobody: who asks is to be said', () => {
  const { hint } = unauthorized({ kind: 'unauthorized', message: 'HTTP 401' }, config)
  expect(hint).toMatch(/^no credential was given: --client-id with --key .* BULKX_TOKEN$/)
})

test('the doctor is named with the server, the target and the profile of this run', () => {
  const error = unauthorized(
    { kind: 'unauthorized', message: 'HTTP 401' },
    {
      ...config,
      server: "https://ehr.example/f'hir",
      identity: { profile: 'clinic', auth: 'bearer' },
      network: { ...config.network, auth: { kind: 'bearer', read: async () => 't' } },
    },
  )
  expect(error.hint).toContain(
    "`bulkx doctor Group/123 --server 'https://ehr.example/f'\\''hir' --profile clinic` looks",
  )
})

test('the doctor is named with the types, for the scopes follow from them', () => {
  const error = refused(
    { kind: 'refused', status: 404, message: 'HTTP 404', bulkData: true, outcome: true },
    { ...config, kickOff: kickOffOf({ type: ['Patient', 'Encounter'] }) },
    kickOffOf(),
  )
  expect(error.hint).toContain('`bulkx doctor Group/123 --type Patient,Encounter --server https://')
})

test.each([undecided, unlocated])('what may be running is never sent again by itself', (error) => {
  const { exitCode, hint } = error(config, 'why')
  expect(exitCode).toBe(4)
  expect(hint).toContain("`bulkx resume <status-url> --out './my out'`")
  expect(hint).toContain('--again')
})
