/** How many downloads at once an origin bears: a table of what it shows, and what is allowed after it. */
import { expect, test } from 'vitest'
import {
  type Allowance,
  afterRefusal,
  afterSuccess,
  fullAllowance,
  successesToGrow,
} from '../../src/fetch/allowance.js'

/** `x`: refused; `o`: one that went well; `O`: enough of them for one more; lower rounds are told by a digit before. */
const after = (most: number, shown: string): Allowance => {
  let allowance = fullAllowance(most)
  let round: number | undefined
  for (const sign of shown) {
    if (/\d/.test(sign)) {
      round = Number(sign)
      continue
    }
    const began = round ?? allowance.round
    round = undefined
    if (sign === 'x') allowance = afterRefusal(allowance, began)
    const successes = sign === 'O' ? successesToGrow : sign === 'o' ? 1 : 0
    for (let count = 0; count < successes; count += 1) allowance = afterSuccess(allowance, began, most)
  }
  return allowance
}

test.each<[string, number, string, number]>([
  ['nothing yet: all that the user allows', 8, '', 8],
  ['a refusal halves', 8, 'x', 4],
  ['down, not up', 5, 'x', 2],
  ['refusals in one burst halve once', 8, '0x0x0x0x0x0x0x0x', 4],
  ['a refusal of a later round halves again', 8, 'xx', 2],
  ['never below one', 8, 'xxxxxx', 1],
  ['one stays one', 1, 'x', 1],
  ['successes up to the number are not enough', 8, `x${'o'.repeat(successesToGrow - 1)}`, 4],
  ['enough of them are worth one more', 8, 'xO', 5],
  ['and again', 8, 'xOO', 6],
  ['never above what the user allows', 8, 'xOOOOOOOOO', 8],
  ['successes before a refusal are forgotten by it', 8, `x${'o'.repeat(successesToGrow - 1)}xo`, 2],
  ['what began before the cut says nothing of the new limit', 8, 'x0O', 4],
  ['a late refusal of an old round says nothing either', 8, 'xO0x', 5],
  ['from one on it grows too', 4, 'xxO', 2],
])('%s', (_name, most, shown, limit) => {
  expect(after(most, shown).limit).toBe(limit)
})
