/** SMART system scopes: read, narrowed to what is registered, and asked what they allow. */
import { resourceTypes } from './fhir-types.js'
import type { AuthRow } from './token-row.js'

export interface Scope {
  /** A resource type, or `*`. */
  type: string
  /** What stands behind the dot. */
  permission: string
  /** What of read (r) and search (s) it allows. */
  rights: string
}

type Words = Pick<AuthRow, 'permissions' | 'wildcard'>

/** Every right to everything: the scopes of a token that nobody asked for. */
export const everything: readonly Scope[] = [{ type: '*', permission: 'rs', rights: 'rs' }]

export const scopeText = (scopes: readonly Scope[]): string =>
  scopes.map(({ type, permission }) => `system/${type}.${permission}`).join(' ')

/** A scope in the words of the personality, or why it is none. */
export const readScope = (text: string, { permissions, wildcard }: Words): Scope | string => {
  const [, type, permission] = /^system\/(\*|[A-Za-z]+)\.(.+)$/.exec(text) ?? []
  if (type === undefined || permission === undefined) return `"${text}" is not a system scope`
  if (type === '*' && !wildcard) return `"${text}": wildcards are not supported`
  if (type !== '*' && !resourceTypes.has(type)) return `"${text}": there is no resource type ${type}`
  const rights = Object.hasOwn(permissions, permission) ? permissions[permission] : undefined
  if (rights === undefined)
    return `"${text}": ".${permission}" is not supported, only ${Object.keys(permissions).join(', ')}`
  return { type, permission, rights }
}

/** All that may be registered: what a client gets that was registered with no scopes. */
export const allScopes = ({ permissions, wildcard }: Words, types: readonly string[]): Scope[] => {
  const [permission = 'rs', rights = 'rs'] =
    Object.entries(permissions).find(([, letters]) => letters === 'rs') ??
    Object.entries(permissions)[0] ??
    []
  return (wildcard ? ['*'] : types).map((type) => ({ type, permission, rights }))
}

const rightsTo = (scopes: readonly Scope[], type: string): string =>
  scopes
    .filter((scope) => scope.type === '*' || scope.type === type)
    .map(({ rights }) => rights)
    .join('')

const includes = (rights: string, wanted: string): boolean =>
  [...wanted].every((letter) => rights.includes(letter))

/** Whether the scopes, taken together, allow this much of a type; of `*`: of every type. */
export const allows = (scopes: readonly Scope[], type: string, rights: string): boolean =>
  includes(rightsTo(scopes, type), rights)

/** The part of a wanted scope that is registered: itself, or it with the types that are. */
export const narrowed = (wanted: Scope, registered: readonly Scope[]): Scope[] => {
  if (allows(registered, wanted.type, wanted.rights)) return [wanted]
  if (wanted.type !== '*') return []
  const types = new Set(registered.map(({ type }) => type).filter((type) => type !== '*'))
  return [...types]
    .map((type) => ({ ...wanted, type }))
    .filter(({ type, rights }) => allows(registered, type, rights))
}
