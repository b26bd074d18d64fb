// Kick-off, status and manifest; the URLs in it lead to nginx.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { startNginx } from './nginx.js'

/** Before each file of a scenario with latency, milliseconds. */
export const latencyMs = 50

const progress = (job, now) => {
  const secondsLeft = Math.max(1, Math.ceil((job.readyAt - now) / 1000))
  return { 'X-Progress': 'in progress', ...(job.retryAfter && { 'Retry-After': String(secondsLeft) }) }
}

class StatusServer {
  jobs = new Map()

  answer(request, response) {
    const now = Date.now()
    if (request.url === '/wait') {
      setTimeout(() => response.writeHead(204).end(), latencyMs)
      return
    }
    const [, id, rest] = /^\/(\d+)\/fhir\/(.*)$/.exec(request.url) ?? []
    const job = this.jobs.get(id)
    if (job === undefined) response.writeHead(404).end()
    else if (rest.startsWith('$export')) this.kickOff(id, job, now, response)
    else if (request.method === 'DELETE') response.writeHead(202).end()
    else if (rest === 'status') this.status(job, now, response)
    else response.writeHead(404).end()
  }

  kickOff(id, job, now, response) {
    job.readyAt = now + job.runsMs
    job.looks = []
    response.writeHead(202, { 'Content-Location': `${this.url}/${id}/fhir/status` }).end()
  }

  status(job, now, response) {
    const isReady = now >= job.readyAt
    const headers = isReady ? { 'Content-Type': 'application/json' } : progress(job, now)
    const allowedAfterMs = isReady ? 0 : Number(headers['Retry-After'] ?? 0) * 1000
    job.looks.push({ at: now, isReady, allowedAfterMs })
    response.writeHead(isReady ? 200 : 202, headers).end(isReady ? job.manifest : undefined)
  }
}

const manifestOf = (files) =>
  JSON.stringify({
    transactionTime: new Date().toISOString(),
    request: 'http://127.0.0.1/$export',
    requiresAccessToken: false,
    output: files.map(({ type, url, count }) => ({ type, url, count })),
    error: [],
  })

/** Starts both servers on free ports of loopback, with all of their own files in `folder`. */
export const startServer = async (folder) => {
  const status = new StatusServer()
  const server = createServer((request, response) => status.answer(request, response))
  server.keepAliveTimeout = 600_000
  server.listen(0, '127.0.0.1', 1024)
  await once(server, 'listening')
  const { port } = server.address()
  status.url = `http://127.0.0.1:${port}`
  const nginx = await startNginx(folder, port)
  return {
    nginx,
    /** An export of these files (type, url, count), ready so many milliseconds after each kick-off. */
    offer: (files, { runsMs = 0, retryAfter = false } = {}) => {
      const id = String(status.jobs.size + 1)
      const job = { manifest: manifestOf(files), runsMs, retryAfter, readyAt: 0, looks: [] }
      status.jobs.set(id, job)
      return { fhirUrl: `${status.url}/${id}/fhir`, job }
    },
    close: async () => {
      await nginx.close()
      server.closeAllConnections()
      server.close()
    },
  }
}
