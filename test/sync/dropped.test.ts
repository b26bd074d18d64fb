/** What is dropped is gone for readers at once, and for good in the next run. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { drop, removeDropped } from '../../src/sync/dropped.js'
import { newDirectory } from './place.js'

test('a folder is moved whole, also where one of that name was left, then removed', async () => {
  const directory = newDirectory()
  for (let time = 1; time <= 2; time += 1) {
    mkdirSync(join(directory, 'exports/001/.bulkx'), { recursive: true })
    writeFileSync(join(directory, 'exports/001/.bulkx/journal'), `${time}`)
    await drop(directory, 'exports/001')
    expect(readdirSync(join(directory, 'exports'))).toEqual([])
    expect(existsSync(join(directory, '.bulkx/dropped/exports-001/.bulkx/journal'))).toBe(true)
  }
  await drop(directory, 'exports/001')
  await removeDropped(directory)
  expect(readdirSync(join(directory, '.bulkx'))).toEqual([])
  await removeDropped(directory)
})
