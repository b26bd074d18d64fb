/** A Redis of a test's own: on a free port, in a directory of its own, with everything it was told on the disk. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@redis/client'

export interface RedisServer extends AsyncDisposable {
  url: string
  /** One command, and what came of it. */
  ask(...words: string[]): Promise<unknown>
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** On the same port, with what is on the disk. */
  start(): Promise<void>
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}

const options = (port: number, directory: string, password: string | undefined): string[] => [
  ...['--port', String(port), '--bind', '127.0.0.1', '--dir', directory],
  ...['--appendonly', 'yes', '--appendfsync', 'always', '--save', '', '--daemonize', 'no'],
  ...(password === undefined ? [] : ['--requirepass', password]),
]

/** Until it takes connections, and has read what is on the disk. */
const isReady = async (child: ChildProcess): Promise<void> => {
  let said = ''
  for await (const piece of child.stdout ?? []) {
    said += String(piece)
    if (/Ready to accept connections/.test(said)) return
  }
  throw new Error(`redis-server has ended:\n${said}`)
}

export const redisServer = async ({ password }: { password?: string } = {}): Promise<RedisServer> => {
  const directory = await mkdtemp(join(tmpdir(), 'bulkx-redis-'))
  const port = await freePort()
  const url = `redis://127.0.0.1:${port}`
  let child: ChildProcess | undefined
  const start = async (): Promise<void> => {
    child = spawn('redis-server', options(port, directory, password), {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await isReady(child)
    child.stdout?.resume()
  }
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
  await start()
  return {
    url,
    start,
    stop,
    ask: async (...words) => {
      const client = createClient({ url, password, RESP: 2 })
      client.on('error', () => {})
      await client.connect()
      try {
        return await client.sendCommand(words)
      } finally {
        client.destroy()
      }
    },
    [Symbol.asyncDispose]: async () => {
      await stop('SIGKILL')
      await rm(directory, { recursive: true, force: true })
    },
  }
}
