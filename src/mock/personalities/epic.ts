/** Epic, from notes on its page "FHIR Bulk Data Access" and from clients that talk to it. */
import { createHash } from 'node:crypto'
import { operationOutcome } from '../outcome.js'
import { DAY_MS, type OutcomeJson, personality } from '../personality.js'

const API = '/interconnect-fhir-oauth/api/FHIR'

/** Its own numbers for what is wrong, by the code of the issue. */
const numbers: Readonly<Record<string, string>> = {
  login: '59130',
  forbidden: '59130',
  'not-supported': '59100',
}

const numbered = ({ issue }: OutcomeJson) =>
  operationOutcome(
    issue.map((one) => {
      const code = numbers[one.code]
      const system = 'urn:oid:1.2.840.114350.1.13.0.1.7.2.657369'
      return code === undefined
        ? one
        : { ...one, details: { coding: [{ system, code }], text: one.diagnostics } }
    }),
  )

/** Opaque, as in `eNZwsy9bU7LX8nBB.RJXkpA3`: neither a type nor an ending. */
const opaque = (text: string): string => {
  const digest = createHash('sha256').update(text).digest('base64url').replace(/[-_]/g, 'x')
  return `e${digest.slice(0, 15)}.${digest.slice(15, 23)}`
}

export const epic = personality({
  name: 'epic',
  summary: 'Epic: groups, once in 24 hours each; status beside the base; "true" as text; files without names',
  example: 'Group/123 --type Patient',
  self: { publisher: 'Epic', software: 'Epic' },
  basePath: `${API}/R4`,
  levels: ['group'],
  paths: { status: `${API}/BulkRequest/{job}`, file: `${API}/BulkRequest/{job}/{name}` },
  kickOff: { methods: ['get'], accept: 'ignored', prefer: 'ignored' },
  // The bulk operations are what a bulk client is given, we conclude; reading a Group is none of them.
  refusals: { groupRead: 403 },
  parameters: ['_type', '_typeFilter', 'includeAssociatedData', '_outputFormat'],
  outcomeWords: (outcome) => ({
    contentType: 'application/fhir+json',
    text: JSON.stringify(numbered(outcome)),
  }),
  // The status of a second request is written nowhere that we know.
  secondJob: {
    same: 'target',
    as: { keptOrWithinMs: DAY_MS },
    status: 429,
    code: 'throttled',
    headers: () => ({}),
  },
  progress: ({ fraction }) => `${Math.floor(fraction * 100)}%`,
  retryAfter: () => undefined,
  manifest: {
    counts: false,
    deleted: false,
    expires: () => undefined,
    reshape: (manifest) => ({
      ...manifest,
      requiresAccessToken: String(manifest.requiresAccessToken),
    }),
  },
  requiresAccessToken: true,
  files: {
    gzip: true,
    lifetimeMs: 14 * DAY_MS,
    pageSize: 3000,
    name: ({ section, type, number }) => opaque(`${section} ${type} ${number}`),
  },
  auth: { methods: ['private_key_jwt'], scope: 'ignored' },
})
