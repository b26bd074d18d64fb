/**
 * What a call of the file system is for. Finished files share their journal's writes and their directories' syncs, in
 * groups that real time makes: the third sync may be for one file in a run and for three in the next.
 */
import { basename, dirname } from 'node:path'

/** Files with a fact a line, by the end of their names. */
const ofFacts = /(^|\/)(journal|log\.ndjson)$/

/** One that every call has which serves nothing in particular. */
const plain: readonly string[] = ['']

const nameOf = (line: string): string => {
  const fact = JSON.parse(line)
  return [fact.type ?? fact.eventId, fact.name ?? fact.page ?? fact.eventDetail?.fileUrl ?? '']
    .join(' ')
    .trim()
}

/** Bytes of `handle.write(buffer, offset, length)`, or the text of a `handle.writeFile`. */
const textOf = ([first, offset, length]: readonly unknown[]): string =>
  Buffer.isBuffer(first)
    ? first.subarray(Number(offset), Number(offset) + Number(length)).toString()
    : String(first)

const factsIn = (text: string): readonly string[] => text.trimEnd().split('\n').map(nameOf)

export class Purposes {
  /** Facts written to a path and not synced. */
  private readonly unsynced = new Map<string, string[]>()
  /** Names that a directory has got since it was opened last. */
  private readonly entered = new Map<string, string[]>()
  private readonly ofHandles = new WeakMap<object, readonly string[]>()

  /** Of a call by path: what is written, or which new names a directory is opened for. */
  ofPath(kind: string, path: string): readonly string[] {
    if (kind !== 'open') return plain
    return this.entered.get(path) ?? plain
  }

  /** Of a call of what was opened. */
  ofHandle(kind: string, path: string, handle: object, args: readonly unknown[]): readonly string[] {
    if ((kind === 'write' || kind === 'writeFile') && ofFacts.test(path)) return factsIn(textOf(args))
    if (kind === 'datasync') return this.unsynced.get(path) ?? plain
    return this.ofHandles.get(handle) ?? plain
  }

  opened(path: string, handle: object): void {
    const names = this.entered.get(path)
    if (names) this.ofHandles.set(handle, names)
    this.entered.delete(path)
  }

  written(path: string, facts: readonly string[]): void {
    if (ofFacts.test(path)) this.unsynced.set(path, [...(this.unsynced.get(path) ?? []), ...facts])
  }

  synced(path: string): void {
    this.unsynced.delete(path)
  }

  named(path: string): void {
    const directory = dirname(path)
    this.entered.set(directory, [...(this.entered.get(directory) ?? []), basename(path)])
  }
}
