import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Io, runProgram } from '../../src/cli/io.js'
import { programTexts, programWords } from '../../src/cli/program-words.js'
import { tokenProgram } from '../../src/cli/token-program.js'
import { fakeIo, temporaryDirectory } from './fake-io.js'

describe('a program with its arguments, without a shell', () => {
  const place = { cwd: '/work', platform: 'linux' } as const

  test.each([
    ['gcloud auth print-access-token', ['gcloud', 'auth', 'print-access-token']],
    [`az --query 'a b' -o "t s" x="1 2"`, ['az', '--query', 'a b', '-o', 't s', 'x=1 2']],
    [`p ''`, ['p', '']],
    ['./get --a', ['/work/get', '--a']],
    ['p $(whoami) ; rm -rf `x` > f | y', ['p', '$(whoami)', ';', 'rm', '-rf', '`x`', '>', 'f', '|', 'y']],
  ])('%s', (text, words) => {
    expect(programWords(text, place)).toEqual(words)
  })

  test.each(['', '   ', `p 'a`, `"`])('%j is none', (text) => {
    expect(() => programWords(text, place)).toThrow(/not a program with its arguments/)
  })

  test('the path of a file is that file, blanks and all', () => {
    const cwd = temporaryDirectory()
    mkdirSync(join(cwd, 'my tools'))
    writeFileSync(join(cwd, 'my tools/get token'), '')
    const here = { cwd, platform: 'linux' } as const
    const path = join(cwd, 'my tools/get token')
    expect(programWords('my tools/get token', here)).toEqual([path])
    expect(programWords(programTexts('my tools/get token', here), place)).toEqual([path])
    // A name alone is looked for in PATH, never in the current directory.
    writeFileSync(join(cwd, 'gcloud'), '')
    expect(programWords('gcloud', here)).toEqual(['gcloud'])
  })
})

const ran = async (script: string, change: Partial<Io> = {}) => {
  const io = Object.assign(fakeIo(), change)
  const path = join(io.cwd, 'p')
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o700 })
  const said: string[] = []
  const printed: { text?: string; error?: unknown } = await tokenProgram(path, io, (line) =>
    said.push(line),
  )().then(
    (text) => ({ text }),
    (error: unknown) => ({ error }),
  )
  return { ...printed, said }
}

describe('what it prints', () => {
  test('stdout is the token, stderr is talk without secrets', async () => {
    const { said, ...printed } = await ran(
      'echo "got s3cret-token, Bearer abcdefgh" >&2; echo; echo s3cret-token',
    )
    expect(printed).toEqual({ text: '\ns3cret-token\n' })
    expect(said).toEqual([expect.stringMatching(/p: got \*\*\*, Bearer \*\*\*$/)])
  })

  test('a failure is told in its first words, without the token', async () => {
    const { error } = await ran(
      'echo s3cret-token; echo "sign in first (s3cret-token)" >&2; echo more >&2; exit 3',
    )
    expect(error).toMatchObject({
      code: 'BULKX_TOKEN',
      exitCode: 3,
      message: expect.stringMatching(/failed with exit code 3: sign in first \(\*\*\*\)$/),
    })
  })

  test('a program that is not there', async () => {
    const io = fakeIo()
    await expect(tokenProgram('/no-such-folder/program', io)()).rejects.toMatchObject({
      code: 'BULKX_TOKEN',
      message: expect.stringContaining('there is no such program'),
    })
  })

  test('one that takes too long is ended, with what it has started', async () => {
    const run: Io['run'] = (words, { signal }) => runProgram(words, { timeLimitMs: 200, signal })
    const { error } = await ran('sleep 30', { run })
    expect(error).toMatchObject({
      code: 'BULKX_TOKEN',
      message: expect.stringContaining('printed no token within'),
    })
  })

  test('Ctrl-C ends it', async () => {
    const controller = new AbortController()
    const running = runProgram(['sleep', '30'], { timeLimitMs: 30_000, signal: controller.signal })
    controller.abort(new Error('stopped'))
    await expect(running).rejects.toThrow('stopped')
  })

  test('no shell reads it', async () => {
    const io = fakeIo()
    const marker = join(io.cwd, 'marker')
    const text = await tokenProgram(`echo $(touch ${marker}) ; touch ${marker}`, io)()
    expect(text).toBe(`$(touch ${marker}) ; touch ${marker}\n`)
    expect(existsSync(marker)).toBe(false)
  })
})
