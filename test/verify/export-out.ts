/** A finished export to damage, and what `bulkx verify` says of it then. */
import { createHash } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Note, Problem } from '../../src/verify/record.js'
import { type Session, session } from '../cli/session.js'

export interface Exported extends Session {
  /** The directory of the export. */
  out: string
  verify(...more: string[]): Promise<Seen>
}

export interface Seen {
  code: number
  /** Codes and files of the problems, sorted. */
  problems: string[]
  notes: string[]
  /** The first of them. */
  first: Problem
  result: Record<string, unknown>
  err: string
}

const told = (list: (Problem | Note)[]): string[] =>
  list.map(({ code, file = '' }) => `${code} ${file}`.trim()).sort()

export const seen = async (talk: Session, directory: string, more: string[] = []): Promise<Seen> => {
  const { code, result, err } = await talk.run(['verify', directory, '--json', ...more])
  const problems = (result.problems ?? []) as Problem[]
  const notes = (result.notes ?? []) as Note[]
  const first = problems[0] ?? { code: '', message: '', remedy: '' }
  return { code, problems: told(problems), notes: told(notes), first, result, err }
}

/** The mock's group of ten, with these further words on the command line. */
export const exported = async (
  words: string[] = [],
  options: Parameters<typeof session>[0] = {},
): Promise<Exported> => {
  const talk = await session({ jobMs: 0, ...options })
  const types = 'Patient,Condition,Observation'
  await talk.run([
    'export',
    'Group/123',
    '--server',
    talk.server,
    '--type',
    types,
    '-o',
    'out',
    '-q',
    ...words,
  ])
  const out = join(talk.cwd, 'out')
  return { ...talk, out, verify: (...more) => seen(talk, 'out', more) }
}

/** Changes the text of a file in place. */
export const edit = async (path: string, change: (text: string) => string): Promise<void> =>
  writeFile(path, change(await readFile(path, 'utf8')))

/** Changes `manifest.json` as JSON. */
export const editManifest = (
  directory: string,
  change: (manifest: { output: Record<string, unknown>[] } & Record<string, unknown>) => void,
): Promise<void> =>
  edit(join(directory, 'manifest.json'), (text) => {
    const manifest = JSON.parse(text)
    change(manifest)
    return JSON.stringify(manifest)
  })

export const swap = async (one: string, other: string): Promise<void> => {
  await rename(one, `${one}.aside`)
  await rename(other, one)
  await rename(`${one}.aside`, other)
}

export const digest = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
