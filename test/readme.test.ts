/** What the README and the page about vendors copy from the sources is what stands there. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { exitCodes } from '../src/errors.js'

const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')

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

test('the README is read in two minutes', () => {
  expect(readme.split('\n').length - 1).toBeLessThanOrEqual(120)
})
