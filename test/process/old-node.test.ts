/** A Node that is too old is told of, before anything is loaded that it would not understand. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const { engines }: { engines: { node: string } } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
)
const oldest = engines.node.replace('>=', '')

/** `bulkx completion bash` where the process says that it is another Node. */
const on = (node: string): { status: number | null; stderr: string } => {
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${node}' } })`
  const code = `${pretend}; process.argv = ['', '', 'completion', 'bash']; import('${pathToFileURL(join(root, 'bin/bulkx.js')).href}')`
  return spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' })
}

test.each(['18.20.8', '20.18.0', '20.9.0', '9.11.2'])('Node %s is too old', (node) => {
  const { status, stderr } = on(node)
  expect(stderr).toContain(`error: bulkx needs Node ${oldest} or newer, and this is `)
  expect(status).toBe(2)
})

test.each([oldest, '20.19.0', '22.0.0', '26.1.0'])('Node %s is new enough', (node) => {
  expect(on(node).status).toBe(0)
})
