/** The clouds' own packages: optional, and loaded when a store is first spoken to. */
import { BulkxError } from '../../errors.js'

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'

/** Loads a package, or throws `BULKX_CONFIG` with how to install it. `all`: what is installed together. */
export const load = async <T>(name: string, what: string, all: readonly string[] = [name]): Promise<T> => {
  try {
    return (await import(name)) as T
  } catch (cause) {
    if (!isMissing(cause)) throw cause
    throw new BulkxError('BULKX_CONFIG', `${what} needs the package ${name}, which is not installed`, {
      cause,
      hint: `install it beside bulkx: \`npm install ${all.join(' ')}\`, with --global where bulkx was installed so`,
    })
  }
}
