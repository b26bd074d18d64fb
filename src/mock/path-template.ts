/** Paths as data: `/fhir/bulkstatus/{job}` builds a URL and recognises it again, byte for byte. */

export interface PathTemplate {
  build(values: Readonly<Record<string, string>>): string
  /** The values in a raw path and query, or undefined when it is another path. */
  match(pathAndQuery: string): Record<string, string> | undefined
}

/** A text as a regular expression that matches it alone. */
export const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/**
 * Compiles a template. A `{name}` stands for one or more characters of a segment or of a query value. A template
 * without `?` matches whatever the query is; one with `?` matches it from the start.
 */
export const pathTemplate = (template: string): PathTemplate => {
  const names = [...template.matchAll(/\{(\w+)\}/g)].map((found) => found[1] as string)
  const body = template
    .split(/\{\w+\}/)
    .map(escaped)
    .join('([^/?&#]+)')
  const pattern = new RegExp(`^${body}${template.includes('?') ? '(?:&|$)' : '(?:\\?|$)'}`)
  return {
    build: (values) => template.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? ''),
    match: (pathAndQuery) => {
      const found = pattern.exec(pathAndQuery)
      if (found === null) return undefined
      return Object.fromEntries(names.map((name, index) => [name, found[index + 1] ?? '']))
    },
  }
}
