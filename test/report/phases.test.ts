/** `bulkx report` of exports that are not simply complete: it says how they stand, what is not known, and what to do. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { faults } from '../../src/mock/index.js'
import { type Session, session } from '../cli/session.js'
import { argvOf } from './worlds.js'

const pageIn = ({ cwd }: Session): string => readFileSync(join(cwd, 'out/report.html'), 'utf8')

const journalIn = ({ cwd }: Session): string => readFileSync(join(cwd, 'out/.bulkx/journal'), 'utf8')

interface Row {
  make: () => Promise<Session>
  /** On the page. */
  says: RegExp
  hint: RegExp
}

const running = (): Promise<Session> => session({ jobMs: 3_600_000 })

const rows: Record<string, Row> = {
  new: {
    make: async () => {
      const talk = await session({
        faults: [faults.answer({ on: 'kick-off', status: 400, body: 'no', times: 9 })],
      })
      await talk.run(argvOf(talk))
      return talk
    },
    says: /Not started/,
    hint: /bulkx doctor/,
  },
  undecided: {
    make: async () => {
      const talk = await session({ faults: [faults.loseKickOffAnswer({ times: 1 })] })
      await talk.run(argvOf(talk))
      return talk
    },
    says: /Undecided/,
    hint: /bulkx resume &lt;status-url&gt;/,
  },
  'in-progress': {
    make: async () => {
      const talk = await running()
      await talk.run(['kickoff', ...argvOf(talk).slice(1)])
      return talk
    },
    says: /In progress/,
    hint: /bulkx resume \.\/out/,
  },
  cancelled: {
    make: async () => {
      const talk = await running()
      await talk.run(['kickoff', ...argvOf(talk).slice(1)])
      await talk.run(['cancel', 'out'])
      return talk
    },
    says: /Cancelled/,
    hint: /--again/,
  },
  gone: {
    make: async () => {
      const talk = await session({
        faults: [faults.answer({ on: 'status', status: 404, body: 'unknown job', times: 9 })],
      })
      await talk.run(argvOf(talk))
      return talk
    },
    says: /Gone from the server/,
    hint: /--again/,
  },
  failed: {
    make: async () => {
      const talk = await session({ faults: [faults.failJob({ diagnostics: 'Patient/p-77 broke it' })] })
      await talk.run(argvOf(talk))
      return talk
    },
    says: /Patient\/… broke it/,
    hint: /--again/,
  },
  incomplete: {
    make: async () => {
      const talk = await session({
        faults: [faults.answer({ on: 'file', file: 1, status: 404, body: 'not here', times: 99 })],
      })
      await talk.run(argvOf(talk))
      return talk
    },
    says: /Files that could not be had whole/,
    hint: /nothing was deleted on the server/,
  },
}

describe('an export that is', () => {
  test.each(Object.entries(rows))('%s', async (phase, { make, says, hint }) => {
    const talk = await make()
    const before = journalIn(talk)
    const asked = talk.mock.requests.length
    const { result, code } = await talk.run(['report', 'out', '--json'])
    expect([result.phase, code]).toEqual([phase, 0])
    const page = pageIn(talk)
    expect(page).toMatch(says)
    expect(page.replace(/<[^>]+>/g, '')).toMatch(hint)
    expect(page).not.toContain('p-77')
    expect(journalIn(talk)).toBe(before)
    expect(talk.mock.requests.length).toBe(asked)
  })

  test('attached: what was asked is not known', async () => {
    const talk = await running()
    await talk.run(['kickoff', ...argvOf(talk).slice(1)])
    const accepted = journalIn(talk)
      .split('\n')
      .filter((line) => line.includes('"kick-off-accepted"'))
      .map((line) => JSON.parse(line))[0]
    const url: string = accepted.pollingLocation
    await talk.run(['resume', url, '-o', 'other', '--once', '--server', talk.server])
    const { result } = await talk.run(['report', 'other', '--json'])
    expect(result.unknown).toEqual(['the job was kicked off elsewhere: what was asked is not known'])
  })

  test('damaged in its journal: manifest.json is relied on', async () => {
    const talk = await session()
    await talk.run(argvOf(talk))
    writeFileSync(join(talk.cwd, 'out/.bulkx/journal'), '{"type":"job-created","at":1}\n')
    const { result, code } = await talk.run(['report', 'out', '--json'])
    expect(code).toBe(0)
    expect(result.unknown).toContain('the journal is damaged, and is not relied on')
  })
})

describe('where', () => {
  test('there is nothing, it ends 2', async () => {
    const talk = await session()
    const { code, err } = await talk.run(['report', 'nowhere'])
    expect([code, err]).toEqual([2, expect.stringContaining('There is nothing to report on')])
  })

  test('--out - is stdout, and the directory stays as it is', async () => {
    const talk = await session()
    await talk.run(argvOf(talk))
    const before = readdirSync(join(talk.cwd, 'out'))
    const { out, code } = await talk.run(['report', 'out', '--out', '-'])
    expect([code, out]).toEqual([0, expect.stringMatching(/^<!doctype html>[\s\S]*<\/html>\n$/)])
    expect(readdirSync(join(talk.cwd, 'out'))).toEqual(before)
    expect((await talk.run(['report', 'out', '--out', '-', '--json'])).code).toBe(2)
  })

  test('something else stands in the place of the page, nothing is written over', async () => {
    const talk = await session()
    await talk.run(argvOf(talk))
    const before = readFileSync(join(talk.cwd, 'out/manifest.json'), 'utf8')
    for (const [name, words] of [
      ['out/manifest.json', 'has a name that bulkx, or whoever reads the export, looks for'],
      ['out', 'is no report of bulkx'],
    ] as const) {
      const { code, err } = await talk.run(['report', 'out', '--out', name])
      expect([code, err]).toEqual([2, expect.stringContaining(words)])
    }
    expect(readFileSync(join(talk.cwd, 'out/manifest.json'), 'utf8')).toBe(before)
    expect((await talk.run(['report', 'out'])).code).toBe(0)
    expect((await talk.run(['report', 'out'])).code).toBe(0)
  })

  test('the page cannot be written, the hint is about the page alone', async () => {
    const talk = await session()
    await talk.run(argvOf(talk))
    const { code, err } = await talk.run(['report', 'out', '--out', 'nowhere/x.html'])
    expect([code, err]).toEqual([8, expect.stringMatching(/^error: Cannot write \.\/nowhere\/x\.html: /)])
    expect(err).toMatch(/\nhint: name a file in a directory that is there and can be written with --out; /)
  })

  test('an export of a few seconds has a sentence instead of a chart of its rate', async () => {
    const talk = await session()
    await talk.run(argvOf(talk))
    const { out } = await talk.run(['report', 'out', '--out', '-'])
    expect(out).toMatch(/ came within [123] s\.<\/p>/)
    expect(out).not.toContain('arrival-table')
  })

  test('BULKX_OUT names the directory of exports, the page goes to its place', async () => {
    const talk = await session()
    await talk.run(argvOf(talk))
    const { out } = await talk.run(['report', 'out'], { env: { BULKX_OUT: 'elsewhere' } })
    expect(out).toBe('./out/report.html\n')
  })

  test('links stand for manifest.json or the journal, they are not followed', async () => {
    const talk = await session()
    await talk.run(argvOf(talk))
    mkdirSync(join(talk.cwd, 'other'))
    symlinkSync(join(talk.cwd, 'out/manifest.json'), join(talk.cwd, 'other/manifest.json'))
    symlinkSync(join(talk.cwd, 'out/.bulkx'), join(talk.cwd, 'other/.bulkx'))
    expect((await talk.run(['report', 'other'])).code).toBe(2)
  })
})
