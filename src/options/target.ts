/** What is exported, as typed: system, type, instance or a kick-off URL; and what follows from it. */
import { BulkxError } from '../errors.js'
import type { Target } from '../protocol/types.js'
import { isResourceType, nearestType } from './resource-types.js'
import { isMock, parseUrl } from './values.js'
import { withoutSecrets } from './without-secrets.js'

const resourceType = /^[A-Z][A-Za-z]{1,63}$/
const instanceId = /^[^\s/?#%\\]{1,256}$/

const wrongTarget = (text: string, hint: string): BulkxError =>
  new BulkxError(
    'BULKX_USAGE',
    `The target ${JSON.stringify(/:\/\/|@/.test(text) ? withoutSecrets(text) : text)} is none that can be exported`,
    { hint },
  )

const forms = 'write system, Patient, Group/123, any other resource type, or a kick-off URL'

/** Reads the target argument; without one it is the whole server. Throws `BULKX_USAGE`. */
export const parseTarget = (text: string | undefined): Target => {
  if (text === undefined || text === 'system') return { kind: 'system' }
  if (/^[a-z][a-z0-9+.-]*:/i.test(text)) {
    const url = parseUrl(text)
    if (url === undefined) throw wrongTarget(text.replace(/[?#].*/s, ''), forms)
    return { kind: 'url', url }
  }
  const [type = '', id, ...more] = text.split('/')
  if (text.includes('$')) {
    const bare = text.replace(/\/?\$.*$/, '')
    throw wrongTarget(text, `leave the operation out: \`bulkx export${bare === '' ? '' : ` ${bare}`}\``)
  }
  const isSlashed = id !== undefined && id !== '' && more.length === 1 && more[0] === ''
  if (isSlashed) throw wrongTarget(text, `did you mean ${type}/${id}?`)
  if (id === undefined && /\d/.test(text) && instanceId.test(text))
    throw wrongTarget(text, `did you mean Group/${text}? ${forms}`)
  if (!resourceType.test(type) || more.length > 0) {
    const capital = nearestType(type) ?? type.charAt(0).toUpperCase() + type.slice(1)
    const close = resourceType.test(capital) && more.length === 0
    throw wrongTarget(text, close ? `did you mean ${[capital, ...(id ? [id] : [])].join('/')}?` : forms)
  }
  if (id === undefined) return { kind: 'type', type }
  if (!instanceId.test(id)) throw wrongTarget(text, forms)
  return { kind: 'instance', type, id }
}

/** The target in the words of the command line. */
export const targetText = (target: Target): string => {
  switch (target.kind) {
    case 'system':
      return 'system'
    case 'type':
      return target.type
    case 'instance':
      return `${target.type}/${target.id}`
    case 'url':
      return target.url
    default:
      return target satisfies never
  }
}

// Capital, then small: all resource types are written so, and `FHIR` as a part of the base is not taken for one.
const afterBase =
  /(?:\/(?<type>(?!Fhir\/)[A-Z][a-z][A-Za-z]*)(?:\/(?<id>[^/]+))?)?\/(?:\$|%24)[A-Za-z0-9._-]+\/?$/

/**
 * The FHIR base of a kick-off URL: what stands before the target. Undefined when the URL does not end in an
 * operation, and so does not show it.
 */
export const baseOfKickOffUrl = (url: string): { fhirUrl: string; target: string } | undefined => {
  const path = url.replace(/[?#].*$/s, '')
  const match = afterBase.exec(path)
  if (!match) return undefined
  const { type, id } = match.groups ?? {}
  return {
    fhirUrl: path.slice(0, match.index),
    target: type === undefined ? 'system' : id === undefined ? type : `${type}/${id}`,
  }
}

const resource = /\/(?<type>[A-Z][A-Za-z]+)(?:\/(?<id>[^/]+))?\/?$/

/** The target in a URL that names a resource or a type, and no operation. Undefined where it names neither. */
export const targetWithoutOperation = (url: string): { fhirUrl: string; target: string } | undefined => {
  const path = url.replace(/[?#].*$/s, '')
  const match = baseOfKickOffUrl(url) === undefined ? resource.exec(path) : null
  const { type = '', id } = match?.groups ?? {}
  if (!match || !isResourceType(type)) return undefined
  return { fhirUrl: path.slice(0, match.index), target: id === undefined ? type : `${type}/${id}` }
}

const plain = (text: string): string => text.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[-.]+|-+$/g, '')

const hostPart = (server: string): string => {
  if (isMock(server)) return `mock${server === 'mock:' ? '' : `-${server.slice('mock:'.length)}`}`
  const { hostname, port } = new URL(server)
  return port === '' ? hostname : `${hostname}-${port}`
}

/** `<host>[-<port>]-<target>`: the directory when nobody names one. */
export const defaultDirectoryName = (server: string, target: Target): string => {
  const text = target.kind === 'url' ? (baseOfKickOffUrl(target.url)?.target ?? 'export') : targetText(target)
  return `${plain(hostPart(server))}-${plain(text) || 'export'}`
}
