/** URLs in the words of servers, which may be signed. */
import { expect, test } from 'vitest'
import { saidText, serverWords } from '../../src/protocol/operation-outcome.js'

test.each([
  ['see https://h/x?sig=SECRET1 /rel?token=SECRET1', 'see https://h/x /rel'],
  ['https://me:SECRET@h/x#SECRET now', 'https://h/x now'],
  ['<a href="https://h/x?sig=SECRET">', '<a href="https://h/x">'],
  ['https:\\/\\/h\\/x?sig=SECRET', 'https:\\/\\/h\\/x'],
  ['files/1?sig=SECRET, wait', 'files/1 wait'],
  ['what? 50 % of 3/4', 'what? 50 % of 3/4'],
])('%s', (said, kept) => {
  expect(saidText(said)).toBe(kept)
  const answer = {
    status: 403,
    headers: {},
    url: 'https://h/',
    body: JSON.stringify({ message: said }),
    cut: false,
  }
  expect(serverWords(answer)).toBe(kept)
})

test('a long one is cut before it is cut off', () => {
  expect(saidText(`https://h/${'x'.repeat(3000)}?sig=SECRET`, 40)).not.toContain('SECRET')
})
