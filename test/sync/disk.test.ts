/** Our own side's trouble: no room, no links, a disk that fails, a signal. */
import { cpSync, existsSync, lstatSync, readdirSync, symlinkSync } from 'node:fs'
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDataset } from '../../src/sync/dataset.js'
import { type DiskCall, failingDisk, openBelow } from '../own-side/failing-disk.js'
import { currentOf, fastDirectory, lines, putExport, resource, round } from './place.js'

const dataset = async (): Promise<string> => {
  const directory = fastDirectory()
  for (const number of [1, 2])
    putExport(directory, number, {
      output: [
        {
          name: 'Patient.0001.ndjson',
          text: lines(resource('Patient', `p${number}`, { x: 'x'.repeat(1000) })),
        },
      ],
    })
  await round(directory, [[1, 'base']])
  return directory
}

/** What a round that failed leaves: the generation before, and nothing of its own. */
const expectUntouched = async (directory: string): Promise<void> => {
  expect((await openDataset(directory)).generation).toBe(1)
  expect(Object.keys(currentOf(directory))).toEqual(['Patient.ndjson'])
  expect(readdirSync(join(directory, '.bulkx'))).toEqual([])
  expect(readdirSync(join(directory, 'snapshots'))).toEqual(['001'])
}

test.each([
  [2000, true],
  [2500, false],
])('%i bytes free', async (free, isTooLittle) => {
  const directory = await dataset()
  const merging = round(directory, [[2, 'delta']], { freeBytesOf: async () => free })
  if (!isTooLittle) return void (await merging)
  await expect(merging).rejects.toMatchObject({
    code: 'BULKX_DISK_FULL',
    message: expect.stringMatching(
      /needs about 2,\d{3} bytes, and only 2,000 bytes is free for .*bulkx-data-set/,
    ),
    hint: expect.stringMatching(/--keep/),
  })
  await expectUntouched(directory)
})

test('a disk that does not say how much is free', async () => {
  const directory = await dataset()
  await round(directory, [[2, 'delta']], { freeBytesOf: async () => undefined })
  expect((await openDataset(directory)).generation).toBe(2)
})

test('a signal', async () => {
  const directory = await dataset()
  const reason = new Error('enough')
  const signal = AbortSignal.abort(reason)
  await expect(round(directory, [[2, 'delta']], { signal })).rejects.toBe(reason)
  await expectUntouched(directory)
})

/** While `work` runs, `symlink` fails as it does without privileges, or where there are no links. */
const withoutLinks = async (code: string, work: () => Promise<unknown>): Promise<void> => {
  const original = promises.symlink
  promises.symlink = () => Promise.reject(Object.assign(new Error(code), { code }))
  syncBuiltinESMExports()
  try {
    await work()
  } finally {
    promises.symlink = original
    syncBuiltinESMExports()
  }
}

test.each(['EPERM', 'ENOSYS', 'ENOTSUP'])(
  'without links (%s) dataset.json names the snapshot',
  async (code) => {
    const directory = await dataset()
    await withoutLinks(code, () => round(directory, [[2, 'delta']]))
    const { generation, snapshot } = await openDataset(directory)
    expect([generation, snapshot]).toEqual([2, 'snapshots/002'])
    // One that leads to an older generation for ever would be worse than none.
    expect(existsSync(join(directory, 'current'))).toBe(false)
  },
)

test('a link that cannot be made for another reason is an error, and the clock stands', async () => {
  const directory = await dataset()
  await withoutLinks('EIO', () =>
    expect(round(directory, [[2, 'delta']])).rejects.toMatchObject({ code: 'BULKX_STORAGE' }),
  )
  expect((await openDataset(directory)).generation).toBe(1)
  await round(directory, [[2, 'delta']])
  expect(Object.values(currentOf(directory)).join('').split('\n')).toHaveLength(3)
})

test('current of somebody else is switched, not followed', async () => {
  const directory = await dataset()
  await promises.rm(join(directory, 'current'))
  const elsewhere = fastDirectory()
  symlinkSync(elsewhere, join(directory, 'current'))
  await round(directory, [[2, 'delta']])
  expect(readdirSync(elsewhere)).toEqual([])
  expect(Object.keys(currentOf(directory))).toEqual(['Patient.ndjson'])
})

test('what is made is for the owner alone', async () => {
  const directory = await dataset()
  const modeOf = (path: string): number => lstatSync(join(directory, path)).mode & 0o777
  expect(['snapshots', 'snapshots/001', '.bulkx'].map(modeOf)).toEqual([0o700, 0o700, 0o700])
  expect(['snapshots/001/Patient.ndjson', 'dataset.json'].map(modeOf)).toEqual([0o600, 0o600])
})

test('each call of the disk fails once: the round ends with what to do, and the next one ends it', async () => {
  const codes = ['ENOSPC', 'EIO', 'EACCES', 'EMFILE'] as const
  const before = await dataset()
  const copied = (): string => {
    const directory = fastDirectory()
    cpSync(before, directory, { recursive: true, verbatimSymlinks: true })
    return directory
  }
  const reference = copied()
  let calls: readonly DiskCall[] = []
  {
    using disk = await failingDisk(reference)
    await round(reference, [[2, 'delta']], { keysBytesMax: 1, seed: 1 })
    calls = [...disk.calls]
  }
  const end = currentOf(reference)
  expect(calls.length).toBeGreaterThan(50)
  for (const [at, call] of calls.entries()) {
    const directory = copied()
    const code = codes[at % codes.length] ?? 'EIO'
    const when = `${code} at ${call.kind} ${call.path} (${call.number})`
    {
      using disk = await failingDisk(directory)
      disk.fail({ ...call, code })
      const said = await round(directory, [[2, 'delta']], { keysBytesMax: 1, seed: 1 }).catch(
        (error) => error,
      )
      expect(disk.met, when).toBe(true)
      disk.mend()
      if (said instanceof Error)
        expect(said, when).toMatchObject({
          code: expect.stringMatching(/^BULKX_(DISK_FULL|STORAGE)$/),
          hint: expect.stringMatching(/bulkx sync|--out/),
        })
      await expect.poll(() => openBelow(directory), { message: `open, ${when}`, interval: 5 }).toEqual([])
    }
    if ((await openDataset(directory)).generation === 1) await round(directory, [[2, 'delta']])
    expect(currentOf(directory), when).toEqual(end)
    // What could not be removed goes with the next merge.
    const left = call.kind === 'rm' && call.path === '.bulkx/merge' && call.number === 2 ? ['merge'] : []
    expect(readdirSync(join(directory, '.bulkx')), when).toEqual(left)
  }
})
