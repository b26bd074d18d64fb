/** The file system as a killed process leaves it: after so many changes, the last of them half done, nothing happens any more. */
import promises, { type FileHandle } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'

type Method = (this: unknown, ...args: unknown[]) => Promise<unknown>
type Methods = Record<string, Method>

const ofPath = ['mkdir', 'open', 'rename', 'rm', 'symlink', 'link', 'unlink', 'writeFile'] as const
const ofHandle = ['write', 'writev', 'appendFile', 'writeFile', 'sync', 'datasync'] as const

export interface StoppingDisk extends Disposable {
  /** What was done, in order. */
  readonly changes: readonly string[]
  /** Nothing more happens from the change of this number on, counted from 1; it is half done, or not at all. */
  stopAt(number: number, how: 'half' | 'not'): void
}

/** Half of what can be half done. */
const half = async (name: string, original: Method, self: unknown, args: unknown[]): Promise<void> => {
  const [first, second, third, ...rest] = args
  if (name === 'write' && Buffer.isBuffer(first) && typeof second === 'number' && typeof third === 'number')
    await original.call(self, first, second, third >> 1, ...rest)
  if ((name === 'appendFile' || name === 'writeFile') && typeof first !== 'string' && Buffer.isBuffer(first))
    await original.call(self, first.subarray(0, first.length >> 1))
  if (name === 'writeFile' && typeof first === 'string' && second === undefined)
    await original.call(self, first.slice(0, first.length >> 1))
  if (name === 'rm' && typeof first === 'string') {
    const [one] = await promises.readdir(first).catch(() => [])
    if (one !== undefined) await original.call(self, join(first, one), { recursive: true, force: true })
  }
}

/** A file opened for reading changes nothing. */
const isChange = (name: string, args: unknown[]): boolean =>
  name !== 'open' || (typeof args[1] === 'string' ? args[1] !== 'r' : Number(args[1]) % 4 !== 0)

export const stoppingDisk = async (): Promise<StoppingDisk> => {
  const changes: string[] = []
  let stop: { number: number; how: 'half' | 'not' } | undefined
  const undo: (() => void)[] = []

  const replace = (target: Methods, names: readonly string[]): void => {
    for (const name of names) {
      const original = target[name]
      if (original === undefined) continue
      target[name] = async function (this: unknown, ...args) {
        if (!isChange(name, args)) return original.apply(this, args)
        changes.push(`${name} ${typeof args[0] === 'string' ? args[0] : ''}`)
        if (stop && changes.length >= stop.number) {
          if (changes.length === stop.number && stop.how === 'half') await half(name, original, this, args)
          throw new Error(`stopped at ${name}`)
        }
        return original.apply(this, args)
      }
      undo.push(() => {
        target[name] = original
      })
    }
  }

  replace(promises as unknown as Methods, ofPath)
  const probe = await promises.open('/', 'r')
  const prototype: FileHandle = Object.getPrototypeOf(probe)
  await probe.close()
  replace(prototype as unknown as Methods, ofHandle)
  syncBuiltinESMExports()
  return {
    changes,
    stopAt: (number, how) => {
      stop = { number, how }
    },
    [Symbol.dispose]: () => {
      for (const one of undo) one()
      syncBuiltinESMExports()
    },
  }
}
