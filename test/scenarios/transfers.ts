/** Files (F): ranges, checksums, lengths and storage, and one failure among many. */
import fs from 'node:fs'
import { open } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { dataFiles } from '../helpers/stored-export.js'
import type { Play, Row, Seen, Waived } from './row.js'

const everybody = ['export', 'Group/all', '--type', 'Patient,Observation'] as const
const patients = 'Patient.0001.ndjson'
const observations = 'Observation.0001.ndjson'

/** The Range headers of the requests for the large file, in their order. */
const rangesOf = ({ asked }: Seen): (string | undefined)[] =>
  asked('file')
    .filter(({ url }) => url.includes('Observation'))
    .map(({ headers }) => headers.range)

/** It breaks off, a range is asked for, proves nothing, and the whole is asked for again. */
const fromTheStart: Partial<Play> = {
  check: (seen) =>
    expect(rangesOf(seen)).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/), undefined]),
}

/** The answer to the range is the whole file. */
const asAWhole: Partial<Play> = {
  check: (seen) => expect(rangesOf(seen)).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)]),
}

/** Nothing would prove what a range gives: none is asked for. */
const withoutRange: Partial<Play> = {
  check: (seen) => expect(rangesOf(seen)).toEqual([undefined, undefined]),
}

/** A disk with room for so many bytes of content, until `enough` is called: large files and small ones. */
const smallDisk = (bytes: number) => {
  let left = bytes
  const undo: (() => void)[] = []
  const take = (chunks: readonly NodeJS.ArrayBufferView[]): Error | undefined => {
    left -= chunks.reduce((sum, { byteLength }) => sum + byteLength, 0)
    return left >= 0 ? undefined : Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
  }
  return {
    small: async (directory: string): Promise<void> => {
      const handle = await open(join(directory, '..'))
      const prototype: typeof handle = Object.getPrototypeOf(handle)
      await handle.close()
      const { writev } = prototype
      const ofHandles = vi.spyOn(prototype, 'writev').mockImplementation(function (
        this: typeof handle,
        chunks,
        position,
      ) {
        const full = take(chunks)
        return full ? Promise.reject(full) : writev.call(this, chunks, position)
      })
      const { writeSync, writevSync } = fs
      fs.writevSync = (descriptor, chunks, position) => {
        const full = take(chunks)
        if (full) throw full
        return writevSync(descriptor, chunks, position)
      }
      fs.writeSync = ((...args: Parameters<typeof writeSync>) => {
        const [, content] = args
        const full = typeof content === 'string' ? undefined : take([content])
        if (full) throw full
        return writeSync(...args)
      }) as typeof writeSync
      syncBuiltinESMExports()
      undo.push(() => {
        ofHandles.mockRestore()
        Object.assign(fs, { writeSync, writevSync })
        syncBuiltinESMExports()
      })
    },
    enough: async (): Promise<void> => {
      for (const one of undo.splice(0)) one()
    },
  }
}

const disk = smallDisk(20_000)

export const transferRows: readonly (Row | Waived)[] = [
  {
    id: 'F-44',
    client: 'sees that the proof fails, and starts the file again',
    over: 'tcp',
    argv: everybody,
    exit: 0,
    ...fromTheStart,
    variants: { 'other bytes': { check: (seen) => expect(rangesOf(seen).at(-1)).toBeUndefined() } },
  },
  {
    id: 'F-45',
    client: 'takes the whole body for what it is',
    over: 'tcp',
    argv: everybody,
    exit: 0,
    ...asAWhole,
  },
  {
    id: 'F-46',
    client: 'mixes no two files: starts again',
    over: 'tcp',
    argv: everybody,
    exit: 0,
    ...fromTheStart,
    variants: { 'nothing to tell it by': withoutRange },
  },
  {
    id: 'F-47',
    client: 'starts again',
    over: 'tcp',
    argv: everybody,
    exit: 0,
    ...fromTheStart,
  },
  {
    id: 'F-48',
    client: 'does not trip, and goes on from no place that such headers would have to prove',
    over: 'tcp',
    argv: everybody,
    exit: 0,
    ...withoutRange,
  },
  {
    id: 'F-49',
    client: 'nobody notices',
    over: 'tcp',
    argv: everybody,
    exit: 0,
    saysNot: ['error'],
    asks: { 'kick-off': 1, file: 2 },
    variants: { 'found closed by the next request': { asks: { 'kick-off': 1 } } },
  },
  {
    id: 'F-50',
    client: 'verifies it, whether it is of the bytes sent or of the content; tells of a wrong one',
    exit: 0,
    asks: { file: 2 },
    variants: {
      wrong: {
        exit: 10,
        says: ['its sha256 is not the one the server gave'],
        findings: ['wrong-checksum'],
        asks: { file: 3 },
      },
      'wrong, and other bytes each time': {
        exit: 7,
        says: [patients, 'other bytes each time'],
        tree: [observations],
        asks: { file: { min: 3 } },
      },
    },
  },
  {
    id: 'F-51',
    client: 'names the storage, and what can be done there',
    exit: 7,
    says: [
      'HTTP 403',
      'This request is not authorized to perform this operation.',
      'https://exports.blob.core.windows.net is an object store',
      '--trust-origin https://exports.blob.core.windows.net',
    ],
    tree: [],
    variants: {
      404: { says: ['HTTP 404', 'The specified blob does not exist.', 'is an object store'] },
      409: { says: ['HTTP 409', 'Public access is not permitted', 'is an object store'] },
    },
  },
  {
    id: 'F-52',
    client: 'sends no token until the user says so, and names the option',
    exit: 7,
    says: ['HTTP 401', 'none was sent', '--trust-origin https://ehr.example'],
    tree: [],
    then: [{ argv: ['resume', '--trust-origin', 'https://ehr.example'], exit: 0, asks: { file: 2 } }],
    check: ({ asked }) => {
      const tokens = asked('file').map(({ headers }) => headers.authorization !== undefined)
      expect(tokens.slice(-2)).toEqual([true, true])
      expect(tokens.slice(0, -2)).not.toContain(true)
    },
  },
  {
    id: 'F-53',
    client: 'sends none there',
    exit: 0,
    asks: { file: 2 },
    check: ({ asked }) => expect(asked('file').map(({ elsewhere }) => elsewhere)).toEqual([true, true]),
  },
  {
    id: 'F-54',
    client: 'stops, keeps what is finished, and goes on when there is room',
    argv: ['export', 'Group/123', '--type', 'Patient,Observation', '--parallel', '1'],
    before: disk.small,
    exit: 8,
    says: ['the disk is full', 'make room', 'bulkx resume'],
    tree: [patients],
    then: [{ argv: ['resume'], before: disk.enough, exit: 0, asks: { file: 1, 'kick-off': 0 } }],
  },
  {
    id: 'F-55',
    client: 'keeps what is finished; a resume fetches only the others',
    over: 'tcp',
    argv: ['export', 'Group/123', '--type', 'Patient,Observation', '--parallel', '1'],
    exit: 130,
    interruptAt: 'Observation.0003',
    asks: { file: 6 },
    tree: [
      patients,
      'Patient.0002.ndjson',
      observations,
      'Observation.0002.ndjson',
      'Observation.0003.ndjson',
    ],
    then: [{ argv: ['resume'], exit: 0, asks: { 'kick-off': 0, file: 19 } }],
  },
  {
    id: 'F-56',
    client: 'takes as many as were promised; from a server that is slow for ever it turns away',
    over: 'tcp',
    exit: 0,
    asks: { file: 2 },
    variants: {
      'a length that is too small': {
        exit: 10,
        content: 'altered',
        says: ['1 bad line', 'the line ends'],
        findings: ['bad-lines'],
        asks: { file: 3 },
      },
      'a few bytes a second, for ever': {
        over: 'process',
        exit: 7,
        says: ['less than 1024 bytes a second', '--parallel'],
        tree: [patients],
        asks: { file: { min: 2, max: 6 } },
      },
    },
  },
  {
    id: 'F-57',
    client: 'gives its own names',
    exit: 0,
    tree: [patients, observations],
  },
  {
    id: 'F-58',
    client: 'fetches all the others, and names the one',
    exit: 7,
    says: ['1 file of 116', 'Patient.0007.ndjson', 'Disk array 3 is gone', 'bulkx resume'],
    asks: { file: { min: 120, max: 135 } },
    check: async ({ directory }) => {
      expect(await dataFiles(directory)).toHaveLength(115)
    },
  },
]
