/** A wrong value that holds a password, or a token, is never repeated. */
import { expect, test } from 'vitest'
import { withoutSecrets } from '../../src/options/without-secrets.js'
import { session } from './session.js'

test.each([
  ['user:mellon@proxy:1', '***@proxy:1'],
  ['htps://u:mellon@h/t', 'htps://***@h/t'],
  ['https://h/fhir?token=mellon', 'https://h/fhir?***'],
  ['https://h/fhir#mellon', 'https://h/fhir#***'],
  ['https://u:mel@lon@h/fhir?a=mellon', 'https://***@h/fhir?***'],
  ['https://h/fhir?user=me@home&token=mellon', '***'],
  ['https://u:mel?lon@h', '***'],
  ['https:/ehr.example/fhir', 'https:/ehr.example/fhir'],
  ['', ''],
])('%j is shown as %j', (text, shown) => {
  expect(withoutSecrets(text)).toBe(shown)
})

test.each([
  [['--proxy', 'user:mellon@proxy:1'], '--proxy "***@proxy:1"'],
  [['--token-url', 'htps://u:mellon@h/t'], '--token-url "htps://***@h/t"'],
  [['--trust-origin', 'https://files.example,u:mellon@h'], '--trust-origin "***@h"'],
  [['--queue', 'mellon@h'], '--queue "***@h"'],
  [['--server', 'https://h/fhir?token=mellon'], '--server "https://h/fhir?***"'],
  [['--server', 'htps://u:mellon@h'], '--server "htps://***@h"'],
])('%j', async (words, shown) => {
  const { run } = await session()
  const { code, out, err } = await run(['export', 'Patient', ...words])
  expect(code).toBe(2)
  expect(err).toContain(shown)
  expect(out + err).not.toContain('mellon')
})

test('nor is it where a kick-off URL stands in the place of a target', async () => {
  const { run, server } = await session()
  const { code, err } = await run(['export', 'htps://u:mellon@h/$export?sig=mellon', '--server', server])
  expect(code).toBe(2)
  expect(err).toContain('The target "htps://***@h/$export"')
  expect(err).not.toContain('mellon')
})
