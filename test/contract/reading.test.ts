/** docs/reading-the-files.md: its SQL says what stands below it. Its commands are run with those of the other pages. */
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { expect, test } from 'vitest'
import { runExport } from '../../src/index.js'
import { blocksOf, textOf } from '../docs/page.js'
import { place } from '../library/place.js'

const page = 'docs/reading-the-files.md'

/** A table as the page shows it. */
const shown = (columns: readonly string[], rows: readonly unknown[][]): string =>
  [columns, ...rows].map((row) => `${row.map(String).join(' | ')}\n`).join('')

test('the SQL of the page reads an export, plain and compressed', async () => {
  // The mock of `mock:`, as the page exports from it.
  const { options, run } = place({ data: {} })
  const directory = join(options.out, '..')
  const everything = { ...options, type: undefined }
  await runExport({ ...everything, out: join(directory, 'out') }, run)
  await runExport({ ...everything, out: join(directory, 'out-gz'), gzip: true }, run)
  const database = await DuckDBInstance.create(':memory:')
  const connection = await database.connect()
  try {
    await connection.run(`SET file_search_path = '${directory}'`)
    const blocks = blocksOf(textOf(page))
    let seen = 0
    for (const [index, { info, text, line }] of blocks.entries()) {
      if (info !== 'sql') continue
      const result = await connection.runAndReadAll(text)
      const expected = blocks[index + 1]
      expect(expected?.info, `${page}, line ${line}`).toBe('text')
      expect(shown(result.columnNames(), result.getRows()), `${page}, line ${line}`).toBe(expected?.text)
      seen += 1
    }
    expect(seen).toBeGreaterThan(4)
  } finally {
    connection.closeSync()
    database.closeSync()
  }
})
