/**
 * The part of Google Cloud Storage's JSON API that is spoken to, as its documentation describes it: there is no emulator
 * of it among the packages of npm.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { front } from './front.js'
import type { TestStore } from './store.js'

interface Session {
  name: string
  content: Buffer
  isDone: boolean
}

const multiple = 256 * 1024

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

const json = (answer: ServerResponse, status: number, value: unknown): void =>
  void answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))

const failed = (answer: ServerResponse, status: number, message: string): void =>
  json(answer, status, { error: { code: status, message } })

class Bucket {
  readonly objects = new Map<string, Buffer>()
  readonly sessions = new Map<string, Session>()

  async answer(request: IncomingMessage, answer: ServerResponse): Promise<unknown> {
    const body = await bodyOf(request)
    const url = new URL(request.url ?? '', `http://${request.headers.host}`)
    const [, kind, bucket, name] =
      /^(\/upload|)\/storage\/v1\/b\/([^/]+)\/o(?:\/(.+))?$/.exec(url.pathname) ?? []
    if (bucket !== 'exports') return failed(answer, 404, 'The specified bucket does not exist.')
    const session = url.searchParams.get('upload_id')
    if (session !== null) return this.resume(session, request, body, answer)
    if (kind === '/upload') return this.upload(url, body, answer)
    return name === undefined ? this.list(url, answer) : this.get(decodeURIComponent(name), url, answer)
  }

  private upload(url: URL, body: Buffer, answer: ServerResponse): unknown {
    const name = url.searchParams.get('name') ?? ''
    if (url.searchParams.get('uploadType') === 'media') {
      this.objects.set(name, body)
      return json(answer, 200, { name })
    }
    const id = String(this.sessions.size + 1)
    this.sessions.set(id, { name, content: Buffer.alloc(0), isDone: false })
    const location = `${url.origin}${url.pathname}?uploadType=resumable&upload_id=${id}`
    return answer.writeHead(200, { location }).end()
  }

  private resume(id: string, request: IncomingMessage, body: Buffer, answer: ServerResponse): unknown {
    const session = this.sessions.get(id)
    if (!session) return failed(answer, 404, 'There is no such session.')
    if (request.method === 'DELETE') {
      this.sessions.delete(id)
      return answer.writeHead(499).end()
    }
    if (session.isDone) return json(answer, 200, { name: session.name })
    const [, first, last, total = '*'] =
      /^bytes (?:\*|(\d+)-(\d+))\/(\*|\d+)$/.exec(request.headers['content-range'] ?? '') ?? []
    if (first !== undefined && Number(first) !== session.content.length)
      return failed(answer, 400, 'A gap in the upload.')
    if (first !== undefined && Number(last) + 1 - Number(first) !== body.length)
      return failed(answer, 400, 'Not as many bytes as announced.')
    if (total === '*' && body.length % multiple !== 0)
      return failed(answer, 400, 'Pieces are multiples of 256 KiB.')
    session.content = Buffer.concat([session.content, body])
    if (total !== '*' && session.content.length === Number(total)) {
      session.isDone = true
      this.objects.set(session.name, session.content)
      return json(answer, 200, { name: session.name })
    }
    const { length } = session.content
    return answer.writeHead(308, length === 0 ? {} : { range: `bytes=0-${length - 1}` }).end()
  }

  private list(url: URL, answer: ServerResponse): void {
    const prefix = url.searchParams.get('prefix') ?? ''
    const all = [...this.objects].filter(([name]) => name.startsWith(prefix)).sort()
    const from = Number(url.searchParams.get('pageToken') ?? 0)
    const items = all.slice(from, from + 100).map(([name, { length }]) => ({ name, size: String(length) }))
    const next = from + 100 < all.length ? { nextPageToken: String(from + 100) } : {}
    json(answer, 200, { items: items.length > 0 ? items : undefined, ...next })
  }

  private get(name: string, url: URL, answer: ServerResponse): unknown {
    const content = this.objects.get(name)
    if (!content) return failed(answer, 404, `No such object: exports/${name}`)
    if (url.searchParams.get('alt') === 'media') return answer.writeHead(200).end(content)
    return json(answer, 200, { size: String(content.length) })
  }
}

export const startGcs = async (): Promise<TestStore> => {
  const bucket = new Bucket()
  const server = createServer((request, answer) => void bucket.answer(request, answer).catch(() => {}))
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port, close } = await front((server.address() as AddressInfo).port, (request) => {
    store.requests.push(request)
    return store.onRequest?.(request)
  })
  const store: TestStore = {
    url: 'gs://exports/first',
    at: (prefix) => `gs://exports/${prefix}`,
    env: { STORAGE_EMULATOR_HOST: `http://127.0.0.1:${port}` },
    slowDown: { status: 429, body: '{"error":{"code":429,"message":"rateLimitExceeded"}}' },
    requests: [],
    close: async () => {
      await close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return store
}
