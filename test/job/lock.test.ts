/** One process a job: who holds the lock, who is dead, and who takes over. */
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Lock, type ProcessIdentity, takeLock } from '../../src/job/lock.js'
import { makeDirectory, ownDirectory } from '../helpers/conversation.js'
import { type FakeClock, fakeClock } from '../helpers/fake-clock.js'

const dead = new Set<number>()
const processOf = (pid: number, host = 'here'): ProcessIdentity => ({
  pid,
  host,
  isAlive: (other) => !dead.has(other),
})

const place = async () => {
  const directory = await ownDirectory()
  await makeDirectory(directory)
  const path = join(directory, 'lock')
  const clock = fakeClock()
  const take = (self: ProcessIdentity): Promise<Lock> => takeLock(path, { directory, self, clock })
  // The file's own time is that of the machine; the test's time is the clock's.
  const touch = (): Promise<void> => utimes(path, new Date(clock.now()), new Date(clock.now()))
  return { directory, path, clock, take, touch }
}

/** Beats are written in the background. */
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
const beat = async (clock: FakeClock, ms: number): Promise<void> => {
  for (let at = 0; at < ms; at += 15_000) {
    clock.advance(15_000)
    await settled()
  }
}

test('C-11 a second process is refused, by name, and may come when the first is done', async () => {
  const { take, touch, directory } = await place()
  const first = await take(processOf(1))
  await touch()
  await expect(take(processOf(2))).rejects.toMatchObject({
    code: 'BULKX_JOB_LOCKED',
    message: expect.stringContaining('process 1'),
  })
  await first.release()
  expect(await readdir(directory)).toEqual([])
  await (await take(processOf(2))).release()
})

test('a dead holder on this machine is taken over at once', async () => {
  const { take, touch, path } = await place()
  await take(processOf(7))
  await touch()
  dead.add(7)
  const second = await take(processOf(8))
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ pid: 8 })
  await second.assertHeld()
  dead.delete(7)
})

test('without a heartbeat for two minutes a holder elsewhere is dead', async () => {
  const { take, path, clock } = await place()
  const write = async (age: number): Promise<void> => {
    await writeFile(path, JSON.stringify({ id: 'x', host: 'there', pid: 1 }))
    await utimes(path, new Date(clock.now() - age), new Date(clock.now() - age))
  }
  await write(119_000)
  await expect(take(processOf(2))).rejects.toMatchObject({ code: 'BULKX_JOB_LOCKED' })
  await write(121_000)
  await (await take(processOf(2))).release()
})

test('a lock that was torn is taken over when it is old', async () => {
  const { take, path, clock } = await place()
  await writeFile(path, '{"id')
  await utimes(path, new Date(clock.now()), new Date(clock.now()))
  await expect(take(processOf(2))).rejects.toMatchObject({ code: 'BULKX_JOB_LOCKED' })
  clock.advance(121_000)
  await (await take(processOf(2))).release()
})

test('heartbeats keep it alive for hours', async () => {
  const { take, touch, clock } = await place()
  const first = await take(processOf(1, 'there'))
  await touch()
  await beat(clock, 3_600_000)
  await expect(take(processOf(2))).rejects.toMatchObject({ code: 'BULKX_JOB_LOCKED' })
  await first.assertHeld()
  await first.release()
})

test('of many that find a dead holder, one takes over', async () => {
  const { take, path } = await place()
  dead.add(99)
  await writeFile(path, JSON.stringify({ id: 'x', host: 'here', pid: 99 }))
  const results = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) => take(processOf(100 + index))),
  )
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  for (const result of results)
    if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'BULKX_JOB_LOCKED' })
  dead.delete(99)
})

test('a process that was suspended finds out that it has been replaced, and leaves the lock alone', async () => {
  const { take, path, clock } = await place()
  const first = await take(processOf(1))
  await writeFile(path, JSON.stringify({ id: 'other', host: 'here', pid: 2 }))
  clock.advance(300_000)
  await settled()
  await expect(first.assertHeld()).rejects.toMatchObject({ code: 'BULKX_JOB_LOCKED' })
  await first.release()
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ id: 'other' })
})
