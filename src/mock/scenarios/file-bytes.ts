/** Files, from their first byte to their last: what breaks, is cut off, is coded, or is not as much as was promised. */
import { editContent, type Fault } from '../edit.js'
import { faults } from '../faults.js'
import { always } from '../matcher.js'
import type { Scenario } from '../scenario.js'

/** The first file is this, so many times. */
const instead = (text: string, times = always): Fault =>
  editContent('instead', { file: 1, times }, () => Buffer.from(text))

/** The first file lacks its last line, and one more each time. */
const fewerEachTime = (): Fault => {
  let asked = 0
  return editContent('fewerEachTime', { file: 1 }, (content) => {
    asked += 1
    const lines = content
      .toString()
      .split('\n')
      .slice(0, -1 - asked)
    return Buffer.from(lines.join('\n').concat('\n'))
  })
}

/** A cut between two lines: nothing in the bytes tells of it. */
const wholeLinesOnly = (): Fault =>
  editContent('wholeLinesOnly', { file: 1 }, (content) =>
    content.subarray(0, content.lastIndexOf('\n', content.length >> 1) + 1),
  )

const uncounted = { manifest: { counts: false } } as const

/** Enough of a file that a good part of it has arrived when it breaks. */
const large = { data: { patients: 1500 } } as const

const broken: readonly Scenario[] = [
  {
    id: 'F-14',
    priority: 'B',
    server: 'the connection is reset inside of a file',
    make: () => ({ options: large, faults: [faults.cut({ file: 1, keepBytes: 600_000 })] }),
    variants: {
      'no ranges': () => ({
        options: large,
        personality: { files: { ranges: false } },
        faults: [faults.cut({ file: 1, keepBytes: 600_000 })],
      }),
      'for ever': () => ({ faults: [faults.cut({ file: 1, keepBytes: 0, times: always })] }),
    },
  },
  {
    id: 'F-15',
    priority: 'B',
    server: 'nothing more comes inside of a file, and the connection stays open',
    make: () => ({ faults: [faults.stall({ file: 1, keepBytes: 3000 })] }),
  },
  {
    id: 'F-16',
    priority: 'B',
    server: 'a body shorter than its Content-Length',
    make: () => ({ options: large, faults: [faults.truncateLying({ file: 1, keepBytes: 600_000 })] }),
    variants: {
      'for ever': () => ({ faults: [faults.truncateLying({ file: 1, keepBytes: 0, times: always })] }),
      'a little each time': () => ({
        faults: [faults.truncateLying({ file: 1, keepBytes: 300, times: always })],
      }),
    },
  },
  {
    id: 'F-17',
    priority: 'B',
    server: 'a body without Content-Length that ends too early, and properly',
    make: () => ({ faults: [faults.noLength({ file: 1, keepBytes: 3000 })] }),
    variants: {
      once: () => ({ faults: [faults.noLength({ file: 1, keepBytes: 3000, times: 1 })] }),
      'in a line, no count': () => ({
        personality: uncounted,
        faults: [faults.noLength({ file: 1, keepBytes: 3000 })],
      }),
      'between two lines, no count': () => ({
        personality: uncounted,
        faults: [faults.noLength({ file: 1, as: 'close' }), wholeLinesOnly()],
      }),
      'between two lines, in chunks, no count': () => ({
        personality: uncounted,
        faults: [faults.noLength({ file: 1, as: 'chunked' }), wholeLinesOnly()],
      }),
    },
  },
]

const coded: readonly Scenario[] = [
  {
    id: 'F-18',
    priority: 'B',
    server: 'a gzip body without its trailer',
    make: () => ({ faults: [faults.truncateGzip({ file: 1 })] }),
    variants: {
      'for ever': () => ({ faults: [faults.truncateGzip({ file: 1, times: always })] }),
      'without its second half': () => ({ faults: [faults.truncateGzip({ file: 1, bytes: 800 })] }),
      'damaged in its middle': () => ({ faults: [faults.corruptGzip({ file: 1 })] }),
      'something behind it': () => ({
        faults: [faults.gzipMembers({ file: 1, tail: '{"resourceType":"Patient"}\n' })],
      }),
    },
  },
  {
    id: 'F-19',
    priority: 'A',
    server: 'gzip that was not asked for, or that no header tells of',
    make: () => ({ faults: [faults.gzipUnannounced()] }),
    variants: { announced: () => ({ faults: [faults.coding({ name: 'gzip' })] }) },
  },
  {
    id: 'F-20',
    priority: 'B',
    server: 'a stored .gz that is compressed once more for the transfer',
    make: () => ({ faults: [faults.gzipTwice()] }),
    variants: {
      'announced twice': () => ({ faults: [faults.coding({ name: 'gzip, gzip' })] }),
      'in several members': () => ({ faults: [faults.gzipMembers()] }),
      'in members with padding between': () => ({ faults: [faults.gzipMembers({ padding: 512 })] }),
      'three times': () => ({ faults: [faults.coding({ name: 'gzip, gzip, gzip', file: 1 })] }),
    },
  },
  {
    id: 'F-21',
    priority: 'B',
    server: 'Content-Encoding: gzip on a plain body',
    make: () => ({ faults: [faults.falseGzip({ file: 1 })] }),
  },
  {
    id: 'F-22',
    priority: 'B',
    server: 'content codings other than gzip',
    make: () => ({ faults: [faults.coding({ name: 'br' })] }),
    variants: {
      deflate: () => ({ faults: [faults.coding({ name: 'deflate' })] }),
      'deflate without its header': () => ({ faults: [faults.rawDeflate()] }),
      'x-gzip': () => ({ faults: [faults.coding({ name: 'x-gzip' })] }),
      'gzip, br': () => ({ faults: [faults.coding({ name: 'gzip, br' })] }),
      zstd: () => ({ faults: [faults.coding({ name: 'zstd', file: 1 })] }),
    },
  },
  {
    id: 'F-23',
    priority: 'C',
    server: 'a gzip bomb: 100 MB from 100 kB',
    make: () => ({ faults: [faults.gzipBomb({ file: 1 })] }),
  },
]

const counted: readonly Scenario[] = [
  {
    id: 'F-25',
    priority: 'A',
    server: 'the manifest counts one resource more than the file has',
    make: () => ({ faults: [faults.wrongCount({})] }),
    variants: {
      'other bytes each time': () => ({ faults: [fewerEachTime()] }),
      'a line more': () => ({ faults: [faults.wrongCount({ by: -1 })] }),
    },
  },
  {
    id: 'F-26',
    priority: 'A',
    server: 'an empty file, and no count',
    make: () => ({ personality: uncounted, faults: [instead('')] }),
    variants: {
      'count 0': () => ({ faults: [faults.wrongCount({ by: -10 }), instead('')] }),
      'blank lines': () => ({ personality: uncounted, faults: [instead('\n\n')] }),
    },
  },
  {
    id: 'F-27',
    priority: 'A',
    server: 'an empty file where ten resources are counted',
    make: () => ({ faults: [instead('')] }),
    variants: { once: () => ({ faults: [instead('', 1)] }) },
  },
  {
    id: 'F-28',
    priority: 'B',
    server: '204 for a file',
    make: () => ({
      personality: uncounted,
      faults: [faults.empty({ on: 'file', file: 1, status: 204, times: always })],
    }),
    variants: {
      'ten resources counted': () => ({
        faults: [faults.empty({ on: 'file', file: 1, status: 204, times: always })],
      }),
    },
  },
]

export const fileBytesScenarios: readonly Scenario[] = [...broken, ...coded, ...counted]
