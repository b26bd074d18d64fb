// The packages that whoever installs ours gets too, as package-lock.json has them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '../..')

export const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'))

/** Name, version and place of each, without what is there for developers, or only where users install it themselves. */
export const productionPackages = () =>
  Object.entries(readJson('package-lock.json').packages)
    .filter(
      ([path, { dev, devOptional, peer, optional }]) =>
        path !== '' && !dev && !devOptional && !peer && !optional,
    )
    .map(([path, { version }]) => ({
      path,
      version,
      name: path.slice(path.lastIndexOf('node_modules/') + 13),
    }))
