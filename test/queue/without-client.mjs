// Hides the client of Redis, as where it is not installed.
import { register } from 'node:module'

const hooks = `export const resolve = (specifier, context, next) => {
  if (!specifier.startsWith('@redis/')) return next(specifier, context)
  throw Object.assign(new Error('Cannot find package ' + specifier), { code: 'ERR_MODULE_NOT_FOUND' })
}`

register(`data:text/javascript,${encodeURIComponent(hooks)}`)
