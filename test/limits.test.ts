/** docs/limits.md says what the constants and the options say. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseDuration, parseSize } from '../src/options/kinds.js'
import { type OptionName, options, row } from '../src/options/options.js'

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/limits.md'), 'utf8')

const rows = [...page.matchAll(/^\| (.+?) \| (.+?) \| (`.+?`) \| .+ \|$/gm)].map(
  ([, what = '', limit = '', where = '']) => ({ what, limit, where: where.replaceAll('`', '') }),
)

/** `5,000,000`, `256 MiB`, `30 min`: a number, bytes or milliseconds. */
const limitOf = (text: string): number | undefined => {
  const plain = text.replaceAll(',', '').replace(' min', 'm').replace(' ', '')
  return /^\d+$/.test(plain) ? Number(plain) : (parseDuration(plain) ?? parseSize(plain))
}

/** A product of whole numbers, as the source writes it. */
const constantOf = (file: string, name: string): number | undefined => {
  const source = readFileSync(join(root, file), 'utf8')
  const [, expression] = new RegExp(`const ${name}(?:: \\w+)? = ([\\d_ *]+)$`, 'm').exec(source) ?? []
  return expression?.split('*').reduce((product, factor) => product * Number(factor.replaceAll('_', '')), 1)
}

const isOption = (name: string): name is OptionName => Object.hasOwn(options, name)

test('every row is read', () => {
  expect(rows).toHaveLength(page.split('\n').filter((line) => /^\| .*`/.test(line)).length)
  expect(rows.length).toBeGreaterThan(40)
})

test.each(rows)('$what: $limit', ({ limit, where }) => {
  const name = where.replace('--', '')
  if (where.startsWith('--') && isOption(name)) {
    const { byDefault } = row(name)
    const expected = byDefault && (limitOf(byDefault) ?? parseDuration(byDefault) ?? parseSize(byDefault))
    expect(limit === 'none' ? undefined : limitOf(limit)).toBe(expected)
    return
  }
  const [file = '', constant = ''] = where.split(' ')
  expect(constantOf(file, constant), where).toBe(limitOf(limit))
})
