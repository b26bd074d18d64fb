/** Each server that anybody can run, those of clouds, and those of guides, alone: that it speaks as its sources say. */
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { syntheticData } from '../../src/mock/data/synthetic.js'
import { createMock, type Mock, type MockOptions, personalities } from '../../src/mock/index.js'
import { type FakeClock, fakeClock } from '../helpers/fake-clock.js'
import { ask, headers, linesOf, ORIGIN, posted } from './conversation.js'

const JOB_MS = 10_000
const HOUR_MS = 3_600_000

type Name = keyof typeof personalities

interface ManifestJson extends Record<string, unknown> {
  output: { type: string; url: string; count?: number }[]
}

interface Server {
  mock: Mock
  clock: FakeClock
  kickOff(path: string, init?: RequestInit): Promise<Response>
  /** Kicks off, and says where the job is. */
  start(path: string, init?: RequestInit): Promise<string>
  exported(path: string, init?: RequestInit): Promise<ManifestJson>
  ask(url: string, init?: RequestInit): Promise<Response>
}

const visit = (name: Name, options: Partial<MockOptions> = {}): Server => {
  const clock = fakeClock()
  const mock = createMock({ clock, jobMs: JOB_MS, personality: personalities[name], ...options })
  const base = ORIGIN + mock.personality.basePath
  const kickOff: Server['kickOff'] = (path, init = { headers }) => ask(mock, `${base}/${path}`, init)
  const start: Server['start'] = async (path, init) => {
    const response = await kickOff(path, init)
    if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`)
    const named = response.headers.get('content-location') ?? response.headers.get('location') ?? ''
    return new URL(named, ORIGIN).href
  }
  const exported: Server['exported'] = async (path, init) => {
    const location = await start(path, init)
    clock.advance(JOB_MS)
    return (await (await ask(mock, location)).json()) as ManifestJson
  }
  return { mock, clock, kickOff, start, exported, ask: (url, init) => ask(mock, url, init) }
}

const statusOf = async (response: Promise<Response>): Promise<number> => (await response).status
const withAccept = (accept: string): RequestInit => ({ headers: { ...headers, accept } })
const withPrefer = (prefer: string): RequestInit => ({ headers: { ...headers, prefer } })
const delivery = { name: 'exportType', valueCanonical: 'hl7.fhir.us.davinci-pdex#provider-delta' }

test.each<[Name, string, number, RequestInit?]>([
  ['hapi', 'Patient/pat-1/$export', 202],
  ['hapi', 'Patient/$export', 202, posted([])],
  ['hapi', '$export', 202, withAccept('*/*')],
  ['hapi', '$export?_outputFormat=application%2Ffhir%2Bndjson', 202],
  ['hapi', '$export?_outputFormat=ndjson', 400],
  ['smile', '$export?_outputFormat=application/ndjson', 400],
  ['azure', '$export', 202],
  ['azure', '$export', 400, withAccept('application/fhir+json, application/json')],
  ['azure', '$export', 400, withPrefer('respond-async, separate-export-status')],
  ['azure', '$export', 202, withPrefer('respond-async, handling=lenient')],
  ['azure', '$export', 405, posted([])],
  ['azure', '$export?_till=2026-01-01T00:00:00Z&_container=c&_maxCount=5', 202],
  ['azure', '$export?includeAssociatedData=_history,_deleted', 202],
  ['azure', '$export?_until=2026-01-01T00:00:00Z', 400],
  ['azure', '$export?_elements=id', 400],
  ['azure', '$export?_typeFilter=Patient%3Fgender%3Dmale', 400],
  ['azure', '$export?_type=Patient&_typeFilter=Patient%3Fgender%3Dmale', 202],
  ['google', 'Group/123/$export', 400],
  ['google', 'Group/123/$export?organizeOutputBy=Patient', 202],
  ['google', 'Patient/$export', 202],
  ['google', 'Patient/$export', 400, { headers: { accept: headers.accept } }],
  ['aidbox', 'Patient/$export?patient=pat-1,pat-2', 202],
  ['aidbox', '$export?_outputFormat=application/fhir%2Bndjson%2Bgzip', 202],
  ['aidbox', '$export', 405, posted([])],
  ['medplum', 'Group/123/$export', 202, {}],
  ['openemr', '$export', 202],
  ['openemr', '$export', 400, withAccept('application/fhir+json, application/json')],
  ['openemr', '$export', 400, withPrefer('respond-async, handling=lenient')],
  ['openemr', '$export?_elements=id', 400],
  ['linuxforhealth', '$export', 202, posted([])],
  ['firely', '$export', 202],
  ['davinci', 'Group/123/$davinci-data-export', 202, posted([delivery])],
  [
    'davinci',
    'Group/123/$davinci-data-export',
    202,
    posted([
      { name: 'exportType', valueString: 'x' },
      { name: '_since', valueDateTime: '2026-01-01T00:00:00Z' },
    ]),
  ],
  ['davinci', 'Group/123/$davinci-data-export', 400, posted([{ name: 'exportType', valueCode: 'x' }])],
  [
    'davinci',
    'Group/123/$davinci-data-export',
    400,
    posted([delivery, { name: '_elements', valueString: 'id' }]),
  ],
  ['davinci', 'Group/123/$davinci-data-export', 422, posted([])],
  ['davinci', 'Group/123/$davinci-data-export', 400, posted([delivery], 'return=minimal')],
  ['davinci', 'Group/123/$davinci-data-export', 405],
  ['stu4', 'Group/123/$export', 405],
  ['stu4', 'Group/123/$export', 202, posted([])],
  ['stu4', '$export', 400, posted([{ name: '_type', valueString: 'Patient,Observation' }])],
  [
    'stu4',
    '$export',
    202,
    posted([
      { name: '_type', valueString: 'Patient' },
      { name: '_type', valueString: 'Observation' },
    ]),
  ],
  [
    'stu4',
    '$export',
    400,
    posted([{ name: 'includeAssociatedData', valueCode: 'LatestProvenanceResources' }]),
  ],
  [
    'stu4',
    '$export',
    202,
    posted([{ name: 'includeAssociatedData', valueCoding: { code: 'LatestProvenanceResources' } }]),
  ],
  ['stu4', '$export', 400, posted([{ name: 'organizeOutputBy', valueString: 'Nothing' }])],
])('%s: a kick-off of %s is answered by %d', async (name, path, status, init) => {
  expect(await statusOf(visit(name).kickOff(path, init))).toBe(status)
})

test.each<[Name, string, string | null, string | null, string | null]>([
  ['hapi', 'Patient/$export', '/fhir/$export-poll-status?_jobId=', 'Build in progress - Status set to', '5'],
  ['azure', '$export', '/_operations/export/', null, null],
  ['google', '$export', 'operations/', 'in progress', null],
  ['aidbox', '$export', '/fhir/$export-status/', null, null],
  ['medplum', '$export', '/fhir/R4/bulkdata/export/', null, null],
  ['linuxforhealth', '$export', '%3D%3D', null, null],
  ['firely', '$export', '/$exportstatus?_jobId=', 'Active', null],
])('%s: where a job is, and what it says while it works', async (name, path, where, progress, retryAfter) => {
  const server = visit(name)
  const location = await server.start(path)
  expect(location).toContain(where)
  server.clock.advance(JOB_MS / 2)
  const url = name === 'google' ? `${ORIGIN}/v1beta1${new URL(location).pathname}` : location
  const { status, headers: said } = await server.ask(url)
  expect(status).toBe(202)
  expect(said.get('x-progress') ?? '').toContain(progress ?? '')
  expect([said.has('x-progress'), said.get('retry-after')]).toEqual([progress !== null, retryAfter])
})

test.each<
  [Name, string, RequestInit | undefined, { running: number; after: number; done: number; again: number }]
>([
  ['hapi', '$export', undefined, { running: 202, after: 404, done: 404, again: 404 }],
  ['azure', '$export', undefined, { running: 202, after: 404, done: 202, again: 404 }],
  ['medplum', '$export', undefined, { running: 202, after: 404, done: 202, again: 202 }],
  ['linuxforhealth', '$export', undefined, { running: 202, after: 404, done: 202, again: 200 }],
  ['firely', '$export', undefined, { running: 202, after: 410, done: 202, again: 404 }],
  ['stu4', '$export', posted([]), { running: 202, after: 404, done: 202, again: 404 }],
])('%s: what DELETE does', async (name, path, init, expected) => {
  const remove = { method: 'DELETE' }
  const early = visit(name)
  const job = await early.start(path, init)
  const running = await statusOf(early.ask(job, remove))
  const after = await statusOf(early.ask(job))
  const again = await statusOf(early.ask(job, remove))
  const late = visit(name)
  const done = await late.start(path, init)
  late.clock.advance(JOB_MS)
  expect({ running, after, done: await statusOf(late.ask(done, remove)), again }).toEqual(expected)
})

describe('hapi', () => {
  test('files are Binary of 1000 resources, in an envelope for who asks for anything else', async () => {
    const server = visit('hapi', { data: { patients: 1200 } })
    const { output } = await server.exported('Patient/$export?_type=Patient')
    expect(output.map(({ url }) => /\/Binary\/[0-9a-f]+-\d$/.test(url))).toEqual([true, true])
    const url = output[0]?.url ?? ''
    const plain = await server.ask(url, { headers: { accept: 'application/fhir+ndjson' } })
    expect(linesOf(await plain.text())).toHaveLength(1000)
    const wrapped = await server.ask(url, { headers: { accept: 'application/fhir+json' } })
    expect(await wrapped.json()).toMatchObject({ resourceType: 'Binary', data: expect.any(String) })
  })

  test('an export without data has no lists; the request is relative', async () => {
    const { request, output, error, msg } = await visit('hapi').exported(
      '$export?_since=2026-01-01T00:00:00Z',
    )
    expect([output, error]).toEqual([undefined, undefined])
    expect([msg, request]).toEqual([expect.any(String), '/fhir/$export?_since=2026-01-01T00:00:00Z'])
  })

  test('the same request again is the same job; another body is another one', async () => {
    const server = visit('hapi')
    const first = await server.start('$export?_type=Patient')
    expect(await server.start('$export?_type=Patient')).toBe(first)
    expect(await server.start('$export?_type=Observation')).not.toBe(first)
    const posts = ['Patient', 'Observation'].map((type) => posted([{ name: '_type', valueString: type }]))
    expect(await server.start('$export', posts[0])).not.toBe(await server.start('$export', posts[1]))
  })

  test('files are purged while the job still says complete', async () => {
    const server = visit('hapi')
    const job = await server.start('$export?_type=Patient')
    server.clock.advance(JOB_MS)
    const { output } = (await (await server.ask(job)).json()) as ManifestJson
    server.clock.advance(2 * HOUR_MS)
    expect(await statusOf(server.ask(job))).toBe(200)
    expect(await statusOf(server.ask(output[0]?.url ?? ''))).toBe(404)
  })
})

test('smile: the polling location is called Location', async () => {
  const { headers: said } = await visit('smile').kickOff('Group/123/$export')
  expect([said.has('content-location'), said.get('location')]).toEqual([
    false,
    expect.stringContaining('/fhir_request/$export-poll-status?_jobId='),
  ])
})

test('azure: storage says no in XML, whatever comes along', async () => {
  const server = visit('azure')
  const { output, requiresAccessToken, issues } = await server.exported('$export?_type=Patient')
  expect([requiresAccessToken, issues]).toEqual([false, []])
  for (const more of [{}, { headers: { authorization: 'Bearer x' } }]) {
    const refused = await server.ask(output[0]?.url ?? '', more)
    expect([refused.status, await refused.text()]).toEqual([409, expect.stringContaining('<Error>')])
  }
})

test('google: a resource name, and buckets', async () => {
  const server = visit('google')
  const named = (await server.kickOff('Patient/$export')).headers.get('content-location') ?? ''
  expect(named).toMatch(/^projects\/p\/locations\/[^/]+\/datasets\/d\/operations\/[0-9a-f]+$/)
  server.clock.advance(JOB_MS)
  const manifest = (await (await server.ask(`${ORIGIN}/v1beta1/${named}`)).json()) as ManifestJson
  expect(manifest.output[0]?.url).toMatch(/^gs:\/\/bucket\/export\/[0-9a-f]+_Patient\.ndjson$/)
})

describe('aidbox', () => {
  test('one export at a time for the whole server', async () => {
    const server = visit('aidbox')
    await server.start('$export?_type=Patient')
    expect(await statusOf(server.kickOff('Group/123/$export'))).toBe(429)
    server.clock.advance(JOB_MS)
    expect(await statusOf(server.kickOff('Group/123/$export'))).toBe(202)
  })

  test('gzip is a format of files, and no coding', async () => {
    const server = visit('aidbox')
    const format = '_outputFormat=application/fhir%2Bndjson%2Bgzip'
    const { output, status, request } = await server.exported(
      `Patient/$export?patient=pat-1&_type=Patient&${format}`,
    )
    expect([status, request]).toEqual(['completed', expect.stringMatching(/^\[base\]\/fhir\/Patient/)])
    const response = await server.ask(output[0]?.url ?? '')
    expect(response.headers.has('content-encoding')).toBe(false)
    const text = gunzipSync(Buffer.from(await response.arrayBuffer())).toString()
    expect(linesOf(text).map(({ id }) => id)).toEqual(['pat-1'])
  })
})

describe('medplum', () => {
  test('links are made at each look; a job that has failed looks busy for ever', async () => {
    const server = visit('medplum')
    const job = await server.start('$export?_type=Patient')
    server.clock.advance(JOB_MS)
    const urlNow = async () => ((await (await server.ask(job)).json()) as ManifestJson).output[0]?.url
    const first = await urlNow()
    server.clock.advance(1000)
    expect(await urlNow()).not.toBe(first)

    const data = {
      ...syntheticData({ seed: 1, patients: 10 }),
      select: () => Promise.reject(new Error('no')),
    }
    const failing = visit('medplum', { data })
    const late = await failing.start('$export?_type=Patient')
    failing.clock.advance(2 * HOUR_MS)
    expect(await statusOf(failing.ask(late))).toBe(202)
  })
})

describe('openemr', () => {
  test('the kick-off takes as long as the work; files live an hour from there', async () => {
    const server = visit('openemr')
    const began = server.clock.now()
    const job = await server.start('$export?_type=Patient')
    expect(server.clock.now() - began).toBe(JOB_MS)
    const { output } = (await (await server.ask(job)).json()) as ManifestJson
    expect(await statusOf(server.ask(output[0]?.url ?? ''))).toBe(200)
    server.clock.advance(HOUR_MS)
    expect(await statusOf(server.ask(output[0]?.url ?? ''))).toBe(404)
    expect(await statusOf(server.ask(`${job}x`))).toBe(400)
  })

  test('no data is null, and outcomes stand in the manifest', async () => {
    const since = '$export?_since=2026-01-01T00:00:00Z'
    expect(await visit('openemr').exported(since)).toMatchObject({ output: null, error: [] })
    const reports = () => [{ severity: 'error', code: 'incomplete', diagnostics: 'no time' }] as const
    const data = { ...syntheticData({ seed: 1, patients: 10 }), reports }
    const { error } = await visit('openemr', { data }).exported('$export?_type=Patient')
    expect(error).toMatchObject([{ resourceType: 'OperationOutcome' }])
  })
})

test('linuxforhealth: times and requests in a form of its own', async () => {
  const { transactionTime, request, error } = await visit('linuxforhealth').exported(
    'Patient/$export?_type=Patient',
  )
  expect(transactionTime).toMatch(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d\.\d{3} -0500$/)
  expect([request, error]).toEqual(['Patient/$export?_type=Patient', undefined])
})

test('firely: an outcome with the 202, and files as NDJSON alone', async () => {
  const server = visit('firely')
  expect(await (await server.kickOff('$export')).json()).toMatchObject({ resourceType: 'OperationOutcome' })
  const { output } = await server.exported('$export?_type=Patient')
  const url = output[0]?.url ?? ''
  expect(url).toContain('/$exportfilerequest/?_jobId=')
  expect(await statusOf(server.ask(url, { headers: { accept: '*/*' } }))).toBe(406)
  expect(await statusOf(server.ask(url, { headers: { accept: 'application/fhir+ndjson' } }))).toBe(200)
})

describe('stu4', () => {
  const separate = 'respond-async,separate-export-status'
  const partial = { name: 'allowPartialManifests', valueBoolean: true }

  test('its manifest is the one of the ballot', async () => {
    const reports = () =>
      [
        { severity: 'warning', code: 'processing', diagnostics: 'one' },
        { severity: 'error', code: 'processing', diagnostics: 'two' },
      ] as const
    const data = { ...syntheticData({ seed: 1, patients: 10 }), reports }
    const manifest = await visit('stu4', { data }).exported('Group/123/$export', posted([]))
    expect(manifest).toMatchObject({
      manifestType: 'http://hl7.org/fhir/uv/bulkdata/OperationDefinition/group-export|4.0.0',
      extension: [{ url: expect.any(String), valueBoolean: true }],
      deleted: [],
      outcome: [
        {
          count: 2,
          fileSize: expect.any(Number),
          countSeverity: [
            { code: 'warning', count: 1 },
            { code: 'error', count: 1 },
          ],
        },
      ],
    })
    expect(Object.keys(manifest)).not.toContain('request')
    expect(Object.keys(manifest)).not.toContain('error')
    for (const entry of manifest.output)
      expect(Object.keys(entry)).toEqual(['type', 'url', 'count', 'fileSize'])
  })

  test('the status of the job is in a header for who prefers that', async () => {
    const server = visit('stu4')
    const kickOff = await server.kickOff('$export', posted([], separate))
    expect(kickOff.headers.get('preference-applied')).toBe('respond-async, separate-export-status')
    const job = kickOff.headers.get('content-location') ?? ''
    const seen = async () => {
      const response = await server.ask(job)
      return [response.status, response.headers.get('x-export-status')]
    }
    expect(await seen()).toEqual([200, '202 Accepted'])
    server.clock.advance(JOB_MS)
    expect(await seen()).toEqual([200, '200 OK'])
    server.clock.advance(30 * 24 * HOUR_MS)
    expect(await seen()).toEqual([200, '410 Gone'])
    await server.ask(job, { method: 'DELETE' })
    expect(await seen()).toEqual([404, null])
    const plain = await server.ask(await server.start('$export', posted([])))
    expect([plain.status, plain.headers.has('x-export-status')]).toEqual([202, false])
  })

  test('a failure is an OperationOutcome of its own media type', async () => {
    const data = {
      ...syntheticData({ seed: 1, patients: 10 }),
      select: () => Promise.reject(new Error('no')),
    }
    const server = visit('stu4', { data })
    const job = await server.start('$export', posted([], separate))
    server.clock.advance(JOB_MS)
    const response = await server.ask(job)
    expect([response.status, response.headers.get('x-export-status')]).toEqual([
      200,
      '500 Internal Server Error',
    ])
    expect(response.headers.get('content-type')).toBe('application/fhir+json')
  })

  test('pages of a job that goes on do not change, but lead to further ones, whose files are there', async () => {
    const server = visit('stu4')
    const job = await server.start('$export', posted([partial]))
    const seen: unknown[] = []
    for (let quarter = 0; quarter <= 4; quarter += 1) {
      const response = await server.ask(job)
      const text = await response.text()
      const { output = [], link } = (text === '' ? {} : JSON.parse(text)) as ManifestJson
      seen.push([response.status, output.length, link !== undefined])
      for (const { url } of output) expect(await statusOf(server.ask(url))).toBe(200)
      server.clock.advance(JOB_MS / 4)
    }
    expect(seen).toEqual([
      [202, 0, false],
      [202, 3, false],
      [202, 3, true],
      [202, 3, true],
      [200, 3, true],
    ])
    expect(await statusOf(server.ask(`${job}?page=4`))).toBe(200)
    const whole = await server.start('$export', posted([]))
    server.clock.advance(JOB_MS / 2)
    expect(await (await server.ask(whole)).text()).toBe('')
  })

  test('files by instance: headers, blocks that go on, no types', async () => {
    const body = posted([{ name: 'organizeOutputBy', valueString: 'Patient' }])
    const server = visit('stu4', { pageSize: 50, data: { patients: 10 } })
    const { output, outputOrganizedBy } = await server.exported('Group/123/$export', body)
    expect([outputOrganizedBy, output.every((entry) => entry.type === undefined)]).toEqual(['Patient', true])
    let before: string | undefined
    for (const { url, count, ...more } of output) {
      const lines = linesOf(await (await server.ask(url)).text())
      const isHeader = ({ resourceType }: { resourceType: string }) => resourceType === 'Parameters'
      expect(lines.filter((line) => !isHeader(line))).toHaveLength(count ?? 0)
      expect(isHeader(lines[0] ?? { resourceType: '' })).toBe(true)
      if (before !== undefined) expect(url).toBe(before)
      before = (more as { continuesInFile?: string }).continuesInFile
    }
    const joined = output.filter((entry) => 'continuesInFile' in entry)
    expect(joined.length).toBeGreaterThan(0)
  })
})
