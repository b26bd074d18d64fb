// The same files fetched by each client in turn, in an order that rotates from round to round.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { dataOf } from './data.js'
import { judged, ratioOf, summary } from './figures.js'
import { compareOutput } from './outputs.js'
import { measured } from './process.js'

/** One run of one client into an empty folder that is gone afterwards. */
const runOnce = async (client, place, files, isCompared) => {
  const { out, folder } = place
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  try {
    const env = { BULKX_STATE_DIR: join(folder, 'state') }
    const figures = await measured(client.argv({ ...place, files }), { folder, env, name: client.name })
    if (isCompared) await compareOutput(client.name, out, files)
    return figures
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

/** Rounds of each client, in the order of `clients`. The first round is not counted, and its output compared. */
export const sideBySide = async (clients, place, files, rounds) => {
  const results = clients.map(() => [])
  for (let round = 0; round <= rounds; round += 1) {
    for (let turn = 0; turn < clients.length; turn += 1) {
      const position = (turn + round) % clients.length
      const figures = await runOnce(clients[position], place, files, round === 0)
      if (round > 0) results[position].push(figures)
    }
  }
  return results
}

/** A scenario: which files, by which way, against which client, and what must come of it. */
export const transfer =
  ({
    set,
    files: number,
    quickFiles,
    way = 'plain',
    isTls = false,
    reference,
    onDisk = false,
    target,
    stretch,
    rss,
  }) =>
  async ({ server, folder, outDirectory, diskDirectory, rounds, isQuick, own }) => {
    const { nginx } = server
    const origin = isTls ? nginx.tls : nginx.plain
    const made = await dataOf(set, isQuick ? quickFiles : number)
    const files = made.map((file) => ({ ...file, url: `${origin}/${way}/${set}/${file.name}` }))
    const { fhirUrl } = server.offer(files)
    const place = { fhirUrl, out: onDisk ? diskDirectory : outDirectory, ca: nginx.ca, folder }
    const [theirs, ...ours] = await sideBySide([reference, ...own], place, files, rounds)
    const [mine] = ours
    return {
      what: `${files.length} files of ${set === 'big' ? '256 MiB' : `${sizeOf(files[0])} KB`}`,
      clients: [reference, ...own].map(({ name }, position) => summary(name, [theirs, ...ours][position])),
      figures: [
        judged({ what: `wall, to ${reference.name}`, value: ratioOf(mine, theirs), target, stretch }),
        judged({ what: `CPU, to ${reference.name}`, value: ratioOf(mine, theirs, 'cpu') }),
        judged({ what: 'peak memory', value: summary('', mine).rss, unit: 'MiB', digits: 0, ...rss }),
      ],
    }
  }

const sizeOf = ({ bytes }) => Math.round(bytes / 1000)
