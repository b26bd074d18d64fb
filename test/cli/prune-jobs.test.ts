/** `bulkx jobs --prune`: what is gone for certain goes, what may only be away stays. */
import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Session, session } from './session.js'

const started = async (directory: string): Promise<Session> => {
  const talk = await session({ jobMs: 0 })
  await talk.run(['export', 'Group/123', '--server', talk.server, '--type', 'Patient', '-o', directory, '-q'])
  return talk
}

type Change = (cwd: string) => Promise<unknown>

test.each<[string, string, Change, 'there' | 'removed' | 'kept']>([
  ['a directory that is there', 'out', async () => {}, 'there'],
  ['one that is gone', 'out', (cwd) => rm(join(cwd, 'out'), { recursive: true }), 'removed'],
  ['one that was moved', 'out', (cwd) => rename(join(cwd, 'out'), join(cwd, 'other')), 'removed'],
  [
    'one whose folder is not there either',
    'disk/out',
    (cwd) => rm(join(cwd, 'disk'), { recursive: true }),
    'kept',
  ],
  [
    'one whose folder is empty, as that of a disk that is away',
    'disk/out',
    (cwd) => rm(join(cwd, 'disk/out'), { recursive: true }),
    'kept',
  ],
  [
    'one in a folder with something else in it',
    'disk/out',
    async (cwd) => {
      await rm(join(cwd, 'disk/out'), { recursive: true })
      await writeFile(join(cwd, 'disk/else'), '')
    },
    'removed',
  ],
  [
    'an empty one, as that of a disk that is away',
    'out',
    async (cwd) => {
      await rm(join(cwd, 'out'), { recursive: true })
      await mkdir(join(cwd, 'out'))
    },
    'there',
  ],
  [
    'a link that leads nowhere now',
    'out',
    async (cwd) => {
      await rm(join(cwd, 'out'), { recursive: true })
      await symlink('/nowhere/out', join(cwd, 'out'))
    },
    'there',
  ],
])('%s', async (_name, directory, change, end) => {
  const talk = await started(directory)
  await change(talk.cwd)
  const { code, result } = await talk.run(['jobs', '--prune', '--json'])
  const entry = expect.objectContaining({ directory: join(talk.cwd, directory), target: 'Group/123' })
  expect(code).toBe(0)
  expect(result.removed).toEqual(end === 'removed' ? [entry] : [])
  expect(result.kept).toEqual(end === 'kept' ? [entry] : [])
  expect(await readdir(join(talk.cwd, 'state/jobs'))).toHaveLength(end === 'removed' ? 0 : 1)
})

test('a directory that was used for another job', async () => {
  const talk = await started('out')
  await rm(join(talk.cwd, 'out'), { recursive: true })
  await talk.run(['export', 'Patient', '--server', talk.server, '--type', 'Patient', '-o', 'out', '-q'])
  const { result } = await talk.run(['jobs', '--prune', '--json'])
  expect(result.removed).toEqual([expect.objectContaining({ target: 'Group/123' })])
  expect((await talk.run(['jobs', '--json'])).result.jobs).toEqual([
    expect.objectContaining({ target: 'Patient', phase: 'complete' }),
  ])
})

test('people are told how many went, and what stays', async () => {
  const talk = await started('disk/out')
  await talk.run(['export', 'Patient', '--server', talk.server, '--type', 'Patient', '-o', 'out', '-q'])
  await rm(join(talk.cwd, 'disk'), { recursive: true })
  await rm(join(talk.cwd, 'out'), { recursive: true })
  const { err, out } = await talk.run(['jobs', '--prune'])
  expect(out).toBe('')
  expect(err).toBe(
    'took 1 job off the list: the directory is gone, or holds nothing but a refused kick-off\n' +
      'kept ./disk/out, which is not there: the folder that it was in is not there either: a disk may be away\n',
  )
  expect((await talk.run(['jobs', '--prune'])).err).toMatch(/^no job was taken off the list\nkept /)
})

test('kick-offs that the server refused are counted, and taken off where there is nothing else of them', async () => {
  const talk = await started('out')
  for (const directory of ['refused', 'used'])
    await talk.run(['export', 'Group/none', '--server', talk.server, '-o', directory, '-q'])
  await writeFile(join(talk.cwd, 'used/notes.txt'), '')
  const listed = await talk.run(['jobs'])
  expect(listed.out.trim().split('\n')).toEqual([expect.stringMatching(/^complete .* \.\/out$/)])
  expect(listed.err).toBe(
    'and 2 whose kick-off the server refused: `--json` lists them too, `--prune` takes them off the list\n',
  )
  expect((await talk.run(['jobs', '--json'])).result.jobs).toHaveLength(3)
  const { result } = await talk.run(['jobs', '--prune', '--json'])
  expect(result.removed).toEqual([
    expect.objectContaining({ directory: join(talk.cwd, 'refused'), target: 'Group/none' }),
  ])
  expect((await talk.run(['jobs', '--json'])).result.jobs).toHaveLength(2)
})
