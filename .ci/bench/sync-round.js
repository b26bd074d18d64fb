// One round of a data set, merged and committed as `bulkx sync` does it, without the export before. Words: the compiled
// sources (dist/ has no file for each module), data set, number, role.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [built, directory, number, role] = process.argv.slice(2)
const load = (name) => import(pathToFileURL(join(built, 'sync', name)))
const { openDataset } = await load('dataset.js')
const { mergeRound } = await load('merge.js')
const { commitRound } = await load('commit.js')

const dataset = await openDataset(directory)
const merged = await mergeRound({ dataset, exports: [{ number: Number(number), role }] })
await commitRound({ dataset, merged, transactionTime: `2026-01-0${number}T00:00:00Z`, series: {} })
