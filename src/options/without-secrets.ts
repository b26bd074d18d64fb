/** Addresses in messages: a password before the host, or a token in the query, is never repeated. */

/**
 * A text that was given for an address, be it one or not: `htps://***@host/path?***`. What stands before the last `@`,
 * and behind the first `?` or `#`, may be a secret; a text that has these in the wrong order may be one everywhere.
 */
export const withoutSecrets = (text: string): string => {
  const at = text.lastIndexOf('@')
  if (/[?#]/.test(text.slice(0, at + 1))) return '***'
  const [scheme = ''] = /^\s*[a-z][a-z0-9+.-]*:\/\//i.exec(text) ?? []
  const address = at === -1 ? text : `${scheme}***${text.slice(at)}`
  return address.replace(/([?#]).*$/s, '$1***')
}
