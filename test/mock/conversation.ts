/** The steps of an export against a mock, without any of the client's code. */
import { createMock, type Mock, type MockOptions } from '../../src/mock/index.js'
import { type FakeClock, fakeClock } from '../helpers/fake-clock.js'

export const JOB_MS = 1000
export const ORIGIN = 'http://mock.example'
export const FHIR = `${ORIGIN}/fhir`
export const headers = { accept: 'application/fhir+json', prefer: 'respond-async' }
export const lenient = { ...headers, prefer: 'respond-async, handling=lenient' }

export interface Entry {
  type: string
  url: string
  count: number
}

export interface Manifest {
  transactionTime: string
  request: string
  requiresAccessToken: boolean
  output: Entry[]
  deleted: Entry[]
  error: Entry[]
  link?: { relation: string; url: string }[]
}

/** A mock with a clock of its own. */
export const pretend = (options: Partial<MockOptions> = {}): { mock: Mock; clock: FakeClock } => {
  const clock = fakeClock()
  return { mock: createMock({ clock, jobMs: JOB_MS, ...options }), clock }
}

export const ask = (mock: Mock, url: string, init: RequestInit = {}): Promise<Response> =>
  mock.handler(new Request(url, init))

/** Kicks off `[base]/path` and returns the polling location; throws with the server's words when it refuses. */
export const start = async (mock: Mock, path: string, init: RequestInit = { headers }): Promise<string> => {
  const response = await ask(mock, `${FHIR}/${path}`, init)
  if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`)
  return response.headers.get('content-location') ?? ''
}

/** A whole export up to its manifest. */
export const exported = async (
  { mock, clock }: { mock: Mock; clock: FakeClock },
  path: string,
  init?: RequestInit,
): Promise<Manifest> => {
  const location = await start(mock, path, init)
  clock.advance(JOB_MS)
  return (await (await ask(mock, location)).json()) as Manifest
}

/** The text of all files of a type, in the manifest's order. */
export const textOf = async (mock: Mock, entries: readonly Entry[], type?: string): Promise<string> => {
  let text = ''
  for (const entry of entries)
    if (type === undefined || entry.type === type) text += await (await ask(mock, entry.url)).text()
  return text
}

export type Json = Record<string, unknown> & { resourceType: string; id: string }

export const linesOf = (text: string): Json[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Json)

/** The resources of a whole export, of one type or of all. */
export const resourcesOf = async (
  server: { mock: Mock; clock: FakeClock },
  path: string,
  type?: string,
  init?: RequestInit,
): Promise<Json[]> => {
  const manifest = await exported(server, path, init)
  const resources: Json[] = []
  for (const entry of manifest.output) resources.push(...linesOf(await textOf(server.mock, [entry], type)))
  return resources
}

/** The body and headers of a kick-off by POST. */
export const posted = (parameter: unknown[], preference = headers.prefer): RequestInit => ({
  method: 'POST',
  headers: { ...headers, prefer: preference, 'content-type': 'application/fhir+json' },
  body: JSON.stringify({ resourceType: 'Parameters', parameter }),
})
