/** What is said in the words of the command line, in those of the library. */
import { BulkxError } from '../errors.js'
import { taken } from './names.js'

/** Options that have a name of their own here. */
const renamed: Record<string, string> = {
  header: 'headers',
  'header-file': 'secretHeaders',
  key: 'privateKey',
  'token-file': 'token',
  'token-command': 'token',
  'client-secret-file': 'clientSecret',
  ca: 'ca',
  cert: 'cert',
  'cert-key': 'certKey',
  'queue-password-file': 'queuePassword',
}

/** `poll-min` is `pollMin`. */
export const camelCase = (name: string): string =>
  name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())

const nameHere = (name: string): string | undefined =>
  renamed[name] ?? (taken.some((one) => one === name) ? camelCase(name) : undefined)

const option = /--([a-z]+(?:-[a-z]+)*)/g

const renamedIn = (text: string, mark: string): string =>
  text.replace(option, (found: string, name: string) => {
    const here = nameHere(name)
    return here === undefined ? found : `${mark}${here}${mark}`
  })

/** Whole sentences that only a command line can follow. */
const sentences: Readonly<Record<string, string>> = {
  'give a bearer token by `--token-file` or BULKX_TOKEN, other credentials by `--header-file`':
    'give a bearer token as `token`, other credentials as `secretHeaders`',
  'arguments are visible to other users; put the line into a file and name it with `--header-file`':
    'give it in `secretHeaders`: it is sent where a credential may be seen, and nowhere else',
  "write it like --header 'X-Tenant: 42'": "write it like headers: { 'X-Tenant': '42' }",
  'give the password by BULKX_QUEUE_PASSWORD or --queue-password-file, the URL without it':
    'give the password as `queuePassword`, the URL without it',
  'check --proxy, HTTPS_PROXY, --ca, --cert and --cert-key': 'check `proxy`, `ca`, `cert` and `certKey`',
}

/** The sentences, for whoever holds them to what is said elsewhere. */
export const commandLineSentences = Object.keys(sentences)

/** Whole commands stay: they can be typed as they stand. */
export const libraryWords = (text: string): string =>
  (sentences[text] ?? text)
    .split(/(`[^`]*`)/)
    .map((part, index) => {
      if (index % 2 === 0) return renamedIn(part, '`')
      return part.startsWith('`bulkx ') ? part : renamedIn(part, '')
    })
    .join('')

/** The same error, naming options as they are called here; anything else as it is. */
export const inLibraryWords = (error: unknown): unknown => {
  if (!(error instanceof BulkxError)) return error
  const { code, message, hint, items, cause } = error
  const said = libraryWords(message)
  const advice = hint === undefined ? undefined : libraryWords(hint)
  if (said === message && advice === hint) return error
  return new BulkxError(code, said, { hint: advice, items, cause })
}
