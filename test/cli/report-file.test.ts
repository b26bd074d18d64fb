/** Where `bulkx report` writes its page: to a name that nobody else uses, or not at all. */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { session } from './session.js'

const exported = async () => {
  const shell = await session()
  const { run, server, cwd } = shell
  expect((await run(['export', 'Patient', '--server', server, '--out', 'out'])).code).toBe(0)
  return { ...shell, out: join(cwd, 'out') }
}

test('names of an export, of a data set, and of our own folder are refused', async () => {
  const { run, cwd, out } = await exported()
  symlinkSync('out/.bulkx', join(cwd, 'elsewhere'))
  const taken = ['lock', 'x.html'].map((name) => join('out/.bulkx', name))
  const others = ['out/foo.ndjson', 'foo.ndjson.gz', 'manifest.json', 'dataset.json', 'elsewhere/x.html']
  for (const name of [...taken, ...others]) {
    const { code, err } = await run(['report', 'out', '--out', name])
    expect([code, err], name).toEqual([2, expect.stringContaining('with --out, outside of .bulkx')])
    expect(existsSync(join(cwd, name)), name).toBe(false)
  }
  expect(readdirSync(out)).not.toContain('foo.ndjson')
})

test("a file of the user's own beside it is left alone, and nothing is left behind", async () => {
  const { run, cwd } = await exported()
  writeFileSync(join(cwd, 'notes.html.part'), 'mine')
  expect((await run(['report', 'out', '--out', 'notes.html'])).code).toBe(0)
  expect(readFileSync(join(cwd, 'notes.html.part'), 'utf8')).toBe('mine')
  mkdirSync(join(cwd, 'folder.html'))
  expect((await run(['report', 'out', '--out', 'folder.html'])).code).toBe(2)
  const { code, err } = await run(['report', 'out', '--out', 'nowhere/page.html'])
  expect([code, err]).toEqual([8, expect.stringContaining('name a file in a directory that is there')])
  expect(
    readdirSync(cwd)
      .filter((name) => name.includes('.html'))
      .sort(),
  ).toEqual(['folder.html', 'notes.html', 'notes.html.part'])
})
