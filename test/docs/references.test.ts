/** What pages refer to is there: files of the repository, other pages, their headings, the tests that prove a promise. */
import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'
import { pages, root, textOf } from './page.js'

const withoutBlocks = (text: string): string => text.replace(/^```.*?^```$/gms, '')

/** As GitHub makes them of headings. */
const anchorsOf = (page: string): string[] =>
  [...withoutBlocks(textOf(page)).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

/** Links to something in the repository, as a path and an anchor. */
const linksOf = (page: string): { link: string; path: string; anchor: string }[] =>
  [...withoutBlocks(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    if (/^[a-z]+:/.test(link)) return []
    const [path = '', anchor = ''] = link.split('#')
    return [{ link, path: path === '' ? page : normalize(join(dirname(page), path)), anchor }]
  })

describe.each(pages())('%s', (page) => {
  test('its links lead somewhere', () => {
    const broken = linksOf(page).filter(
      ({ path, anchor }) =>
        !existsSync(join(root, path)) || (anchor !== '' && !anchorsOf(path).includes(anchor)),
    )
    expect(broken.map(({ link }) => link)).toEqual([])
  })
})

test('each page is in the index, and has one line there', () => {
  const listed = linksOf('docs/README.md').map(({ path }) => path)
  const missing = pages().filter((page) => page !== 'docs/README.md' && !listed.includes(page))
  expect(missing).toEqual([])
  const lines = [...textOf('docs/README.md').matchAll(/^- \[.+?\]\((.+?)\)/gm)].map(([, link]) => link)
  expect(lines).toEqual([...new Set(lines)])
})

test('each test that safety.md names is there, and each promise has one', () => {
  const text = textOf('docs/safety.md')
  const rows = [...text.matchAll(/^\| (?!how|-)(.+) \| (.+) \|$/gm)]
  expect(rows.length).toBeGreaterThan(20)
  for (const [, promise = '', tests = ''] of rows) {
    const paths = [...tests.matchAll(/`(test\/[^`]+)`/g)].map(([, path = '']) => path)
    expect(paths, promise).not.toEqual([])
    expect(
      paths.filter((path) => !existsSync(join(root, path))),
      promise,
    ).toEqual([])
  }
})
