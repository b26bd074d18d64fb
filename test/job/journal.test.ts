/** The journal: cut at any byte it replays a prefix, damaged inside it says so, and a failed append leaves nothing. */
import { appendFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { JobEvent } from '../../src/job/facts.js'
import { openJournal, readJournal } from '../../src/job/journal.js'
import { nextStep } from '../../src/job/plan.js'
import { newState, phaseOf, reduce } from '../../src/job/state.js'
import { conversation, exitOf, makeDirectory, ownDirectory } from '../helpers/conversation.js'
import { routes } from '../helpers/scripted-server.js'

const eventOf = (number: number): JobEvent => ({
  type: 'status-in-progress',
  progress: `${number} “Zoë” \u2028`,
  notBefore: number,
  at: number,
})
const events = [1, 2, 3, 4, 5].map(eventOf)
const lineOf = (event: JobEvent): string => `${JSON.stringify(event)}\n`
const text = events.map(lineOf).join('')

const fresh = async (content?: string | Buffer): Promise<string> => {
  const directory = await ownDirectory()
  await makeDirectory(directory)
  const path = join(directory, 'journal')
  if (content !== undefined) await writeFile(path, content)
  return path
}

/** The journal and what it held. */
const opened = async (path: string) => {
  const known: JobEvent[] = []
  const journal = await openJournal(path, (event) => void known.push(event))
  return { journal, events: known }
}

const read = async (path: string): Promise<JobEvent[]> => {
  const known: JobEvent[] = []
  await readJournal(path, (event) => void known.push(event))
  return known
}

test('cut at any byte, it replays the lines that are whole, and goes on behind them', async () => {
  const bytes = Buffer.from(text)
  const cutPath = await fresh()
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const prefix = bytes.subarray(0, cut)
    const whole = prefix.toString('utf8').split('\n').length - 1
    await writeFile(cutPath, prefix)
    expect(await read(cutPath)).toEqual(events.slice(0, whole))
  }
  for (const cut of [0, 1, 80, bytes.length - 1, bytes.length]) {
    const path = await fresh(bytes.subarray(0, cut))
    const { journal, events: known } = await opened(path)
    await journal.append([eventOf(9)])
    await journal.close()
    expect(await read(path)).toEqual([...known, eventOf(9)])
    expect(await readFile(path, 'utf8')).toBe([...known, eventOf(9)].map(lineOf).join(''))
  }
})

test.each<[string, string]>([
  ['rubbish', 'rubbish\n'],
  ['half a line', '{"type":"job\n'],
  ['NULs', '\0\0\0\0\n'],
  ['no event', '{"a":1}\n'],
  ['an empty line', '\n'],
])('%s at the end never happened, before others it is damage', async (_name, damage) => {
  const end = await fresh(text + damage)
  const { journal, events: known } = await opened(end)
  await journal.close()
  expect(known).toEqual(events)
  expect(await readFile(end, 'utf8')).toBe(text)
  const middle = await fresh(lineOf(eventOf(1)) + damage + text)
  await expect(opened(middle)).rejects.toMatchObject({
    code: 'BULKX_STORAGE',
    message: expect.stringContaining('line 2'),
  })
  expect(await readFile(middle, 'utf8')).toBe(lineOf(eventOf(1)) + damage + text)
})

test('appends that come at once are in order, each whole', async () => {
  const path = await fresh()
  const { journal } = await opened(path)
  const batches = Array.from({ length: 50 }, (_, index) => [eventOf(index * 2), eventOf(index * 2 + 1)])
  await Promise.all(batches.map((batch) => journal.append(batch)))
  await journal.close()
  expect(await read(path)).toEqual(batches.flat())
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('reading beside a writer sees whole lines only', async () => {
  const path = await fresh(text)
  await appendFile(path, '{"type":"torn')
  expect(await read(path)).toEqual(events)
  expect(await read(join(path, 'missing'))).toEqual([])
})

test('lines longer than what is read at once, and pieces that end anywhere, are whole', async () => {
  const long = [700_000, 1, 262_143, 262_144, 5, 300_000].map(
    (length): JobEvent => ({
      type: 'status-in-progress',
      progress: 'ë'.repeat(length),
      notBefore: 1,
      at: length,
    }),
  )
  const path = await fresh(long.map(lineOf).join(''))
  expect(await read(path)).toEqual(long)
})

test('a journal that cannot be opened is a storage error', async () => {
  const path = await fresh()
  await mkdir(path)
  await expect(opened(path)).rejects.toMatchObject({ code: 'BULKX_STORAGE' })
})

describe('a whole job', () => {
  test('every prefix of its journal is a state from which the job can go on without a second kick-off', async () => {
    const talk = await conversation(routes())
    expect(exitOf(await talk.run())).toBe(0)
    const all = await read(join(talk.directory, '.bulkx', 'journal'))
    expect(all.length).toBeGreaterThan(5)
    const sent = all.findIndex(({ type }) => type === 'kick-off-requested')
    for (let length = 1; length <= all.length; length += 1) {
      const state = structuredClone(all.slice(0, length)).reduce(reduce, newState())
      const step = nextStep(state, 'on-success', 0)
      expect(step.do === 'kick-off').toBe(length <= sent)
      if (length === sent + 1) expect([step.do, phaseOf(state)]).toEqual(['stop', 'undecided'])
    }
  })

  test('of each prefix, the same command makes the same export', async () => {
    const reference = await conversation(routes())
    await reference.run()
    const bytes = await readFile(join(reference.directory, '.bulkx', 'journal'))
    const lines = bytes.toString().split('\n')
    for (let count = 3; count < lines.length; count += 1) {
      const talk = await conversation(routes())
      await makeDirectory(join(talk.directory, '.bulkx'))
      await writeFile(
        join(talk.directory, '.bulkx', 'journal'),
        `${lines.slice(0, count).join('\n')}\n{"torn`,
        { mode: 0o600 },
      )
      if (lines.slice(0, count).some((line) => line.includes('"file-completed"')))
        await writeFile(
          join(talk.directory, 'Patient.0001.ndjson'),
          await readFile(join(reference.directory, 'Patient.0001.ndjson')),
          { mode: 0o600 },
        )
      const ran = await talk.run({}, { command: 'resume' })
      expect(exitOf(ran), `${count} facts`).toBe(0)
      expect(talk.server.asked('$export')).toEqual([])
    }
  })
})
