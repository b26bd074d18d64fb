/** A directory of `Type*.ndjson[.gz]` as a source: the folder is the data, its lines are served as they are. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Content, linePages, tagOf } from '../content.js'
import { belongs } from './compartment.js'
import {
  type DataSource,
  GROUP_OF_ALL,
  GROUP_OF_TEN,
  GROUP_OF_TEN_SIZE,
  type Resource,
  type Selection,
} from './source.js'
import { type LineRun, lineRuns, linesOf, openSourceFile, type SourceFile } from './source-file.js'

const isPlain = ({ patients, supporting, keep, rewrite }: Selection): boolean =>
  patients === undefined && supporting && keep === undefined && rewrite === undefined

const runContent = (file: SourceFile, { start, end, count }: LineRun): Content => ({
  count,
  tag: tagOf(file.version, start, end),
  open: async () => ({
    sizeBytes: end - start,
    read: (first, last) => file.read(start + first, start + last),
  }),
})

/** A line that is no JSON object is somebody's test of a client: no filter applies to it. */
const parsed = (line: string): Resource | undefined => {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Resource) : undefined
  } catch {
    return undefined
  }
}

const selectedLines = async (files: readonly SourceFile[], selection: Selection): Promise<string[]> => {
  const lines: string[] = []
  for (const file of files) {
    for await (const line of linesOf(file)) {
      const resource = parsed(line)
      if (resource === undefined) lines.push(line)
      else if (belongs(resource, selection) && selection.keep?.(resource) !== false)
        lines.push(selection.rewrite?.(line) ?? line)
    }
  }
  return lines
}

/** File names by type, in alphabetical order. Throws the file system's error, or one that says what is missing. */
const filesByType = (directory: string): Map<string, string[]> => {
  const byType = new Map<string, string[]>()
  for (const name of readdirSync(directory).sort()) {
    const type = /^([A-Z][A-Za-z]*).*\.ndjson(?:\.gz)?$/.exec(name)?.[1]
    if (type !== undefined) byType.set(type, [...(byType.get(type) ?? []), join(directory, name)])
  }
  if (byType.size === 0) throw new Error(`There is no Type*.ndjson or Type*.ndjson.gz in ${directory}`)
  return byType
}

/**
 * A source that serves the files of a directory. Without filters their bytes are neither parsed nor copied; with
 * filters the lines that are kept are held in memory. Throws when the directory cannot be read or has no NDJSON.
 */
export const directoryData = (directory: string): DataSource => {
  const byType = filesByType(directory)
  const opened = new Map<string, Promise<SourceFile>>()
  const runs = new Map<string, Promise<LineRun[]>>()
  const remember = <T>(cache: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> => {
    const made = cache.get(key) ?? make()
    cache.set(key, made)
    return made
  }
  const openFile = (path: string) => remember(opened, path, () => openSourceFile(path))
  const filesOf = (type: string) => Promise.all((byType.get(type) ?? []).map(openFile))
  let knownPatients: Promise<Set<string>> | undefined
  const patientIds = async (): Promise<Set<string>> => {
    const ids = new Set<string>()
    for (const file of await filesOf('Patient')) {
      for await (const line of linesOf(file)) {
        const id = parsed(line)?.id
        if (id !== undefined) ids.add(id)
      }
    }
    return ids
  }
  const patients = () => {
    knownPatients ??= patientIds()
    return knownPatients
  }
  return {
    types: [...byType.keys()],
    hasPatient: async (id) => (await patients()).has(id),
    group: async (id) => {
      if (id === GROUP_OF_ALL) return 'everybody'
      return id === GROUP_OF_TEN ? new Set([...(await patients())].slice(0, GROUP_OF_TEN_SIZE)) : undefined
    },
    select: async (type, selection, pageSize) => {
      if (!isPlain(selection)) return linePages(await selectedLines(await filesOf(type), selection), pageSize)
      const contents = await Promise.all(
        (byType.get(type) ?? []).map(async (path) => {
          const file = await openFile(path)
          const pages = await remember(runs, `${path}\n${pageSize}`, () => lineRuns(file, pageSize))
          return pages.map((run) => runContent(file, run))
        }),
      )
      return contents.flat()
    },
    deletions: () => [],
  }
}
