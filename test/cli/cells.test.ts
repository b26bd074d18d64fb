import { expect, test } from 'vitest'
import { asAscii, cells, clip } from '../../src/cli/cells.js'

test.each([
  ['', 0],
  ['45% complete', 12],
  ['é', 1],
  ['e\u0301', 1],
  ['数え', 4],
  ['한국', 4],
  ['ｆｕｌｌ', 8],
  ['🎉', 2],
  ['zero\u200bwidth', 9],
  ['━─⠋…·', 5],
])('%j takes %d cells', (text, number) => {
  expect(cells(text)).toBe(number)
})

test.each([
  ['45% complete', 12, '45% complete'],
  ['45% complete', 11, '45% comple…'],
  ['45% complete', 5, '45%…'],
  ['数え上げ中', 9, '数え上げ…'],
  ['数え上げ中', 8, '数え上…'],
  ['e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
  ['🎉🎉', 3, '🎉…'],
  ['long', 1, '…'],
  ['long', 0, ''],
])('%j in %d cells', (text, limit, clipped) => {
  expect(clip(text, limit)).toBe(clipped)
})

test('ASCII alone, one cell for each character', () => {
  expect(asAscii('数え 45% 🎉\ttab')).toBe('?? 45% ??tab')
})
