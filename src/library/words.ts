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

/** Whole commands stay: they can be typed as they stand. */
export const libraryWords = (text: string): string =>
  text
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
