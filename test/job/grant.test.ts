/** Fewer scopes than were asked for: kept with the kick-off that they were for, and what a type without one means. */
import { expect, test } from 'vitest'
import type { Fact, JobEvent } from '../../src/job/facts.js'
import { findingsOf } from '../../src/job/findings.js'
import { newState, reduce } from '../../src/job/state.js'
import type { KickOffRequest } from '../../src/protocol/types.js'
import { conversation } from '../helpers/conversation.js'
import { kickOffOf } from '../helpers/job.js'
import { fhirUrl, manifest, origin, type Reply, routes, statusUrl } from '../helpers/scripted-server.js'

const granted: Fact = {
  type: 'scopes-granted',
  asked: 'system/Patient.rs system/Condition.rs',
  granted: 'system/Patient.rs',
  types: ['Condition'],
}
const requested: Fact = { type: 'kick-off-requested', method: 'GET', url: `${fhirUrl}/$export` }

const created = (kickOff: Partial<KickOffRequest>, sinceLast?: true): Fact => ({
  type: 'job-created',
  version: 1,
  exportId: 'x',
  server: fhirUrl,
  fhirUrl,
  kickOff: kickOffOf({ type: ['Patient', 'Condition'], ...kickOff }),
  sinceLast,
})

const stateOf = (...facts: Fact[]) =>
  facts.map((fact): JobEvent => ({ ...fact, at: 1 })).reduce(reduce, newState())

const since = '2026-01-01T00:00:00Z'

test.each<[string, Fact[], string]>([
  ['no time: a warning', [created({}), requested, granted], 'warning type-not-granted'],
  ['since a time', [created({ since }), requested, granted], 'error type-not-granted'],
  [
    'since a time that is no option',
    [created({ extra: [{ name: '_since', value: since }] }), requested, granted],
    'error type-not-granted',
  ],
  ['the first since the last', [created({}, true), requested, granted], 'error type-not-granted'],
  ['everything is granted', [created({ since }), requested], 'information type-not-delivered'],
  [
    'of an earlier kick-off',
    [created({ since }), requested, granted, { type: 'kick-off-unsent', reason: 'x' }, requested],
    'information type-not-delivered',
  ],
  [
    'another type',
    [created({ since }), requested, { ...granted, types: ['Observation'] }],
    'information type-not-delivered',
  ],
])('%s', (_what, facts, want) => {
  const found = findingsOf(stateOf(...facts)).filter(({ message }) => /no Condition/.test(message))
  expect(found.map(({ severity, code }) => `${severity} ${code}`)).toEqual([want])
})

test('the words of the server are bounded, and on one line', () => {
  const long = `system/Patient.rs\u001b[31m\n${'system/Patient.rs '.repeat(500)}`
  const [finding] = findingsOf(stateOf(created({ since }), requested, { ...granted, granted: long }))
  expect(finding?.message.length).toBeLessThan(500)
  expect(finding?.message).not.toMatch(/[\u0000-\u001f]/)
})

const narrow = {
  kind: 'client-secret-post' as const,
  clientId: 'me',
  tokenUrl: `${origin}/token`,
  readSecret: async () => 'secret',
}
const token = { body: { access_token: 's3cret-token', token_type: 'bearer', scope: 'system/Patient.rs' } }

test.each<[string, Reply, string[]]>([
  [
    'beside the answer to the kick-off',
    { status: 202, headers: { 'content-location': statusUrl } },
    ['kick-off-requested', 'scopes-granted', 'kick-off-accepted'],
  ],
  ['after an answer that is lost', { status: 502 }, ['kick-off-requested', 'scopes-granted']],
])('it is kept %s', async (_what, answer, want) => {
  const talk = await conversation(
    routes({
      [`POST ${origin}/token`]: token,
      [`GET ${origin}/fhir/`]: answer,
      [`GET ${statusUrl}`]: { body: manifest([]) },
    }),
  )
  const { events } = await talk.run({
    network: { auth: narrow },
    kickOff: kickOffOf({ type: ['Patient', 'Condition'] }),
  })
  expect(events.slice(0, 3).map(({ type }) => type)).toEqual(want)
  expect(events[1]).toMatchObject({ granted: 'system/Patient.rs', types: ['Condition'] })
})
