/** Whole jobs over TCP with undici, the time of the waits being the fake clock's. */
import { onTestFinished } from 'vitest'
import type { Host } from '../../src/open-job.js'
import { checkInvariants, ownDirectory } from './conversation.js'
import { fakeClock } from './fake-clock.js'
import { type ConfigDifferences, configOf, hostOf, type Ran, type RunOptions, run } from './job.js'
import { type Listed, manifest } from './scripted-server.js'
import { type Respond, type TcpRequest, type TcpServer, tcpServer } from './tcp-server.js'

export const json =
  (body: object, headers: Record<string, string> = {}, status = 200): Respond =>
  (response) => {
    const text = JSON.stringify(body)
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...headers,
    })
    response.end(text)
  }

export const bytes =
  (body: string | Buffer, headers: Record<string, string> = {}): Respond =>
  (response) => {
    response.writeHead(200, { 'content-length': Buffer.byteLength(body), ...headers })
    response.end(body)
  }

/** The listed scripts in turn, the last one for ever. */
export const turns =
  (...scripts: Respond[]): Respond =>
  (response, request, number) =>
    scripts[Math.min(number, scripts.length - 1)]?.(response, request, number)

export const redirect =
  (location: string, status = 307): Respond =>
  (response) => {
    response.writeHead(status, { location, 'content-length': 0 }).end()
  }

export interface Wire {
  server: TcpServer
  directory: string
  clock: ReturnType<typeof fakeClock>
  run(
    differences?: Partial<ConfigDifferences>,
    options?: Partial<Omit<RunOptions, 'host' | 'config'>>,
    more?: Partial<Host>,
  ): Promise<Ran>
}

export interface WireOptions {
  /** Files by name, below `/files/`. */
  files?: Record<string, Respond>
  routes?: Record<string, Respond>
  /** The manifest's entries; default: one Patient entry for each file. */
  output?: (origin: string) => Listed[]
  more?: Record<string, unknown>
  keepAlive?: boolean
  /** Other servers, whose requests are looked at too. */
  others?: TcpServer[]
}

/** A server that answers a kick-off, a manifest, files, and DELETE. */
export const wire = async ({
  files = {},
  routes = {},
  output,
  more,
  keepAlive,
  others = [],
}: WireOptions): Promise<Wire> => {
  let origin = ''
  const listed = (): Listed[] =>
    output?.(origin) ??
    Object.keys(files).map((name) => ({ type: 'Patient', url: `${origin}/files/${name}` }))
  const server = await tcpServer(
    {
      'GET /fhir/': (response) =>
        response.writeHead(202, { 'content-location': `${origin}/status/1`, 'content-length': 0 }).end(),
      'GET /status/1': (response, request, number) =>
        json(manifest(listed(), more))(response, request, number),
      'DELETE /status/1': (response) => response.writeHead(202, { 'content-length': 0 }).end(),
      ...Object.fromEntries(Object.entries(files).map(([name, respond]) => [`GET /files/${name}`, respond])),
      ...routes,
    },
    { keepAlive },
  )
  origin = server.origin
  const directory = await ownDirectory()
  const clock = fakeClock()
  onTestFinished(() => server.close())
  return {
    server,
    directory,
    clock,
    run: async (differences = {}, options = {}, host = {}) => {
      const network = { token: async () => 's3cret-token', ...differences.network }
      const config = configOf({ fhirUrl: `${origin}/fhir`, directory, ...differences, network })
      const ran = await run({ config, host: hostOf({ clock, ...host }), ...options })
      const seen: TcpRequest[] = [server, ...others].flatMap(({ requests }) => requests)
      await checkInvariants(directory, seen, [origin, ...config.network.trustedOrigins])
      return ran
    },
  }
}
