/** Azurite, Microsoft's own emulator of Blob Storage, as a process on loopback that keeps all in memory. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BlobServiceClient } from '@azure/storage-blob'
import { front } from './front.js'
import { requireStore } from './installed.js'
import type { TestStore } from './store.js'

/** What everybody may know: the account that Azurite has. */
const account = 'devstoreaccount1'
const key = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

const connection = (port: number): string =>
  `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};BlobEndpoint=http://127.0.0.1:${port}/${account};`

const start = async (location: string) => {
  const main = requireStore.resolve('azurite/dist/src/blob/main.js')
  const options = ['--blobPort', '0', '--inMemoryPersistence', '--extentMemoryLimit', '256']
  const child = spawn(
    process.execPath,
    [main, ...options, '--silent', '--skipApiVersionCheck', '--disableTelemetry'],
    { cwd: location, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let said = ''
  child.stdout.setEncoding('utf8')
  for await (const piece of child.stdout) {
    said += String(piece)
    const [, port] = /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(said) ?? []
    if (port !== undefined) return { child, port: Number(port) }
  }
  throw new Error(`azurite ended: ${said}`)
}

export const startAzure = async (): Promise<TestStore> => {
  const location = await mkdtemp(join(tmpdir(), 'bulkx-azure-'))
  const { child, port: behind } = await start(location)
  child.stdout.resume()
  await BlobServiceClient.fromConnectionString(connection(behind)).getContainerClient('exports').create()
  const { port, close } = await front(behind, (request) => {
    store.requests.push(request)
    return store.onRequest?.(request)
  })
  const store: TestStore = {
    url: 'az://exports/first',
    at: (prefix) => `az://exports/${prefix}`,
    env: { AZURE_STORAGE_CONNECTION_STRING: connection(port) },
    slowDown: {
      status: 503,
      body: '<Error><Code>ServerBusy</Code><Message>Operations per second is over the account limit.</Message></Error>',
    },
    requests: [],
    close: async () => {
      await close()
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
      await rm(location, { recursive: true, force: true })
    },
  }
  return store
}
