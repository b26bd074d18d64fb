/** The pages can be followed as they stand: their commands run, in order, and say what is shown below them. */
import { describe, test } from 'vitest'
import { lacks } from '../helpers/tools.js'
import { type Block, blocksOf, pages, textOf } from './page.js'
import { docsPlace, openShell, writeFileOf } from './shell.js'
import { expectShown } from './shown.js'

/** Programs that not every machine has. */
const tools = ['jq', 'python3', 'duckdb']

const isRun = ({ info }: Block): boolean => info === 'sh run'

describe.each(pages())('%s', (page) => {
  const blocks = blocksOf(textOf(page))
  const run = blocks.filter(isRun)
  const wanted = tools.filter((tool) => run.some(({ text }) => new RegExp(`\\b${tool}\\b`).test(text)))
  const followed = run.length > 0 ? test.skipIf(lacks(...wanted)) : test.skip
  followed('its commands, in order', async () => {
    await using place = await docsPlace()
    const shell = openShell(place)
    for (const [number, block] of blocks.entries()) {
      if (/ file=\S+$/.test(block.info)) writeFileOf(place, block)
      if (!isRun(block)) continue
      const said = await shell.run(block)
      const next = blocks[number + 1]
      if (next?.info === 'text') expectShown(said, next.text, `${page}, line ${next.line}`)
    }
  })
})
