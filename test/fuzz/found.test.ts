/** What fuzzing has found, a row each: it stays mended. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readLifetimeMs, readTokenResponse } from '../../src/auth/access-token.js'
import { main } from '../../src/cli/main.js'
import { readRetryAfter } from '../../src/http/retry-after.js'
import { isHttp, resolveUrl, urlMax, withoutQuery } from '../../src/http/url.js'
import type { JobEvent } from '../../src/job/facts.js'
import { openJournal, readJournal } from '../../src/job/journal.js'
import { newState, reduce } from '../../src/job/state.js'
import { readKickOff } from '../../src/protocol/kick-off.js'
import { isUnfinished, readManifest } from '../../src/protocol/manifest.js'
import { issuesMax, readBatchIssues, readIssues, serverWords } from '../../src/protocol/operation-outcome.js'
import { fakeIo } from '../cli/fake-io.js'
import { makeDirectory, ownDirectory } from '../helpers/conversation.js'

const base = 'https://ehr.example/fhir/status/1'
const answer = (body: string, status = 200) => ({ status, headers: {}, url: base, body, cut: false })

/** No text can be made of it: what JavaScript calls for that is data. */
const textless = { toString: 1, valueOf: 1 }

describe('objects whose toString is data', () => {
  const listed = { output: [{ type: 'Patient', url: 'f' }] }
  test.each<[string, object]>([
    ['status', { ...listed, status: textless }],
    ['requiresAccessToken', { ...listed, requiresAccessToken: textless }],
    ['link.relation', { ...listed, link: { relation: textless, url: 'x' } }],
    ['extension.url', { output: [{ url: 'f', extension: [{ url: textless, valueString: 'x' }] }] }],
    ['checksum', { output: [{ url: 'f', extension: { checksum: textless } }] }],
    ['countSeverity', { output: [{ url: 'f', countSeverity: [{ code: textless, count: 1 }] }] }],
  ])('%s of a manifest', (_name, manifest) => {
    expect(readManifest(manifest, base)?.items.output).toHaveLength(1)
  })

  test('elsewhere', () => {
    expect(isUnfinished({ status: textless })).toBe(false)
    expect(readIssues({ resourceType: 'OperationOutcome', issue: [{ severity: textless }] })).toMatchObject([
      { severity: 'error' },
    ])
    expect(readBatchIssues({ type: 'batch-response', entry: [{ response: { status: textless } }] })).toBe(
      undefined,
    )
    expect(readLifetimeMs(textless)).toBe(300_000)
  })
})

test('more outcomes in a manifest than a call takes arguments are read up to the limit', () => {
  const outcome = { resourceType: 'OperationOutcome', issue: [{ severity: 'error', diagnostics: 'no' }] }
  const many = Array.from({ length: 150_000 }, (_, index) => ({
    ...outcome,
    issue: [{ severity: 'error', diagnostics: `${index}` }],
  }))
  expect(readManifest({ output: [], error: [outcome], outcome: many }, base)?.issues).toHaveLength(issuesMax)
})

test('types, times and codes have an end', () => {
  const long = 'x'.repeat(201)
  const url = `https://ehr.example/${'x'.repeat(urlMax)}`
  const read = readManifest(
    {
      transactionTime: long,
      output: [
        { type: long, url: 'f' },
        { type: 'Patient', url },
      ],
    },
    base,
  )
  expect(read).toMatchObject({
    transactionTime: undefined,
    items: { output: [{ type: long.slice(0, 200) }, { url: '' }] },
  })
  const [issue] =
    readIssues({ resourceType: 'OperationOutcome', issue: [{ code: `a\u001b[2J${long}` }] }) ?? []
  expect(issue?.code).toMatch(/^ax{98}…$/)
})

test.each(['\\\\[/../', '/\\[/..', '/\t/[/..', '\\\\[/./x'])(
  '%j, which no resolver takes, is no address',
  (reference) => {
    expect(isHttp(resolveUrl(reference, base))).toBe(false)
  },
)

test('a URL that is shown moves no cursor', () => {
  expect(withoutQuery('https://ehr.example/\u001b[2J\u202ex\n?a')).toBe(
    'https://ehr.example/%1B[2J%E2%80%AEx%0A',
  )
  const response = readKickOff(answer('{"url":"https://ehr.example/\\u001b[2Jx"}', 202), 0)
  expect(response).toMatchObject({ kind: 'accepted' })
  expect(response.kind === 'accepted' && withoutQuery(response.pollingLocation)).toBe(
    'https://ehr.example/%1B[2Jx',
  )
})

test.each([
  'https:///..user:pass@b.example/x',
  'https:\\\\user:pass@b.example/x',
  'https://\t/user:pass@b.example/x',
])('user info behind %j is not shown', (url) => {
  expect(withoutQuery(url)).not.toContain('pass')
  expect(withoutQuery(url)).toContain('b.example/x')
})

test('a redirect that is told is short', () => {
  const headers = { location: `https://b.example/${'x'.repeat(20_000)}` }
  const response = readKickOff({ ...answer('', 302), headers }, 0)
  expect(response.kind === 'refused' && response.location?.length).toBe(500)
})

test('a wait of more than a century is none', () => {
  expect(readRetryAfter('9'.repeat(300), 0)).toBe(undefined)
  expect(readRetryAfter('1e300', 0)).toBe(undefined)
  expect(readRetryAfter('4000000000', 0)).toBe(undefined)
  expect(readRetryAfter('1000000000', 0)).toBe(1e12)
})

test('a JWT is hidden wherever it stands in a word', () => {
  const words = (text: string): string => {
    const response = readTokenResponse(answer(JSON.stringify({ error: text }), 400), 0)
    return 'words' in response ? response.words : ''
  }
  expect(words('the assertion eyJa.b.c is old')).toBe('the assertion *** is old')
  expect(words('x-eyJa.b-eyJa.b')).toBe('x-***')
  expect(words('eyJ is no token')).toBe('eyJ is no token')
})

describe('journals', () => {
  const event = (fact: object): string => `${JSON.stringify({ at: 1, ...fact })}\n`
  const created = event({ type: 'job-created', version: 1, exportId: 'x', server: 's', fhirUrl: 'f' })
  const journalOf = async (text: string): Promise<string> => {
    const directory = await ownDirectory()
    await makeDirectory(directory)
    const path = join(directory, 'journal')
    await writeFile(path, text)
    return path
  }

  test.each<[string, object]>([
    ['a manifest without items', { type: 'manifest-received', page: 'p', manifest: {} }],
    [
      'items that are none',
      { type: 'manifest-received', page: 'p', manifest: { items: { output: [null] } } },
    ],
    ['a name that is a number', { type: 'file-lost', name: 7 }],
    ['a time that is a text', { type: 'job-resumed', at: 'now' }],
    [
      'what is nested too deeply',
      { type: 'job-resumed', more: JSON.parse(`${'['.repeat(101)}${']'.repeat(101)}`) },
    ],
    ['a time beyond time', { type: 'job-resumed', at: 1e300 }],
    ['a duration beyond time', { type: 'file-completed', name: 'x', durationMs: 1e300 }],
    ['a code that is none', { type: 'export-failed', status: 1, message: '', code: 'BULKX_DEFECT' }],
    [
      'a target that is none',
      { type: 'job-created', exportId: '', server: '', fhirUrl: '', kickOff: { target: {} } },
    ],
    [
      'severities that every object has',
      { type: 'manifest-written', findings: [{ severity: 'toString', code: '', message: '' }] },
    ],
  ])('%s: damaged, and not cut off', async (_name, fact) => {
    const text = created + event(fact)
    const path = await journalOf(text)
    const damaged = { code: 'BULKX_STORAGE', message: expect.stringContaining('line 2') }
    await expect(readJournal(path, () => {})).rejects.toMatchObject(damaged)
    await expect(openJournal(path, () => {})).rejects.toMatchObject(damaged)
    await expect(readJournal(path, () => {})).rejects.toMatchObject(damaged)
  })

  test.each(['__proto__', 'constructor', 'hasOwnProperty', '__defineGetter__', 'to-come'])(
    'a fact called %s is passed over',
    async (type) => {
      const state = newState()
      await readJournal(await journalOf(created + event({ type })), (fact) => void reduce(state, fact))
      expect(state).toMatchObject({ exportId: 'x', lastFactAt: 1 })
    },
  )

  test('a gap in what is known makes no million of empty names', () => {
    const items = { output: [{ type: 'Patient', url: 'https://ehr.example/f' }], deleted: [], outcome: [] }
    const manifest = { items, issues: [], rest: JSON.parse('{"__proto__":{"x":1},"kept":1}') }
    const known = { output: 4e9, deleted: 0, outcome: 0 }
    const state = reduce(newState(), {
      type: 'manifest-received',
      page: 'p',
      manifest,
      known,
      at: 1,
    } as JobEvent)
    expect(state.pages.get('p')?.names.output).toEqual(['Patient.0001.ndjson'])
    expect(Object.getPrototypeOf(state.manifestRest)).toBe(Object.prototype)
    expect(state.manifestRest).toEqual({ kept: 1 })
  })
})

test('pointers of the job list that are none are passed over', async () => {
  const io = fakeIo()
  const folder = join(io.cwd, 'state', 'jobs')
  await mkdir(folder, { recursive: true })
  const good = { exportId: 'x', directory: '/d', server: 's', target: 't', startedAt: 1 }
  const bad = [
    { ...good, startedAt: 1e300 },
    { ...good, target: 7 },
    { ...good, server: null },
    [],
    null,
    good,
  ]
  for (const [index, pointer] of bad.entries())
    await writeFile(join(folder, `${index}.json`), JSON.stringify(pointer))
  expect(await main(['jobs', '--json'], io)).toBe(0)
  expect(JSON.parse(io.out()).jobs).toHaveLength(1)
})

describe('text that a pattern could look through again and again', () => {
  test.each<[string, string]>([
    ['tags without an end', '<title'.repeat(50_000)],
    ['beginnings of tokens', '-eyJ'.repeat(75_000)],
  ])('%s', (_name, text) => {
    expect(serverWords(answer(text)).length).toBeLessThanOrEqual(2000)
    expect(readTokenResponse(answer(text, 400), 0).kind).toBe('refused')
  })
})
