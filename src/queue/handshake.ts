/** May this worker serve an export? Asked before it takes a file, of what the coordinator says and what it knows itself. */
import { isAbsolute, join, relative, sep } from 'node:path'
import { withoutEndSlashes, withoutQuery } from '../http/url.js'
import { plainText } from '../protocol/operation-outcome.js'
import { privateFolder, readRegular } from '../sink/disk.js'
import type { Description } from './description.js'

/** In the folder of ours in a directory: only who has the same disk finds it. */
export const signName = 'queue'

export const signPath = (directory: string): string => join(directory, privateFolder, signName)

/** What a worker is. */
export interface OwnSide {
  version: string
  fhirUrl: string
  /** It writes nowhere but there, and below: a directory, or the URL of an object store. */
  root: string
}

const isUrl = (place: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(place)

/** A place below another one, or the same, and none that only looks so. */
export const isWithin = (root: string, place: string): boolean => {
  if (isUrl(root) !== isUrl(place)) return false
  if (isUrl(root)) {
    const base = withoutEndSlashes(root)
    const steps = place.split('/')
    return (place === base || place.startsWith(`${base}/`)) && !steps.includes('..') && !/[?#\\]/.test(place)
  }
  if (!isAbsolute(place)) return false
  const way = relative(root, place)
  return way === '' || (!isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`))
}

/** Why this worker must not take files of the export; undefined where it may. */
export const objection = async (
  { version, fhirUrl, place, sign }: Description,
  own: OwnSide,
): Promise<string | undefined> => {
  if (version !== own.version)
    return `it is bulkx ${own.version}, and the coordinator is ${plainText(version)}`
  if (withoutEndSlashes(fhirUrl) !== withoutEndSlashes(own.fhirUrl))
    return `it is set up for ${withoutQuery(own.fhirUrl)}, and not for ${withoutQuery(plainText(fhirUrl))}`
  const shown = withoutQuery(plainText(place))
  if (!isWithin(own.root, place))
    return `it may write to ${withoutQuery(own.root)}, and ${shown} is not there (--out)`
  if (isUrl(place)) return undefined
  const found = await readRegular(signPath(place)).catch(() => undefined)
  return sign !== undefined && found === sign
    ? undefined
    : `${shown} is not the coordinator's directory on this machine, or it cannot be read`
}
