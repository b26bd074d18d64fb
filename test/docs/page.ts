/** Pages of the documentation, as blocks of text between fences. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '../..')

export interface Block {
  /** What stands behind the three ticks: `sh run`, `text`, `sh file=nightly.sh`. */
  info: string
  text: string
  /** Of the fence that opens it, from 1. */
  line: number
}

/** README.md and all pages below docs/, by their path in the repository. */
export const pages = (): string[] => [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`)
    .sort(),
]

export const textOf = (page: string): string => readFileSync(join(root, page), 'utf8')

/** The fenced blocks of a text, in order. */
export const blocksOf = (text: string): Block[] =>
  [...text.matchAll(/^```([^\n`]*)\n(.*?)^```$/gms)].map(({ 1: info = '', 2: body = '', index }) => ({
    info: info.trim(),
    text: body,
    line: text.slice(0, index).split('\n').length,
  }))

/** The block that is the content of a file, ```` ```sh file=nightly.sh ````. */
export const fileOf = (page: string, name: string): string => {
  const found = blocksOf(textOf(page)).find(({ info }) => info.endsWith(` file=${name}`))
  if (!found) throw new Error(`${page} has no ${name}`)
  return found.text
}
