/** s3rver on loopback. It knows no AbortMultipartUpload, nor uploads that are gone: both are answered here, as by Amazon. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { front } from './front.js'
import { requireStore } from './installed.js'
import type { StoreAnswer, StoreRequest, TestStore } from './store.js'

interface S3rver {
  httpServer: { closeAllConnections(): void }
  run(): Promise<{ port: number }>
  close(): Promise<void>
}

type S3rverClass = new (options: Record<string, unknown>) => S3rver

const uploadsIn = async (directory: string): Promise<string[]> => {
  const names = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
  return names
    .filter((entry) => entry.isDirectory() && /[\\/]\.?uploads$|_uploads$/.test(entry.parentPath))
    .map((entry) => join(entry.parentPath, entry.name))
}

export const startS3 = async (): Promise<TestStore> => {
  const directory = await mkdtemp(join(tmpdir(), 'bulkx-s3-'))
  const S3rver = requireStore('s3rver') as S3rverClass
  const server = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory,
    configureBuckets: [{ name: 'exports' }],
  })
  const { port: behind } = await server.run()
  const aborted = async ({ method, path }: StoreRequest): Promise<StoreAnswer | undefined> => {
    const [, id] = /[?&]uploadId=(\w+)/.exec(path) ?? []
    if (id === undefined) return undefined
    const found = (await uploadsIn(directory)).filter((path) => path.endsWith(id))
    if (method !== 'DELETE' && found.length > 0) return undefined
    for (const path of found) await rm(path, { recursive: true, force: true })
    const code = 'NoSuchUpload'
    return found.length > 0
      ? { status: 204 }
      : { status: 404, body: `<Error><Code>${code}</Code><Message>no such upload</Message></Error>` }
  }
  const { port, close } = await front(behind, async (request) => {
    store.requests.push(request)
    return (await store.onRequest?.(request)) ?? aborted(request)
  })
  const store: TestStore = {
    url: 's3://exports/first',
    at: (prefix) => `s3://exports/${prefix}`,
    env: {
      AWS_ACCESS_KEY_ID: 'S3RVER',
      AWS_SECRET_ACCESS_KEY: 'S3RVER',
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    },
    slowDown: {
      status: 503,
      body: '<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>',
    },
    requests: [],
    close: async () => {
      await close()
      server.httpServer.closeAllConnections()
      await server.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
  return store
}
