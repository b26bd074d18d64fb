/** The figures of `bulkx report` are those of manifest.json and the journal, whatever happened; no resource is on the page. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Fault, faults } from '../../src/mock/index.js'
import { type Session, session } from '../cli/session.js'
import { argvOf, linesBelow, nightly, troubledExport } from './worlds.js'

interface Entry {
  type?: string
  url: string
  count: number
  bulkx: { bytes: number }
}

const manifestIn = ({ cwd }: Session, directory = 'out') => {
  const manifest = JSON.parse(readFileSync(join(cwd, directory, 'manifest.json'), 'utf8'))
  const sections: [string, Entry[]][] = [
    ['output', manifest.output],
    ['deleted', manifest.deleted],
    ['outcome', manifest.error],
  ]
  return {
    manifest,
    entries: sections.flatMap(([section, list]) => list.map((one) => ({ section, ...one }))),
  }
}

const eventsIn = ({ cwd }: Session, directory = 'out'): Record<string, unknown>[] =>
  readFileSync(join(cwd, directory, '.bulkx/journal'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

const pageIn = ({ cwd }: Session, name = 'out/report.html'): string => readFileSync(join(cwd, name), 'utf8')

const sum = (entries: readonly Entry[], of: (entry: Entry) => number): number =>
  entries.reduce((total, entry) => total + of(entry), 0)

const expectFigures = async (talk: Session): Promise<void> => {
  const { result, code } = await talk.run(['report', 'out', '--json'])
  const { manifest, entries } = manifestIn(talk)
  const events = eventsIn(talk)
  expect(code).toBe(0)
  expect(result).toMatchObject({
    phase: 'complete',
    transactionTime: manifest.transactionTime,
    files: entries.length,
    listed: entries.length,
    failed: 0,
    resources: sum(entries, ({ count }) => count),
    bytes: sum(entries, ({ bulkx }) => bulkx.bytes),
    looks: events.filter(({ type }) => type === 'status-in-progress').length,
    resumes: events.filter(({ type }) => type === 'job-resumed').length,
    unknown: [],
  })
  expect(result.findings).toHaveLength(manifest.bulkx.findings.length)
  const types = result.types as { section: string; type: string; files: number; resources: number }[]
  const output = types.filter((one) => one.section === 'output')
  expect(output.reduce((all, { files }) => all + files, 0)).toBe(manifest.output.length)
  // Other names are shown without what is in them to deceive.
  const plain = output.filter(() => entries.every(({ type = '' }) => /^[A-Za-z]*$/.test(type)))
  for (const { section, type, files, resources } of plain) {
    const own = entries.filter((entry) => entry.section === section && entry.type === type)
    expect([files, resources], type).toEqual([own.length, sum(own, ({ count }) => count)])
  }
}

/** Ids, and whatever of names is long enough to be nobody else's word. */
const personalWords = (lines: readonly string[]): Set<string> => {
  const words = new Set<string>()
  const look = (value: unknown, key: string): void => {
    if (typeof value === 'object' && value !== null)
      for (const [name, inner] of Object.entries(value)) look(inner, Number.isNaN(Number(name)) ? name : key)
    else if (['id', 'family', 'given', 'line', 'birthDate', 'city', 'value'].includes(key)) {
      if (String(value).length > 5) words.add(String(value))
    }
  }
  for (const line of lines) {
    try {
      look(JSON.parse(line), '')
    } catch {
      words.add(line)
    }
  }
  return words
}

const expectNothingPersonal = (talk: Session, directory: string, page: string): void => {
  const lines = linesBelow(join(talk.cwd, directory))
  expect(lines.length).toBeGreaterThan(10)
  for (const line of lines) expect(page).not.toContain(line.slice(0, 60))
  const found = [...personalWords(lines)].filter((word) => page.includes(word))
  expect(found).toEqual([])
}

const troubles: Record<string, Fault[]> = {
  none: [],
  'busy, and cut': [
    faults.busy({ on: 'status', after: 1, times: 3, status: 503 }),
    faults.truncate({ keepBytes: 200, times: 4 }),
  ],
  'wrong lines, counts and types': [
    faults.badLines({ file: 1, times: 9 }),
    faults.wrongCount({ file: 2, times: 9 }),
    faults.otherType({ file: 3, times: 9 }),
  ],
  'listed twice': [faults.duplicateUrls({})],
  'parts failed at the server': [faults.failBatches({})],
  'hostile names': [faults.hostileNames({})],
  'expiring addresses': [faults.changeUrls({})],
}

describe('an export', () => {
  test.each(Object.entries(troubles))('with %s', async (_name, some) => {
    const talk = await session({ faults: some, pageSize: 7, data: { patients: 10 } })
    await talk.run([...argvOf(talk), '--fail-on', 'never', '--request-timeout', '5s'])
    await expectFigures(talk)
    await talk.run(['report', 'out'])
    expectNothingPersonal(talk, 'out', pageIn(talk))
  })

  test('with retries, findings, and a process that went on', async () => {
    const talk = await troubledExport()
    await expectFigures(talk)
    const { result, out } = await talk.run(['report', 'out', '--json'])
    const attempts = Object.entries(result.attempts as Record<string, number>)
    const tried = eventsIn(talk).filter(({ type }) => type === 'file-completed')
    expect(attempts.reduce((all, [number, files]) => all + Number(number) * files, 0)).toBe(
      tried.reduce((all, { attempts: number }) => all + Number(number), 0),
    )
    expect(result.resumes).toBe(1)
    expect(result.pausedMs).toBeGreaterThan(180_000)
    expect(out).not.toContain('secret-1')
    const page = pageIn(talk)
    expect(page).not.toContain('secret-1')
    expect(page).toContain('No process here')
    expectNothingPersonal(talk, 'out', page)
  })

  test('verify takes the page for no part of it, and no lock is needed', async () => {
    const talk = await session()
    await talk.run(argvOf(talk))
    const before = await talk.run(['verify', 'out', '--json'])
    const { out, code } = await talk.run(['report', 'out'])
    expect([out, code]).toEqual(['./out/report.html\n', 0])
    const after = await talk.run(['verify', 'out', '--json'])
    expect(after.result).toEqual({ ...before.result, at: after.result.at })
  })

  test('without its journal, and written by another tool, manifest.json says what there is', async () => {
    const talk = await session()
    await talk.run(argvOf(talk))
    const { manifest, entries } = manifestIn(talk)
    const foreign = { transactionTime: manifest.transactionTime, request: 'x', output: manifest.output }
    for (const text of [
      JSON.stringify(foreign),
      JSON.stringify(foreign, null, 2),
      JSON.stringify(manifest),
    ]) {
      await talk.run(['report', 'out', '--out', `${talk.cwd}/before.html`])
      const other = join(talk.cwd, 'out')
      writeFileSync(join(other, 'manifest.json'), text)
      writeFileSync(join(other, '.bulkx/journal'), '')
      const { result } = await talk.run(['report', 'out', '--json'])
      expect(result).toMatchObject({ files: entries.length, resources: sum(entries, ({ count }) => count) })
      expect(result.phase).toBeUndefined()
      expect(result.unknown).toEqual([expect.stringMatching(/^there is no journal/)])
    }
  })

  test('manifest.json that says something else than the journal is told of', async () => {
    const talk = await session()
    await talk.run(argvOf(talk))
    const path = join(talk.cwd, 'out/manifest.json')
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"count": \d+/, '"count": 999999'))
    await talk.run(['report', 'out'])
    expect(pageIn(talk)).toContain('somebody has changed one of the two')
  })
})

describe('a data set', () => {
  test('its rounds are those of dataset.json and of the exports', async () => {
    const talk = await nightly(11)
    const { result, code } = await talk.run(['report', 'data', '--json'])
    expect(code).toBe(0)
    const description = JSON.parse(readFileSync(join(talk.cwd, 'data/dataset.json'), 'utf8'))
    const exports = result.exports as {
      number: number
      resources: number
      bytes: number
      changes?: { added: number }
    }[]
    for (const one of exports) {
      const folder = `data/exports/${String(one.number).padStart(3, '0')}`
      const { entries } = manifestIn(talk, folder)
      expect([one.number, one.resources, one.bytes]).toEqual([
        one.number,
        sum(entries, ({ count }) => count),
        sum(entries, ({ bulkx }) => bulkx.bytes),
      ])
    }
    const rounds: { generation: number; changes: object }[] = description.rounds
    for (const { generation, changes } of rounds)
      expect(exports.find(({ number }) => number === generation)?.changes).toEqual(changes)
    const sizes = Object.values(description.sizes as Record<string, { resources: number }>)
    expect(result).toMatchObject({
      generation: description.generation,
      resources: sizes.reduce((all, { resources }) => all + resources, 0),
      gaps: [{ missed: 3 }],
      setAside: [expect.stringMatching(/^exports\/\d+\.1$/)],
      unknown: [],
    })
    const page = readFileSync(join(talk.cwd, 'data/report.html'), 'utf8')
    expectNothingPersonal(talk, 'data', page)
    const verified = await talk.run(['verify', 'data', '--json'])
    expect(verified.code, verified.err).toBe(0)
  })

  test('the page of one of its exports stands beside it, for that is never changed again', async () => {
    const talk = await nightly(1)
    const { out } = await talk.run(['report', 'data/exports/001'])
    expect(out).toBe('./data/report.001.html\n')
    expect((await talk.run(['verify', 'data'])).code).toBe(0)
  })

  test('before its first round is finished', async () => {
    const talk = await session({ faults: [faults.failJob({ times: 9 })] })
    await talk.run(['sync', 'Group/123', '--server', talk.server, '-o', 'data'])
    const { result, code } = await talk.run(['report', 'data', '--json'])
    expect([code, result.generation]).toEqual([0, 0])
    expect(pageIn(talk, 'data/report.html')).toContain('No round is finished yet')
  })
})
