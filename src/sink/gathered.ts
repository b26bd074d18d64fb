/** A small content in memory: nothing of it is on a disk before its end is known, and then it is written by one call. */
import { closeSync, fsync, fsyncSync, openSync, rmSync, writeSync, writevSync } from 'node:fs'
import { fileMode } from './disk.js'
import { systemCode } from './storage-error.js'

/** What is longer than this is written as it comes, bytes. */
export const gatheredMax = 1024 * 1024
/** All contents that are gathered at once, bytes: beyond it, each is written as it comes. */
const gatheredInAllMax = 16 * 1024 * 1024

/** What the contents of all files take together. */
export class Room {
  private taken = 0

  /** False when there is none left. */
  take(bytes: number): boolean {
    if (this.taken + bytes > gatheredInAllMax) return false
    this.taken += bytes
    return true
  }

  leave(bytes: number): void {
    this.taken -= bytes
  }
}

export class Gathered {
  private readonly room: Room
  private chunks: Uint8Array[] = []
  private bytes = 0

  constructor(room: Room) {
    this.room = room
  }

  /** False when it does not fit: then it is for the caller to write, behind what was gathered. */
  add(chunk: Uint8Array): boolean {
    if (this.bytes + chunk.length > gatheredMax || !this.room.take(chunk.length)) return false
    this.chunks.push(chunk)
    this.bytes += chunk.length
    return true
  }

  /** What was gathered, which is then the caller's. */
  take(): Uint8Array[] {
    const { chunks } = this
    this.room.leave(this.bytes)
    this.chunks = []
    this.bytes = 0
    return chunks
  }
}

const writeAll = (descriptor: number, chunks: Uint8Array[]): void => {
  const total = chunks.reduce((sum, { length }) => sum + length, 0)
  if (total === 0) return
  const [only] = chunks
  let written = chunks.length === 1 && only ? writeSync(descriptor, only) : writevSync(descriptor, chunks)
  if (written === total) return
  const all = Buffer.concat(chunks)
  while (written < total) written += writeSync(descriptor, all, written)
}

/** Creates what is not there: whatever stands in its way is removed, never followed. */
const create = (path: string): number => {
  try {
    return openSync(path, 'wx', fileMode)
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
    rmSync(path, { force: true })
    return openSync(path, 'wx', fileMode)
  }
}

/** A new file with this content, left open; at once, for a disk that is swift. */
export const writeAtOnce = (path: string, chunks: Uint8Array[]): number => {
  const descriptor = create(path)
  try {
    writeAll(descriptor, chunks)
    return descriptor
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
}

/** Makes it durable, which takes as long as the device does, and closes it. */
export const syncAndClose = (descriptor: number): Promise<void> =>
  new Promise((resolve, reject) => {
    fsync(descriptor, (failure) => {
      try {
        closeSync(descriptor)
      } catch (error) {
        reject(error)
        return
      }
      if (failure) reject(failure)
      else resolve()
    })
  })

/** The same where there is no device. */
export const syncAndCloseAtOnce = (descriptor: number): void => {
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
