/** A directory as a sink: the contract, and what a file system adds to it. */
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { localSink } from '../../src/sink/local.js'
import { storageError } from '../../src/sink/storage-error.js'
import { sinkContract } from '../contract/sink.js'
import { ownDirectory, tree } from '../helpers/conversation.js'

const open = async () => {
  const directory = await ownDirectory()
  await mkdir(directory)
  const reopen = () => localSink({ directory, system: 'boot-1' })
  return { directory, sink: reopen(), reopen, names: () => tree(directory) }
}

sinkContract('local', open, { keepsParts: true })

test("everything is its owner's alone", async () => {
  const { sink, directory } = await open()
  await sink.write('deleted/Bundle.0001.ndjson', 'x')
  for (const name of ['deleted', '.bulkx', '.bulkx/parts'])
    expect((await stat(join(directory, name))).mode & 0o777).toBe(0o700)
  expect((await stat(join(directory, 'deleted/Bundle.0001.ndjson'))).mode & 0o777).toBe(0o600)
})

test('nothing of our own looks like data', async () => {
  const { sink, directory } = await open()
  const part = await sink.part('deleted/Bundle.0001.ndjson')
  await part.restart({ etag: '"a"', length: 5 })
  await part.append(Buffer.from('x'))
  await part.suspend()
  const names = await readdir(join(directory, '.bulkx/parts'))
  expect(names).toHaveLength(2)
  for (const name of names) expect(name).not.toMatch(/\.(ndjson|jsonl)(\.gz)?$/)
})

test('bytes that an earlier system wrote are not gone on from: they may never have reached the disk', async () => {
  const { sink, directory } = await open()
  const part = await sink.part('a')
  await part.restart({ etag: '"a"', length: 50 })
  await part.append(Buffer.from('bytes'))
  await part.suspend()
  expect((await localSink({ directory, system: 'boot-2' }).part('a')).kept()).toEqual({ bytes: 0 })
  await writeFile(join(directory, '.bulkx/parts/a.note'), 'torn')
  expect((await localSink({ directory, system: 'boot-1' }).part('a')).kept()).toEqual({ bytes: 0 })
})

describe('trouble', () => {
  test('a name that cannot be taken is a storage error, and the other files are not touched', async () => {
    const { sink, directory } = await open()
    await mkdir(join(directory, 'taken', 'x'), { recursive: true })
    const results = await Promise.allSettled([
      sink.write('a', '1'),
      sink.write('taken', '2'),
      sink.write('b', '3'),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(results[1]).toMatchObject({ reason: { code: 'BULKX_STORAGE' } })
    expect(await readFile(join(directory, 'b'), 'utf8')).toBe('3')
  })

  test('a folder that is a file is a storage error', async () => {
    const { sink, directory } = await open()
    await writeFile(join(directory, 'deleted'), '')
    await expect(sink.write('deleted/a', 'x')).rejects.toMatchObject({ code: 'BULKX_STORAGE' })
  })

  test.each([
    ['ENOSPC', 'BULKX_DISK_FULL', 8],
    ['EDQUOT', 'BULKX_DISK_FULL', 8],
    ['EACCES', 'BULKX_STORAGE', 8],
    ['EIO', 'BULKX_STORAGE', 8],
    ['EROFS', 'BULKX_STORAGE', 8],
  ])('%s is %s, %i, with a hint', (code, expected, exitCode) => {
    const error = storageError('Cannot write x', Object.assign(new Error('raw'), { code }))
    expect(error).toMatchObject({ code: expected, exitCode, hint: expect.stringContaining('bulkx resume') })
    expect(error.message).toMatch(/^Cannot write x: /)
  })
})
