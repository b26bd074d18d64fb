/** A merge takes nothing that is not what was stored, whatever its size: nothing is switched, and the file is named. */
import { readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { bundle, currentOf, lines, newDirectory, putExport, resource, round } from './place.js'

/** Other bytes, as many. */
const damage = (path: string): void => {
  const edit = (bytes: Buffer): Buffer => Buffer.from(bytes.toString().replace('-n-', '-m-'))
  const bytes = readFileSync(path)
  writeFileSync(path, path.endsWith('.gz') ? gzipSync(edit(gunzipSync(bytes))) : edit(bytes))
}

const started = async (gzip: boolean, keysBytesMax: number | undefined): Promise<string> => {
  const directory = newDirectory()
  const text = (from: number) => lines(...['-n-', 'b', 'c'].map((id) => resource('Patient', id, { from })))
  putExport(directory, 1, { output: [{ name: 'Patient.0001.ndjson', text: text(1), gzip }] })
  await round(directory, [[1, 'base']], { keysBytesMax })
  putExport(directory, 2, {
    output: [{ name: 'Patient.0001.ndjson', text: text(2).replace(/.*\n$/, ''), gzip }],
    deleted: [{ name: 'deleted/Bundle.0001.ndjson', text: lines(bundle('Patient/-n-')), gzip }],
  })
  return directory
}

describe.each([
  ['in memory', undefined],
  ['spilled', 1],
])('%s', (_name, keysBytesMax) => {
  test.each([
    ['exports/002/Patient.0001.ndjson', false],
    ['exports/002/deleted/Bundle.0001.ndjson', false],
    ['exports/002/Patient.0001.ndjson.gz', true],
    ['exports/002/deleted/Bundle.0001.ndjson.gz', true],
    ['snapshots/001/Patient.ndjson', false],
  ])('%s', async (file, gzip) => {
    const directory = await started(gzip, keysBytesMax)
    damage(join(directory, file))
    const before = currentOf(directory)
    await expect(round(directory, [[2, 'delta']], { keysBytesMax })).rejects.toMatchObject({
      code: 'BULKX_STORAGE',
      message: expect.stringContaining(`${file} is not what was stored`),
      hint: expect.stringMatching(/`bulkx verify` .* `bulkx sync --again/),
    })
    expect(readlinkSync(join(directory, 'current'))).toBe('snapshots/001')
    expect(currentOf(directory)).toEqual(before)
  })

  test('a new base takes the place of a snapshot that is damaged', async () => {
    const directory = await started(false, keysBytesMax)
    damage(join(directory, 'snapshots/001/Patient.ndjson'))
    await round(directory, [[2, 'base']], { keysBytesMax })
    expect(readlinkSync(join(directory, 'current'))).toBe('snapshots/002')
  })
})

test('a manifest without a sha256 is none of ours', async () => {
  const directory = await started(false, undefined)
  const path = join(directory, 'exports/002/manifest.json')
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll('"sha256"', '"sha1"'))
  await expect(round(directory, [[2, 'delta']])).rejects.toThrow(/lacks the sha256 of Patient.0001.ndjson/)
})
