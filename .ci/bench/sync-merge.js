// Merging a night's delta into a large snapshot, and making the first snapshot of all.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { judged, median, summary } from './figures.js'
import { WrongOutput } from './outputs.js'
import { measured } from './process.js'
import { digestOf, sortedDigest, syncData } from './sync-data.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const program = fileURLToPath(new URL('sync-round.js', import.meta.url))
const file = 'Observation.ndjson'

/** The sources as they are, a file each. */
const compiled = (folder) => {
  const built = join(folder, 'built')
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const options = ['-p', join(root, 'src'), '--outDir', built, '--declaration', 'false']
  const { status, stdout } = spawnSync(process.execPath, [tsc, ...options], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the sources do not compile:\n${stdout}`)
  writeFileSync(join(built, 'package.json'), '{"type":"module"}')
  return built
}

/** A finished export, as far as a merge looks at it. */
const putExport = (directory, number, path, { bytes, sha256 }, lines) => {
  const folder = join(directory, 'exports', `00${number}`)
  mkdirSync(folder, { recursive: true })
  copyFileSync(path, join(folder, 'Observation.0001.ndjson'))
  const entry = { type: 'Observation', url: 'Observation.0001.ndjson', count: lines }
  const manifest = {
    output: [{ ...entry, bulkx: { bytes, sha256, lines, badLines: 0 } }],
    bulkx: { server: 'https://ehr.example/fhir' },
  }
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest))
}

/** Back to what stood there before the round. */
const reset = (directory, description) => {
  rmSync(join(directory, 'current'), { force: true })
  rmSync(join(directory, 'snapshots', description ? '002' : '001'), { recursive: true, force: true })
  if (description) writeFileSync(join(directory, 'dataset.json'), description)
  else rmSync(join(directory, 'dataset.json'), { force: true })
}

/** What dataset.json says of the snapshot's file, which is true. */
const digestIn = async (directory, generation) => {
  const { files } = JSON.parse(readFileSync(join(directory, 'dataset.json'), 'utf8'))
  const path = join(directory, 'snapshots', generation, file)
  const found = await digestOf(path)
  if (found !== files[file]) throw new WrongOutput(`dataset.json has another sha256 than ${path}`)
  return found
}

/** The first one counts only where it is the only one. */
const repeat = async (times, before, argv, folder) => {
  const results = []
  for (let round = 0; round <= times; round += 1) {
    before()
    const figures = await measured([process.execPath, program, ...argv], { folder, name: 'merge' })
    if (round > 0) results.push(figures)
  }
  return results
}

export const syncMerge =
  ({ base, delta, quickBase, quickDelta, wall, rss }) =>
  async ({ folder, outDirectory, rounds, isQuick }) => {
    const [baseLines, deltaLines] = isQuick ? [quickBase, quickDelta] : [base, delta]
    const built = compiled(folder)
    const data = syncData(baseLines, deltaLines)
    const directory = join(outDirectory, 'dataset')
    putExport(directory, 1, data.paths.base, data.base, baseLines)
    putExport(directory, 2, data.paths.delta, data.delta, deltaLines)
    try {
      const first = await repeat(rounds, () => reset(directory), [built, directory, '1', 'base'], folder)
      if ((await digestIn(directory, '001')) !== data.base.sha256)
        throw new WrongOutput('the first snapshot is not the export')
      const description = readFileSync(join(directory, 'dataset.json'), 'utf8')
      const merged = await repeat(
        rounds,
        () => reset(directory, description),
        [built, directory, '2', 'delta'],
        folder,
      )
      await digestIn(directory, '002')
      if (sortedDigest(join(directory, 'snapshots', '002', file)) !== data.sorted)
        throw new WrongOutput('the snapshot has other lines than base and delta give')
      const peak = (results) => median(results.map((one) => one.rss))
      const memory = { unit: 'MiB', digits: 0, target: rss }
      return {
        what: `${baseLines.toLocaleString('en')} lines (${(data.base.bytes / 1e6).toFixed(0)} MB), ${deltaLines.toLocaleString('en')} of them replaced`,
        clients: [summary('delta', merged), summary('first snapshot', first)],
        figures: [
          judged({ what: 'delta, wall', value: summary('', merged).wall, unit: 's', target: wall }),
          judged({ what: 'delta, memory', value: peak(merged), ...memory }),
          judged({ what: 'first snapshot, memory', value: peak(first), ...memory }),
        ],
      }
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  }
