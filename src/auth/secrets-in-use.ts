/** Credentials that a server repeats: taken out of what it says before anybody reads that. */
import type { HttpHeaders, Middleware } from '../http/exchange.js'

/** A shorter value may be any word, characters. */
const shortestSecret = 6
/** So many values are remembered, those that were used last: tokens are renewed for days. */
const secretsMax = 50

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')

/** A character as JSON, URLs, forms and pages write it. */
const spelled = (character: string): string => {
  if (/^[a-z0-9]$/i.test(character)) return character
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16)
  const ways = [
    `\\\\*${escaped(character)}`,
    escaped(encodeURIComponent(character.toWellFormed())),
    `%${hex.padStart(2, '0')}`,
    `\\\\+u${hex.padStart(4, '0')}`,
    `&#x0*${hex};`,
    `&#0*${code};`,
    ...(character === ' ' ? ['\\+'] : []),
  ]
  return `(?:${ways.join('|')})`
}

const patternOf = (secrets: readonly string[]): string =>
  [...secrets]
    .sort((one, other) => other.length - one.length)
    .map((secret) => Array.from(secret, spelled).join(''))
    .join('|')

/** The text with `***` for each of these, however it is spelled. */
export const withoutSecrets = (text: string, secrets: readonly string[]): string => {
  const known = secrets.filter((secret) => secret !== '')
  return known.length === 0 ? text : text.replace(new RegExp(patternOf(known), 'gi'), '***')
}

const base64Text = (text: string): string => Buffer.from(text, 'base64').toString('utf8')

/** What is secret in a header's value: all of it, behind its scheme, inside of Basic, and each cookie. */
const secretsOf = (value: string): string[] => {
  const [, scheme = '', credential = ''] = /^(\S+)\s+(\S.*)$/.exec(value) ?? []
  const decoded = /^basic$/i.test(scheme) ? base64Text(credential) : ''
  const password = decoded.slice(decoded.indexOf(':') + 1)
  const cookies = (scheme.includes('=') || credential === '' ? value : '')
    .split(';')
    .map((cookie) => cookie.slice(cookie.indexOf('=') + 1).trim())
  return [credential || value, decoded, password, ...cookies]
}

/** A URL may hold a credential because it has to. */
const url = 'https?:(?:\\\\?/){2}[^\\s"\'<>]+'

/** The values of one run's credentials, and texts without them. */
export class SecretsInUse {
  /** In the order of their last use. */
  private readonly values = new Set<string>()
  private everywhere: RegExp | undefined
  private besideUrls: RegExp | undefined

  /** Headers that are a credential. */
  add(headers: Readonly<Record<string, string>>): void {
    const secrets = Object.values(headers)
      .flatMap(secretsOf)
      .filter(({ length }) => length >= shortestSecret)
    const isNews = secrets.some((secret) => !this.values.has(secret))
    for (const secret of secrets) {
      this.values.delete(secret)
      this.values.add(secret)
    }
    if (!isNews) return
    for (const oldest of this.values) {
      if (this.values.size <= secretsMax) break
      this.values.delete(oldest)
    }
    const pattern = patternOf([...this.values])
    this.everywhere = new RegExp(pattern, 'gi')
    this.besideUrls = new RegExp(`${url}|${pattern}`, 'gi')
  }

  /** There are none. */
  get isEmpty(): boolean {
    return this.everywhere === undefined
  }

  hide(text: string): string {
    return this.everywhere === undefined ? text : text.replace(this.everywhere, '***')
  }

  /** But for URLs: an address is of no use with a hole in it. */
  hideBesideUrls(text: string): string {
    if (this.besideUrls === undefined || text.search(this.everywhere ?? '') === -1) return text
    return text.replace(this.besideUrls, (found) => (/^https?:/i.test(found) ? found : '***'))
  }
}

const addresses: readonly string[] = ['location', 'content-location', 'link']

const clean = (headers: HttpHeaders, secrets: SecretsInUse): HttpHeaders =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const hide = (text: string): string =>
        addresses.includes(name) ? secrets.hideBesideUrls(text) : secrets.hide(text)
      return [name, Array.isArray(value) ? value.map(hide) : value === undefined ? value : hide(value)]
    }),
  )

/**
 * The outermost middleware: headers, answers and errors without credentials. The bytes of files are the server's, and
 * stay. A good answer's URLs stay, too: they are asked.
 */
export const hideSecrets =
  (secrets: SecretsInUse): Middleware =>
  async (request, next) => {
    try {
      const reply = await next(request)
      const hide = (text: string): string =>
        reply.status < 300 ? secrets.hideBesideUrls(text) : secrets.hide(text)
      const headers = secrets.isEmpty ? reply.headers : clean(reply.headers, secrets)
      return { ...reply, headers, hide }
    } catch (error) {
      if (error instanceof Error) error.message = secrets.hide(error.message)
      throw error
    }
  }
