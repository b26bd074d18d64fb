/** SMART system scopes: derived from the types of an export, and compared with what was granted. Pure. */

/** What `.well-known/smart-configuration` says of scopes: hints, for hardly a server says all of it right. */
export interface ScopeHints {
  scopesSupported: readonly string[]
  capabilities: readonly string[]
}

/** SMART v1 says `.read`, v2 says which of create, read, update, delete, search. */
type Dialect = 'v1' | 'v2'

const scopePattern = /^(system|user|patient)\/([A-Za-z*]+)\.([a-z*]+)(\?.*)?$/

/** Letters of SMART v2, for each permission of v1. */
const v1Letters: Record<string, string> = { read: 'rs', write: 'cud', '*': 'cruds' }

const isV2 = (permission: string): boolean => /^c?r?u?d?s?$/.test(permission)

/** v2 when the server speaks it, or says nothing: athenahealth and ModMed take nothing but `.rs`. */
const dialectOf = ({ scopesSupported, capabilities }: ScopeHints): Dialect => {
  const permissions = scopesSupported.flatMap((scope) => scopePattern.exec(scope)?.[3] ?? [])
  if (permissions.some(isV2) || capabilities.includes('permission-v2')) return 'v2'
  const onlyV1 =
    permissions.some((name) => Object.hasOwn(v1Letters, name)) || capabilities.includes('permission-v1')
  return onlyV1 ? 'v1' : 'v2'
}

/** The scopes of an export of `types`; of everything, when no type is named. */
export const deriveScopes = (
  types: readonly string[],
  hints: ScopeHints = { scopesSupported: [], capabilities: [] },
): string => {
  const permission = dialectOf(hints) === 'v1' ? 'read' : 'rs'
  const names = types.length === 0 ? ['*'] : [...new Set(types)]
  return names.map((name) => `system/${name}.${permission}`).join(' ')
}

/** One scope, as a set of letters for a type. `part`: it is granted for some resources of the type only. */
interface Permission {
  level: string
  type: string
  letters: string
  part: string
}

const readScope = (scope: string): Permission | undefined => {
  const [, level = '', type = '', permission = '', part = ''] = scopePattern.exec(scope) ?? []
  const own = Object.hasOwn(v1Letters, permission) ? v1Letters[permission] : undefined
  const letters = own ?? (isV2(permission) ? permission : '')
  return letters === '' ? undefined : { level, type, letters, part }
}

const split = (scopes: string): string[] => scopes.split(/[\s,]+/).filter((scope) => scope !== '')

const covers = (granted: Permission, asked: Permission, letter: string): boolean =>
  granted.level === asked.level &&
  (granted.type === '*' || granted.type === asked.type) &&
  granted.letters.includes(letter) &&
  (granted.part === '' || granted.part === asked.part)

/**
 * The scopes of `asked` that `granted` does not hold, in their order. v1 and v2 are compared by what they mean: `.read`
 * is reading and searching. What is no resource scope is compared to the letter.
 */
export const missingScopes = (asked: string, granted: string): string[] => {
  const words = split(granted)
  const permissions = words.flatMap((word) => readScope(word) ?? [])
  return split(asked).filter((scope) => {
    if (words.includes(scope)) return false
    const wanted = readScope(scope)
    if (!wanted) return true
    return ![...wanted.letters].every((letter) =>
      permissions.some((permission) => covers(permission, wanted, letter)),
    )
  })
}

/** Scopes of SMART and OpenID Connect that are about no data. */
const withoutData = /^(openid|profile|email|fhirUser|online_access|offline_access|launch(\/\S+)?)$/

/**
 * The types of which `granted` certainly allows nothing, at whatever level, in their order. A scope in another form may
 * allow anything: with one of these, or with none that is about data, no type is certain.
 */
export const typesNotGranted = (types: readonly string[], granted: string): string[] => {
  const permissions = split(granted)
    .filter((word) => !withoutData.test(word))
    .map(readScope)
  if (permissions.length === 0 || permissions.includes(undefined)) return []
  const isGranted = (name: string): boolean =>
    permissions.some(
      (permission) =>
        permission !== undefined &&
        /[rs]/.test(permission.letters) &&
        (permission.type === '*' || permission.type.toLowerCase() === name.toLowerCase()),
    )
  return types.filter((name) => !isGranted(name))
}
