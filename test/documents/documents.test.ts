/** Pages and tables that are made: `npm run docs` writes them, and these tests compare them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scenarioDocument } from '../scenarios/document.js'
import { exitCodeTable, referenceDocument } from './reference.js'

const root = join(import.meta.dirname, '../..')

/** The page with what stands between `<!-- npm run docs: name -->` and `<!-- end -->` made anew. */
const withBlocks = (page: string, blocks: Readonly<Record<string, string>>): string => {
  const text = readFileSync(join(root, page), 'utf8')
  const marked = /(<!-- npm run docs: (.+?) -->\n).*?(\n<!-- end -->)/gs
  expect([...text.matchAll(marked)].map(([, , name]) => name)).toEqual(Object.keys(blocks))
  return text.replace(marked, (_all, start: string, name: string, end: string) => {
    return `${start}\n${blocks[name]}\n${end}`
  })
}

const made: Readonly<Record<string, () => string>> = {
  'docs/reference.md': referenceDocument,
  'docs/scenarios.md': scenarioDocument,
  'README.md': () => withBlocks('README.md', { 'exit codes': exitCodeTable() }),
}

test.each(Object.entries(made))('%s is what `npm run docs` writes', async (page, make) => {
  await expect(make()).toMatchFileSnapshot(join(root, page))
})
