/** A file of 300 MB takes no more memory than a small one. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from './child.js'
import { newPlace } from './place.js'
import { largeFile, serve } from './server.js'

const megabyte = 1_000_000
const limitMiB = 150

const tellPeak = [
  'import { writeFileSync } from "node:fs"',
  'process.on("exit", () => writeFileSync(process.env.PEAK_FILE, String(process.resourceUsage().maxRSS)))',
].join('\n')
const preload = [`data:text/javascript,${encodeURIComponent(tellPeak)}`]

test(`300 MB pass through less than ${limitMiB} MiB`, async () => {
  await using place = await newPlace()
  await using server = await serve({ data: largeFile(300_000, 1_000) })
  const peakFile = join(place.root, 'peak')
  const args = ['export', '--server', server.fhirUrl, '--out', place.out, '--quiet']
  const { code, stderr } = await run(place, args, { preload, env: { PEAK_FILE: peakFile } })
  expect(code, stderr).toBe(0)
  expect((await stat(join(place.out, 'Binary.0001.ndjson'))).size).toBe(300 * megabyte)
  const peakMiB = Number(await readFile(peakFile, 'utf8')) / 1024
  console.info(`peak memory of an export of 300 MB: ${Math.round(peakMiB)} MiB`)
  expect(peakMiB).toBeLessThan(limitMiB)
})
