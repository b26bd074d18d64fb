/** A pipe in a file's place: whoever opened it would wait for ever, deaf to signals. Each command ends by itself. */
import { execFileSync } from 'node:child_process'
import { lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { lacks } from '../helpers/tools.js'
import { session } from './session.js'

const pipe = (path: string): void => {
  rmSync(path, { force: true })
  mkdirSync(dirname(path), { recursive: true })
  execFileSync('mkfifo', [path])
}

describe.skipIf(lacks('mkfifo'))('a pipe', () => {
  test.each([
    ['dataset.json', ['report', 'there'], 8],
    ['dataset.json', ['verify', 'there'], 8],
    ['.bulkx/journal', ['status', '--offline', 'there'], 8],
    ['.bulkx/journal', ['resume', 'there'], 8],
    ['.bulkx/journal', ['verify', 'there'], 10],
    ['.bulkx/round.json', ['report', 'there'], 0],
    ['manifest.json', ['report', 'there'], 2],
  ])('as %s: %j', async (name, argv, expected) => {
    const { run, cwd } = await session()
    pipe(join(cwd, 'there', name))
    const { code, err } = await run(argv)
    expect(code, err).toBe(expected)
    if (code !== 0) expect(err).toMatch(/^hint: /m)
  })

  test.each(['.bulkx/journal', '.bulkx/lock'])('as %s of an export: said, with what to do', async (name) => {
    const { run, cwd, server } = await session()
    pipe(join(cwd, 'out', name))
    const { code, err } = await run(['export', 'Patient', '--server', server, '--out', 'out'])
    expect([code, err]).toEqual([8, expect.stringContaining('it is no file')])
    expect(err).toContain('hint: somebody has put something else in its place')
  })

  test('as the page of a report: nothing is written over', async () => {
    const { run, cwd, server } = await session()
    expect((await run(['export', 'Patient', '--server', server, '--out', 'out'])).code).toBe(0)
    pipe(join(cwd, 'out/report.html'))
    const { code, err } = await run(['report', 'out'])
    expect([code, err]).toEqual([2, expect.stringContaining('is there, and is no report of bulkx')])
    expect(lstatSync(join(cwd, 'out/report.html')).isFIFO()).toBe(true)
  })

  test('as log.ndjson, while the job runs: it goes on, and the log is whole in the end', async () => {
    const { run, cwd, server } = await session()
    const path = join(cwd, 'out/log.ndjson')
    let swapped = false
    const watch = (): void => {
      if (!swapped && lstatSync(path, { throwIfNoEntry: false })) {
        pipe(path)
        swapped = true
      }
    }
    const { code, err } = await run(['export', 'Patient', '--server', server, '--out', 'out'], { watch })
    expect([swapped, code], err).toEqual([true, 0])
    expect(lstatSync(path).isFile()).toBe(true)
    expect(readFileSync(path, 'utf8')).toContain('export_complete')
  })
})

test('only the last part of a path is looked at: a directory may be reached through a link', async () => {
  const { run, cwd, server } = await session()
  expect((await run(['export', 'Patient', '--server', server, '--out', 'out'])).code).toBe(0)
  symlinkSync('out', join(cwd, 'linked'))
  for (const command of ['status', 'report', 'verify']) {
    const { code, err } = await run([command, 'linked'])
    expect(code, err).toBe(0)
  }
})
