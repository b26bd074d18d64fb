/** A CapabilityStatement, as far as an export cares. Read liberally: a server says here what it likes. */
import { isObject } from '../json.js'

export interface Capability {
  fhirVersion?: string
  /** Name and version. */
  software?: string
  publisher?: string
  /** All that may show whose server it is. */
  self: string
  /** Where the operation is declared: `system`, or a resource type. */
  exports: string[]
  types: string[]
  /** Types that can be read one by one. */
  readable: string[]
  /** It says that clients sign in. */
  isSecured: boolean
}

const objects = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? value.filter(isObject) : []

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined

const joined = (...parts: (string | undefined)[]): string | undefined =>
  text(parts.filter((part) => part !== undefined).join(' '))

/** By name, or by its definition, which servers name as they like: `group-export`, `export`. */
const declares = (operations: unknown, operation: string): boolean => {
  const bare = operation.replace(/^\$/, '')
  return objects(operations).some(({ name, definition }) => {
    const last = text(isObject(definition) ? definition.reference : definition)?.replace(/^.*\//s, '')
    return (
      text(name)?.replace(/^\$/, '') === bare ||
      (bare === 'export' && /(^|-)(patient|group|system)?-?export$/i.test(last ?? ''))
    )
  })
}

const exportsOf = (rest: Record<string, unknown>, operation: string): string[] => [
  ...(declares(rest.operation, operation) ? ['system'] : []),
  ...objects(rest.resource).flatMap((resource) =>
    declares(resource.operation, operation) ? (text(resource.type) ?? []) : [],
  ),
]

/** `cors` alone says nothing of it. */
const isSecured = ({ security }: Record<string, unknown>): boolean =>
  isObject(security) &&
  (objects(security.service).length > 0 ||
    objects(security.extension).some(({ url }) => text(url)?.endsWith('/oauth-uris') === true))

/** `operation` as kick-off URLs have it, `$export`. Undefined when the value is something else. */
export const readCapability = (value: unknown, operation: string): Capability | undefined => {
  if (!isObject(value) || value.resourceType !== 'CapabilityStatement') return undefined
  const software = isObject(value.software) ? value.software : {}
  const implementation = isObject(value.implementation) ? value.implementation : {}
  const servers = objects(value.rest).filter(({ mode }) => mode !== 'client')
  const resources = servers.flatMap((rest) => objects(rest.resource))
  const publisher = text(value.publisher)
  const self = [publisher, ...[software.name, implementation.description, value.name, value.title].map(text)]
  const reads = resources.filter((resource) =>
    objects(resource.interaction).some(({ code }) => code === 'read'),
  )
  return {
    fhirVersion: text(value.fhirVersion),
    software: joined(text(software.name), text(software.version)),
    publisher,
    self: self.filter((part) => part !== undefined).join('\n'),
    exports: [...new Set(servers.flatMap((rest) => exportsOf(rest, operation)))],
    types: [...new Set(resources.flatMap(({ type }) => text(type) ?? []))],
    readable: reads.flatMap(({ type }) => text(type) ?? []),
    isSecured: servers.some(isSecured),
  }
}
