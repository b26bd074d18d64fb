/** The version of this package. */
import { readFileSync } from 'node:fs'

/** Read from package.json, which stands two folders above in the source and in the build alike. */
export const version = (): string => {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown'
}
