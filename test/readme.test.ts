/** What the README shows can be run as it is printed. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { exitCodes } from '../src/errors.js'
import { temporaryDirectory } from './cli/fake-io.js'

const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')

const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, text = '']) => text)

test('the example of the library exports from the mock', () => {
  expect(inject('buildFailure')).toBe('')
  const [example = '', ...others] = blocks('js')
  expect(others).toEqual([])
  const place = temporaryDirectory()
  const code = example.replace("'out'", JSON.stringify(join(place, 'out')))
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', code],
    // So that `bulkx` is this package.
    { cwd: root, encoding: 'utf8' },
  )
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout).toBe('10 patients\n')
  expect(readFileSync(join(place, 'out/manifest.json'), 'utf8')).toContain('Patient.0001.ndjson')
})

test('every exit code is in the table', () => {
  const [, table = ''] = /^\| exit code \|.*?\n\|[-|]+\|\n(.*?)\n\n/ms.exec(readme) ?? []
  const listed = [...table.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, codes = '']) =>
    codes.split(', ').map(Number),
  )
  expect(listed).toEqual([...new Set([0, ...Object.values(exitCodes)])].sort((a, b) => a - b))
})

test('the diff in docs/adding-a-vendor.md is what stands in the files', () => {
  const page = readFileSync(join(root, 'docs/adding-a-vendor.md'), 'utf8')
  const diffs = [...page.matchAll(/^\+\+\+ (\S+)\n((?:[+ ].*\n)+)/gm)]
  expect(diffs.length).toBeGreaterThan(3)
  for (const [, file = '', lines = ''] of diffs) {
    const source = readFileSync(join(root, file), 'utf8').split('\n')
    const added = [...lines.matchAll(/^\+(.+)$/gm)].map(([, line = '']) => line)
    expect(added.filter((line) => !source.includes(line))).toEqual([])
  }
})
