/** The file system below one directory, each of whose calls can be listed, and one of them made to fail. */
import fs from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { Purposes } from './purposes.js'

export type Code =
  | 'ENOSPC'
  | 'EIO'
  | 'EMFILE'
  | 'EACCES'
  | 'EROFS'
  | 'EDQUOT'
  | 'EINVAL'
  | 'ENOTSUP'
  | 'EPERM'

/** A call by its kind, path, purpose and number among those with the same ones: the same in each run. */
export interface DiskCall {
  kind: string
  /** Below the root, without what is drawn by chance. */
  path: string
  /** A fact in what is written, a name that a directory has got; empty for most. A call with several is listed for each. */
  purpose: string
  number: number
}

export interface Failure extends Omit<DiskCall, 'purpose'> {
  /** None by default. */
  purpose?: string
  code: Code
  /** From this call on, each of its kind and path fails, or of any kind that needs room with `everywhere`. */
  lasting?: 'here' | 'everywhere'
}

export interface FailingDisk extends Disposable {
  readonly calls: readonly DiskCall[]
  /** Whether the failure was met. */
  readonly met: boolean
  fail(failure: Failure): void
  mend(): void
}

const ofPath = [
  ...['open', 'mkdir', 'readdir', 'lstat', 'stat', 'rename', 'rm', 'link', 'utimes', 'writeFile', 'readFile'],
  ...['appendFile', 'realpath', 'unlink', 'rmdir', 'access', 'symlink'],
] as const
/** Of a descriptor, or of what gives one. */
const atOnce = [
  'openSync',
  'writeSync',
  'writevSync',
  'fsyncSync',
  'closeSync',
  'renameSync',
  'lstatSync',
] as const
const ofHandle = ['write', 'writev', 'datasync', 'sync', 'truncate', 'read', 'writeFile', 'close'] as const

/** What takes room on a disk. */
export const takesRoom = (kind: string): boolean =>
  /^(handle\.)?(write|writev|writeFile|appendFile|datasync|writeSync|writevSync)$/.test(kind)

type Method = (this: unknown, ...args: unknown[]) => unknown
type Methods = Record<string, Method>

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g

const errorOf = (code: Code, kind: string, path: string): Error =>
  Object.assign(new Error(`${code}: made by the test, ${kind} '${path}'`), { code })

/** Half of what was to be written is written before the disk is full. */
const half = (args: unknown[]): unknown[] | undefined => {
  const [first, offset, length, position] = args
  if (Buffer.isBuffer(first) && typeof offset === 'number' && typeof length === 'number')
    return [first, offset, length >> 1, position]
  return undefined
}

/** Watches everything below `root`, until it is disposed of. */
export const failingDisk = async (root: string): Promise<FailingDisk> => {
  const calls: DiskCall[] = []
  const counts = new Map<string, number>()
  const paths = new WeakMap<object, string>()
  const descriptors = new Map<number, string>()
  let failure: Failure | undefined
  let met = false

  const purposes = new Purposes()

  const isFailing = ({ kind, path, purpose, number }: DiskCall): boolean => {
    if (!failure) return false
    if (met && failure.lasting === 'everywhere' && takesRoom(kind)) return true
    if (failure.kind !== kind || failure.path !== path) return false
    if (met && failure.lasting) return true
    return (failure.purpose ?? '') === purpose && failure.number === number
  }

  /** Counts a call; the error that it ends with, if it is the one. */
  const meet = (kind: string, whole: unknown, carried: readonly string[] = ['']): Error | undefined => {
    const text = String(whole ?? '')
    if (!text.startsWith(`${root}/`)) return undefined
    const path = text.slice(root.length + 1).replace(uuid, '<id>')
    const same = carried.map((one): DiskCall => {
      const purpose = one.replace(uuid, '<id>')
      const key = [kind, path, purpose].join('\0')
      const number = (counts.get(key) ?? 0) + 1
      counts.set(key, number)
      return { kind, path, purpose, number }
    })
    calls.push(...same)
    if (!failure || !same.some(isFailing)) return undefined
    met = true
    return errorOf(failure.code, kind, text)
  }

  const undo: (() => void)[] = []
  const replace = (target: Methods, name: string, make: (original: Method) => Method): void => {
    const original = target[name]
    if (original === undefined) return
    target[name] = make(original)
    undo.push(() => {
      target[name] = original
    })
  }

  const module = promises as unknown as Methods
  for (const name of ofPath) {
    replace(
      module,
      name,
      (original) =>
        async function (this: unknown, ...args) {
          const path = String(name === 'rename' || name === 'link' || name === 'symlink' ? args[1] : args[0])
          const error = meet(name, path, purposes.ofPath(name, path))
          if (error) throw error
          const result = await original.apply(this, args)
          if (name === 'rename' || name === 'link') purposes.named(path)
          if (name === 'open') {
            paths.set(result as object, path)
            purposes.opened(path, result as object)
          }
          return result
        },
    )
  }
  const probe = await promises.open(root, 'r')
  const prototype: FileHandle = Object.getPrototypeOf(probe)
  await probe.close()
  for (const name of ofHandle) {
    replace(
      prototype as unknown as Methods,
      name,
      (original) =>
        async function (this: unknown, ...args) {
          const path = paths.get(this as object) ?? ''
          const carried = purposes.ofHandle(name, path, this as object, args)
          const error = meet(`handle.${name}`, path, carried)
          if (error && name === 'close') await original.apply(this, args)
          const less = error && name === 'write' ? half(args) : undefined
          if (less) await original.apply(this, less)
          const [text] = args
          if (error && name === 'writeFile' && typeof text === 'string')
            await original.call(this, text.slice(0, text.length >> 1))
          if (error) throw error
          const result = await original.apply(this, args)
          if (name === 'write') purposes.written(path, carried)
          if (name === 'datasync') purposes.synced(path)
          return result
        },
    )
  }
  for (const name of atOnce) {
    replace(
      fs as unknown as Methods,
      name,
      (original) =>
        function (this: unknown, ...args) {
          const [first, second] = args
          const isDescriptor = typeof first === 'number'
          const error = meet(
            name,
            isDescriptor ? descriptors.get(first) : name === 'renameSync' ? second : first,
          )
          if (error && name === 'closeSync') original.apply(this, args)
          if (error && name === 'writeSync' && Buffer.isBuffer(second))
            original.call(this, first, second.subarray(0, second.length >> 1))
          if (error) throw error
          const result = original.apply(this, args)
          if (name === 'openSync') descriptors.set(result as number, String(first))
          if (name === 'renameSync') purposes.named(String(second))
          return result
        },
    )
  }
  replace(
    fs as unknown as Methods,
    'fsync',
    (original) =>
      function (this: unknown, ...args) {
        const error = meet('fsync', descriptors.get(args[0] as number))
        if (error) return process.nextTick(args.at(-1) as (error: Error) => void, error)
        return original.apply(this, args)
      },
  )
  // Streams that read.
  replace(
    fs as unknown as Methods,
    'open',
    (original) =>
      function (this: unknown, ...args) {
        const done = args.at(-1) as (error: Error | null, descriptor?: number) => void
        const error = meet('stream.open', args[0])
        if (error) return process.nextTick(done, error)
        return original.call(this, ...args.slice(0, -1), (failed: Error | null, descriptor: number) => {
          if (!failed) descriptors.set(descriptor, String(args[0]))
          done(failed, descriptor)
        })
      },
  )
  replace(
    fs as unknown as Methods,
    'read',
    (original) =>
      function (this: unknown, ...args) {
        const error = meet('stream.read', descriptors.get(args[0] as number))
        if (error) return process.nextTick(args.at(-1) as (error: Error) => void, error)
        return original.apply(this, args)
      },
  )
  syncBuiltinESMExports()

  return {
    calls,
    get met() {
      return met
    },
    fail: (wanted) => {
      failure = wanted
      met = false
      counts.clear()
    },
    mend: () => {
      failure = undefined
    },
    [Symbol.dispose]: () => {
      for (const one of undo) one()
      syncBuiltinESMExports()
    },
  }
}

/** Files below a directory that this process holds open. */
export const openBelow = (root: string): string[] => {
  const held = fs.readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return [fs.readlinkSync(`/proc/self/fd/${descriptor}`)]
    } catch {
      return []
    }
  })
  return held.filter((path) => path.startsWith(root))
}
