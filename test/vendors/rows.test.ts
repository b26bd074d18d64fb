/** The table of what the vendors' pages say is whole, and each row is shown where it says. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { vendorRows } from './rows.js'

const root = join(import.meta.dirname, '../..')
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')

/** How many statements each vendor's page has: S0-01 to S0-25, and so on. */
const lengths = { interopio: 25, greenway: 29, oracle: 24, esus: 29, '1up-ste': 37 } as const

test.each(Object.entries(lengths).map(([vendor, length], index) => ({ vendor, length, index })))(
  'every statement of $vendor has one row',
  ({ vendor, length, index }) => {
    const wanted = Array.from({ length }, (_, at) => `S${index}-${String(at + 1).padStart(2, '0')}`)
    const rows = vendorRows[vendor as keyof typeof vendorRows]
    expect(rows.map(({ id }) => id).sort()).toEqual(wanted)
  },
)

test('every row is shown where it says', () => {
  const tests = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => textOf(join('test', name)))
    .join('\n')
  const doc = textOf('docs/vendors.md').replace(/\s+/g, ' ')
  const missing = Object.values(vendorRows)
    .flat()
    .filter(({ by, shown }) => (by === 'test' ? !tests.includes(`'${shown}'`) : !doc.includes(shown)))
  expect(missing.map(({ id, shown }) => `${id}: ${shown}`)).toEqual([])
})
