// What the benchmark needs beside Node, and how to get it.
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

// Debian has servers where an ordinary user does not look.
const places = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']

/** A program that is missing ends the run with this sentence. */
export class MissingProgram extends Error {}

/** The path of a program. Throws `MissingProgram`. `debian`: the package that has it. */
export const programPath = (name, debian = name) => {
  const found = places.map((place) => join(place, name)).find((path) => existsSync(path))
  if (found !== undefined) return found
  throw new MissingProgram(`${name} is needed and is not on PATH; on Debian: apt-get install ${debian}`)
}
