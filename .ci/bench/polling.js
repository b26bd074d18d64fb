// How late a job's end is noticed, and at what price; against real time, all jobs at once, for they only wait.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { dataOf } from './data.js'
import { judged, summary } from './figures.js'
import { measured } from './process.js'

const runOne = async ({ server, folder, outDirectory, own }, files, { seconds, retryAfter }) => {
  const name = `${seconds} s, ${retryAfter ? 'with' : 'without'} Retry-After`
  const { fhirUrl, job } = server.offer(files, { runsMs: seconds * 1000, retryAfter })
  const place = join(folder, `poll-${seconds}-${retryAfter}`)
  const out = join(outDirectory, `poll-${seconds}-${retryAfter}`)
  mkdirSync(place, { recursive: true })
  mkdirSync(out, { recursive: true })
  try {
    const env = { BULKX_STATE_DIR: join(place, 'state') }
    const argv = own[0].argv({ fhirUrl, out, ca: server.nginx.ca })
    return { name, seconds, retryAfter, job, run: await measured(argv, { folder: place, env }) }
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

/** Seconds after the end of the job, or after the moment from which Retry-After allowed to see it. */
const lateness = ({ looks, readyAt }) => {
  const last = looks.at(-1)
  const before = looks.at(-2)
  const allowedAt = before ? before.at + before.allowedAfterMs : readyAt
  return (last.at - Math.max(readyAt, allowedAt)) / 1000
}

const isEarly = (look, position, looks) => {
  const before = looks[position - 1]
  return before !== undefined && look.at < before.at + before.allowedAfterMs
}

const judge = ({ name, seconds, retryAfter, job }) => {
  const late = { what: `${name}: noticed after`, value: lateness(job), unit: 's' }
  const looks = { what: `${name}: status requests`, value: job.looks.length, unit: '', digits: 0 }
  if (!retryAfter) {
    return [
      judged({ ...late, target: Math.max(1, seconds / 10) }),
      judged({ ...looks, target: seconds === 60 ? 40 : undefined }),
    ]
  }
  const early = job.looks.filter(isEarly).length
  return [
    judged({ ...late, target: 0.1 }),
    judged({ what: `${name}: requests too early`, value: early, unit: '', digits: 0, target: 0 }),
  ]
}

export const polling = async (context) => {
  const files = (await dataOf('small', 1)).map((file) => ({
    ...file,
    url: `${context.server.nginx.plain}/plain/small/${file.name}`,
  }))
  const jobs = (context.isQuick ? [2] : [2, 10, 60]).flatMap((seconds) => [
    { seconds, retryAfter: true },
    { seconds, retryAfter: false },
  ])
  const results = await Promise.all(jobs.map((job) => runOne(context, files, job)))
  return {
    what: 'jobs that take their time at the server',
    clients: results.map(({ name, run }) => summary(name, [run])),
    figures: results.flatMap(judge),
  }
}
