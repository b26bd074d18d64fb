/** The server's words, whatever it wraps them in, in one harmless line. */
import { describe, expect, test } from 'vitest'
import {
  isPage,
  isSignInPage,
  plainText,
  readIssues,
  serverWords,
  withServerWords,
} from '../../src/protocol/operation-outcome.js'

const answer = (body: string | object) => ({
  status: 400,
  headers: {},
  url: 'https://x',
  body: typeof body === 'string' ? body : JSON.stringify(body),
  cut: false,
})
const outcome = (...issue: unknown[]) => ({ resourceType: 'OperationOutcome', issue })

test.each<[string, string | object, string]>([
  [
    'diagnostics',
    outcome({ severity: 'error', code: 'x', diagnostics: 'words', details: { text: 'other' } }),
    'words',
  ],
  ['details', outcome({ details: { text: 'words' } }), 'words'],
  ['a coding', outcome({ details: { coding: [{ code: 'c', display: 'words' }] } }), 'words'],
  ['a code alone', outcome({ code: 'throttled' }), 'throttled'],
  ['nothing but a severity', outcome({ severity: 'fatal' }), 'fatal'],
  ['several', outcome({ diagnostics: 'one' }, { diagnostics: 'two' }), 'one; two'],
  ['issues that are none', outcome(null, 5, 'x', { diagnostics: 'words' }), 'words'],
  ['OAuth', { error: 'invalid_client', error_description: 'words' }, 'words'],
  ['a message', { message: 'words', status: 400 }, 'words'],
  ['problem details', { title: 'title', detail: 'words' }, 'words'],
  ['plain text', '  words\r\nand more ', 'words and more'],
  ['a page', '<html><title>Not here</title></html>', 'a web page, "Not here"'],
  ['a page without a title', '<html></html>', 'a web page'],
  ['XML of a store', '<?xml?><Error><Message>AccessDenied</Message></Error>', 'a web page, "AccessDenied"'],
  ['nothing', '', ''],
])('%s', (_name, body, expected) => {
  expect(serverWords(answer(body))).toBe(expected)
  expect(withServerWords('HTTP 400', answer(body))).toBe(
    expected === '' ? 'HTTP 400' : `HTTP 400: ${expected}`,
  )
})

test.each<[unknown, string | undefined]>([
  ['fatal', 'fatal'],
  ['warning', 'warning'],
  ['information', 'information'],
  ['success', 'information'],
  [undefined, 'error'],
  ['__proto__', 'error'],
])('the severity %j is read as %s', (severity, expected) => {
  expect(readIssues(outcome({ severity }))?.[0]?.severity).toBe(expected)
})

describe('text for a terminal', () => {
  test('has no control characters and no tricks of direction', () => {
    expect(plainText('a\u001b[2Jb\u0007c\u202ed\u2028e\u0000f\u009bg')).toBe('ab c d e f g')
  })

  test('is cut, and no letter in half', () => {
    expect(plainText('x'.repeat(5000))).toHaveLength(2000)
    expect(plainText(`${'x'.repeat(8)}😀😀`, 10)).toBe(`${'x'.repeat(8)}\ufffd…`)
  })
})

test.each<[string, boolean, boolean]>([
  ['<html>Sign in</html>', true, true],
  ['\ufeff \n<form action="login">', true, true],
  ['<html><input type="password"></html>', true, true],
  ['<html>Welcome</html>', true, false],
  ['please log in', false, false],
  ['{"login":"<"}', false, false],
])('%j', (body, page, signIn) => {
  expect([isPage(body), isSignInPage(body)]).toEqual([page, signIn])
})
