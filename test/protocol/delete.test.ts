/** What the answer to a DELETE means. */
import { expect, test } from 'vitest'
import type { Answer } from '../../src/http/body.js'
import { deleteRequest, isDeleted, isUndeletable, readDelete } from '../../src/protocol/delete.js'

const url = 'https://ehr.example/status?job=a%3D'
const answer = (status: number, headers: Answer['headers'] = {}, body = ''): Answer => ({
  status,
  headers,
  url,
  body,
  cut: false,
})

test('the request is a DELETE of the status URL, byte for byte', () => {
  expect(deleteRequest(url)).toMatchObject({ method: 'DELETE', url })
})

test.each([
  [200, 'deleted'],
  [202, 'deleted'],
  [204, 'deleted'],
  [404, 'deleted'],
  [410, 'deleted'],
  [400, 'undeletable'],
  [405, 'undeletable'],
  [409, 'undeletable'],
  [501, 'undeletable'],
  [408, 'passing'],
  [429, 'passing'],
  [500, 'passing'],
  [503, 'passing'],
  [401, 'refused'],
  [403, 'refused'],
])('%i: %s', (status, meaning) => {
  const { passing } = readDelete(answer(status), 0)
  const seen = { deleted: isDeleted(status), undeletable: isUndeletable(status), passing }
  const wanted = { deleted: false, undeletable: false, passing: false, [meaning]: true }
  expect({ refused: meaning === 'refused', ...seen }).toEqual({ refused: false, ...wanted })
})

test("the server's words and its wish to wait", () => {
  const headers = { 'retry-after': 'Thu, 01 Jan 2026 00:00:07 GMT', date: 'Thu, 01 Jan 2026 00:00:00 GMT' }
  const body = '{"resourceType":"OperationOutcome","issue":[{"diagnostics":"one at a time"}]}'
  expect(readDelete(answer(429, headers, body), 0)).toEqual({
    status: 429,
    message: 'HTTP 429: one at a time',
    passing: true,
    retryAfterMs: 7000,
  })
  expect(readDelete(answer(503, { 'retry-after': 'soon' }), 0).retryAfterMs).toBeUndefined()
})
