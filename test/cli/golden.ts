/** Texts as files: what people read is looked at when it changes. `UPDATE_GOLDEN=1` writes them anew. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'

const folder = join(import.meta.dirname, '../golden')

export const expectGolden = (name: string, text: string): void => {
  const path = join(folder, `${name}.txt`)
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  expect(text, `test/golden/${name}.txt`).toBe(existsSync(path) ? readFileSync(path, 'utf8') : '')
}
