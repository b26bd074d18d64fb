/** Output files by instances of a type (`organizeOutputBy`): blocks with a header, which may go on in a further file. */
import { bytesContent, type Content, linesIn } from './content.js'
import type { JobFile } from './jobs.js'
import type { World } from './world.js'

/** The lines of each instance, itself first. What refers to none is left out, as a server may. */
const blocksOf = async (
  by: string,
  selected: readonly { type: string; contents: readonly Content[] }[],
): Promise<Map<string, string[]>> => {
  const blocks = new Map<string, string[]>()
  const reference = new RegExp(`"reference"\\s*:\\s*"${by}/([^"]+)"`)
  const own = selected.filter(({ type }) => type === by)
  for (const { type, contents } of [...own, ...selected.filter((one) => !own.includes(one))])
    for (const content of contents)
      for (const line of await linesIn(content)) {
        const id = type === by ? String((JSON.parse(line) as { id?: unknown }).id) : reference.exec(line)?.[1]
        if (id === undefined) continue
        const block = blocks.get(id)
        if (block) block.push(line)
        else blocks.set(id, [line])
      }
  return blocks
}

const headerOf = (reference: string): string =>
  JSON.stringify({
    resourceType: 'Parameters',
    parameter: [{ name: 'header', valueReference: { reference } }],
  })

interface Page {
  lines: string[]
  /** Without headers. */
  resources: number
  continues: boolean
}

/** Pages of so many resources, at most; a block that goes on in the next one has its header there again. */
const pagesOf = (by: string, blocks: ReadonlyMap<string, readonly string[]>, pageSize: number): Page[] => {
  const pages: Page[] = []
  const newPage = (): Page => {
    const page = { lines: [], resources: 0, continues: false }
    pages.push(page)
    return page
  }
  for (const [id, lines] of blocks) {
    let page = pages.at(-1) ?? newPage()
    if (page.resources === pageSize) page = newPage()
    page.lines.push(headerOf(`${by}/${id}`))
    for (const line of lines) {
      if (page.resources === pageSize) {
        page.continues = true
        page = newPage()
        page.lines.push(headerOf(`${by}/${id}`))
      }
      page.lines.push(line)
      page.resources += 1
    }
  }
  return pages
}

/** The output files; they have no type. They are the first ones of their job. */
export const organizedFiles = async (
  { personality, pageSize }: World,
  by: string,
  selected: readonly { type: string; contents: readonly Content[] }[],
): Promise<JobFile[]> =>
  pagesOf(by, await blocksOf(by, selected), pageSize).map(({ lines, resources, continues }, index) => ({
    section: 'output',
    type: '',
    name: personality.files.name({ section: 'output', type: by, number: index + 1 }),
    content: bytesContent(Buffer.from(`${lines.join('\n')}\n`), resources),
    ...(continues ? { continuesIn: index + 2 } : {}),
  }))
