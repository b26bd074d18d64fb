/** An export whose findings nobody has accepted: every command says the same of it, and of the data set. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { faults } from '../../src/mock/index.js'
import { type Session, session } from './session.js'

const syncOf = (talk: Session) =>
  talk.run(['sync', 'Group/123', '--server', talk.server, '--type', 'Patient', '-o', 'data'])

const textOf = (page: string): string => page.replace(/<[^>]*>/g, '').replaceAll('&#39;', "'")

test('sync, report, verify and status tell of one that is held back, and how it is merged', async () => {
  const talk = await session({ faults: [faults.badLines({})] })
  const first = await syncOf(talk)
  expect(first.code).toBe(10)
  const hint = /\nhint: (.*?)(?:; there is no snapshot yet)?\n$/.exec(first.err)?.[1] ?? ''
  expect(hint).toContain('accept them with `bulkx resume ./data/exports/001 --fail-on never`')

  expect((await talk.run(['report', 'data'])).code).toBe(0)
  const page = textOf(readFileSync(join(talk.cwd, 'data/report.html'), 'utf8'))
  expect(page).toContain(hint.slice(1).replaceAll('`', ''))
  expect(page).not.toContain('goes on with the round')

  const verified = await talk.run(['verify', 'data', '--json'])
  expect(verified.result.notes).toContainEqual({
    code: 'held-back',
    file: 'exports/001',
    message: expect.stringMatching(/^it is held back, and no part of the snapshot yet: .* bad line/),
  })
  expect((await talk.run(['status', 'data'])).out).toMatch(
    /^there is no snapshot yet: no round is finished\n/,
  )

  expect((await talk.run(['resume', 'data', '--fail-on', 'never'])).code).toBe(0)
  expect((await syncOf(talk)).code).toBe(0)
  const status = await talk.run(['status', 'data'])
  expect(status.out).toMatch(/^\.\/data\/current is generation 1, of 2026-\S+\n/)
  expect(status.out).not.toContain('\nexpires')
  const { result } = await talk.run(['status', 'data', '--json'])
  expect(result.dataset).toEqual({
    directory: join(talk.cwd, 'data'),
    generation: 1,
    transactionTime: expect.stringMatching(/^2026-/),
  })
})
