/** Whether a server may have seen a request, by what went wrong with it. */
import { expect, test } from 'vitest'
import { networkError } from '../../src/http/network-error.js'

const trouble = (code: string, syscall?: string): Error =>
  Object.assign(new Error(code), { code, ...(syscall !== undefined && { syscall }) })

test.each<[string, Error, boolean]>([
  ['while connecting', trouble('EHOSTUNREACH', 'connect'), false],
  ['while reading', trouble('EHOSTUNREACH', 'read'), true],
  ['while writing', trouble('ENETUNREACH', 'write'), true],
  ['nobody knows when', trouble('ENETDOWN'), true],
  ['a cause that says it', Object.assign(new Error('x'), { cause: trouble('ENETDOWN', 'connect') }), false],
  [
    'each of several addresses',
    Object.assign(
      new AggregateError([trouble('ENETUNREACH', 'connect'), trouble('ECONNREFUSED', 'connect')]),
      {
        code: 'ENETUNREACH',
      },
    ),
    false,
  ],
  ['refused', trouble('ECONNREFUSED', 'connect'), false],
  ['reset', trouble('ECONNRESET', 'read'), true],
])('the network fails: %s', (_name, error, sent) => {
  expect(networkError(error)?.sent).toBe(sent)
})
