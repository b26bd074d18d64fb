/** What goes with patients who left: their own record, and what is in the compartment of nobody who stays. */
import { isObject, type Json } from '../json.js'
import type { Key } from './key-table.js'
import { parsed } from './line-reader.js'
import { compartmentPaths } from './patient-compartment.js'

/** Whether a line goes. Borrows all of it. */
export type Leaves = (block: Buffer, from: number, to: number, key: Key, type: string) => boolean

const needle = Buffer.from('Patient')
const slash = 0x2f
const backslash = 0x5c
const isIdByte = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) ||
  (byte >= 0x41 && byte <= 0x5a) ||
  (byte >= 0x61 && byte <= 0x7a) ||
  byte === 0x2d ||
  byte === 0x2e ||
  byte === 0x5f ||
  byte === 0x7e

/** The id of `Patient/<id>` whose `Patient` ends here; some write the slash as `\/`. */
const idAt = (block: Buffer, at: number): string | undefined => {
  const from = block[at] === backslash ? at + 2 : at + 1
  if (block[from - 1] !== slash) return undefined
  let to = from
  while (isIdByte(block[to] ?? 0)) to += 1
  return block.toString('latin1', from, to)
}

const reference = /(?:^|\/)Patient\/([^\s/?#|]+)(?:\/_history\/[^/]+)?$/

/** Values at a path, through lists. */
const valuesAt = (value: unknown, [first, ...rest]: readonly string[]): unknown[] => {
  if (Array.isArray(value))
    return value.flatMap((one) => valuesAt(one, first === undefined ? [] : [first, ...rest]))
  if (first === undefined) return [value]
  return isObject(value) && Object.hasOwn(value, first) ? valuesAt(value[first], rest) : []
}

/** Ids of the patients in whose compartments a resource is. */
const patientsOf = (resource: Json, type: string): string[] =>
  compartmentPaths(type)
    .flatMap((path) => valuesAt(resource, path))
    .flatMap((value) => {
      const text = isObject(value) ? value.reference : undefined
      const id = typeof text === 'string' ? reference.exec(text)?.[1] : undefined
      return id === undefined ? [] : [id]
    })

/**
 * A resource in the compartments of several patients goes with the last of them: it is somebody's record as long as one
 * stays. References are relative or absolute; contained resources and Bundles are not looked into.
 */
export const leavingWith = (ids: readonly string[] | undefined): Leaves | undefined =>
  ids === undefined || ids.length === 0 ? undefined : leavingWithAny(new Set(ids))

const leavingWithAny = (removed: ReadonlySet<string>): Leaves => {
  /** No `Patient` stands in the block between what was searched and this place. */
  let searched: { block: Buffer; next: number } | undefined
  const nextFrom = (block: Buffer, at: number): number => {
    if (searched?.block === block && searched.next >= at) return searched.next
    const found = block.indexOf(needle, at)
    const next = found === -1 ? block.length : found
    searched = { block, next }
    return next
  }
  const isNamed = (block: Buffer, from: number, to: number): boolean => {
    for (let at = nextFrom(block, from); at < to; at = nextFrom(block, at + 1)) {
      const id = idAt(block, at + needle.length)
      if (id !== undefined && removed.has(id)) return true
    }
    return false
  }
  return (block, from, to, key, type) => {
    if (type === 'Patient') return removed.has(key.bytes.toString('utf8', key.from, key.to))
    if (!isNamed(block, from, to)) return false
    const resource = parsed(block, from, to)
    const patients = resource ? patientsOf(resource, type) : []
    return patients.length > 0 && patients.every((id) => removed.has(id))
  }
}
