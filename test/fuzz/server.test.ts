/** Whatever a server says: nothing but documented errors, words that are short and harmless, addresses that are http. */
import { expect, test } from 'vitest'
import { casesOf, play } from './play.js'
import { serverReaders } from './readers.js'

test.each(serverReaders)('$name', { timeout: 600_000 }, (reader) => {
  expect(() => play([reader], casesOf(1_000 * reader.share))).not.toThrow()
})
