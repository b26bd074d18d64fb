/** Presets: their rows, which source wins, what they have to say and when, and that a job keeps its own. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { isProfileOption } from '../../src/cli/profile-options.js'
import { vendors } from '../../src/doctor/vendors.js'
import type { Exchange } from '../../src/http/exchange.js'
import { personalities } from '../../src/mock/index.js'
import { nearestName } from '../../src/options/did-you-mean.js'
import { readValue } from '../../src/options/kinds.js'
import { type OptionName, row } from '../../src/options/options.js'
import { type Asked, adviceFor } from '../../src/preset-advice.js'
import { type Preset, presets } from '../../src/presets.js'
import type { KickOffRequest } from '../../src/protocol/types.js'
import { kickOffOf } from '../helpers/job.js'
import { session } from './session.js'

const names = Object.keys(presets)
const rowOf = (name: string): Preset => {
  const found = presets[name]
  if (!found) throw new Error(`no preset ${name}`)
  return found
}

const asked = (kickOff: Partial<KickOffRequest>, trustedOrigins: string[] = []): Asked => ({
  kickOff: kickOffOf(kickOff),
  trustedOrigins,
})

const group = { kind: 'instance', type: 'Group', id: '1' } as const
const patients = { kind: 'type', type: 'Patient' } as const
const locations = { kind: 'type', type: 'Location' } as const
const since = '2026-01-01'

/** Who is asked, and when, is for people to say. */
const neverPreset: readonly OptionName[] = [
  'type',
  'since',
  'until',
  'elements',
  'type-filter',
  'patient',
  'server',
]

describe('a row', () => {
  test.each(names)('%s holds options that can be read, and narrows nothing', (name) => {
    for (const [option, text] of Object.entries(rowOf(name).options)) {
      if (!isProfileOption(option)) throw new Error(`${option} is no option of a profile`)
      expect(neverPreset).not.toContain(option)
      expect(() => readValue(row(option).kind, option, [text])).not.toThrow()
    }
    expect(rowOf(name).title).not.toBe('')
    expect(name).toMatch(/^[a-z0-9-]+$/)
  })

  test('vendors name presets that there are', () => {
    const named = vendors.flatMap(({ preset }) => preset ?? [])
    expect(named.filter((name) => !names.includes(name))).toEqual([])
    expect(new Set(named).size).toBe(named.length)
  })

  test('no condition names a vendor', () => {
    for (const file of [
      'preset-advice.ts',
      'cli/preset-words.ts',
      'cli/preset-choice.ts',
      'doctor/vendor.ts',
    ]) {
      const text = readFileSync(join(import.meta.dirname, '../../src', file), 'utf8')
      for (const name of names) expect(text, file).not.toContain(`'${name}'`)
    }
  })
})

describe('advice', () => {
  test.each<[string, Partial<KickOffRequest>, string[]]>([
    ['greenway', { target: group, since }, ['preset-files']],
    ['greenway', { target: group }, ['preset-since', 'preset-files']],
    ['greenway', { target: patients, since }, ['preset-level', 'preset-files']],
    ['greenway', { target: { kind: 'url', url: 'https://ehr.example/x' }, since }, ['preset-files']],
    ['greenway', { target: group, since, elements: ['id'] }, ['preset-parameter', 'preset-files']],
    ['oracle', { target: group, type: ['Patient'] }, []],
    ['oracle', { target: group }, ['preset-types']],
    ['oracle', { target: group, type: ['Patient'], method: 'post' }, ['preset-method']],
    ['oracle', { target: patients, type: ['Patient'] }, ['preset-level']],
    ['oracle', { target: patients, type: ['Patient'], patient: ['1'], method: 'post' }, []],
    ['oracle', { target: { kind: 'system' }, type: ['Patient'] }, ['preset-level']],
    ['oracle', { target: group, type: ['Location', 'Provenance'] }, ['preset-types']],
    ['oracle', { target: group, type: ['Location', 'Encounter'] }, []],
    ['interopio', { target: locations }, []],
    ['interopio', { target: patients }, []],
    ['interopio', { target: locations, type: ['Location'] }, ['preset-parameter']],
    ['interopio', { target: group }, ['preset-level']],
    ['esus', { target: patients }, []],
    ['esus', { target: group }, ['preset-level']],
    ['1up-ste', { target: { kind: 'instance', type: 'Patient', id: '1' }, type: ['Patient'] }, []],
    ['1up-ste', {}, ['preset-types']],
    ['azure', { target: group, until: since }, ['preset-parameter', 'preset-reach']],
    ['azure', { target: group, includeAssociatedData: ['_history'] }, ['preset-reach']],
    ['google', { target: group }, ['preset-level', 'preset-reach']],
    ['google', { target: group, organizeOutputBy: 'Patient' }, ['preset-reach']],
    ['aidbox', { target: patients, method: 'post' }, ['preset-method']],
    ['medplum', { target: patients }, ['preset-level']],
    ['openemr', { target: group }, ['preset-types']],
    ['davinci', { target: patients, method: 'post' }, ['preset-level']],
    ['davinci', { target: group, method: 'post' }, []],
    ['stu4', { target: group }, ['preset-method']],
    ['stu4', { target: group, method: 'post' }, []],
    ['epic', { target: group, type: ['Patient'] }, []],
    ['epic', { target: group, type: ['Patient'], since }, ['preset-parameter']],
    ['epic', { target: patients, type: ['Patient'] }, ['preset-level']],
    ['epic', { target: group }, ['preset-types']],
    ['athena', { target: group, type: ['Patient'], since }, []],
    ['athena', { target: patients, type: ['Patient'] }, ['preset-level']],
    ['veradigm', { target: group }, []],
    ['veradigm', {}, ['preset-level']],
    ['nextech', { target: patients }, []],
    ['nextech', { target: locations }, ['preset-level']],
    ['modmed', { target: patients, type: ['Patient'], method: 'post-query' }, []],
    [
      'modmed',
      { target: group, method: 'post-query', elements: ['id'] },
      ['preset-parameter', 'preset-types'],
    ],
    ['netsmart', { target: group, method: 'post' }, []],
    ['netsmart', { target: patients }, ['preset-level']],
    ['soarian', { target: patients, since }, []],
    ['soarian', {}, ['preset-level']],
    ['bcda', { target: group, since }, []],
    ['bcda', { target: patients, elements: ['id'] }, ['preset-parameter']],
    ['ab2d', { target: patients, since }, []],
    ['ab2d', { target: patients }, ['preset-since']],
    ['ab2d', { target: group, since }, ['preset-level']],
    ['dpc', { target: group }, []],
    ['dpc', { target: { kind: 'system' } }, ['preset-level']],
  ])('%s %j', (name, kickOff, kinds) => {
    const target = kickOff.target ?? { kind: 'system' }
    const lines = adviceFor(rowOf(name), asked({ type: undefined, ...kickOff, target }))
    expect(lines.map(({ kind }) => kind)).toEqual(kinds)
    for (const { message, hint } of lines) expect(`${message}${hint}`).not.toMatch(/undefined|\.$/)
  })

  test('greenway: a trusted origin is all that there is to say of files', () => {
    expect(adviceFor(rowOf('greenway'), asked({ target: group, since }, ['https://f.example']))).toEqual([])
  })

  test.each([
    [10_000, undefined],
    [10_001, /10,001 patients.*best with 10,000 or fewer/],
    [20_000, /best with/],
    [20_001, /takes 20,000 at most/],
  ])('oracle: %d patients', (number, message) => {
    const patient = Array.from({ length: number }, (_, index) => `p${index}`)
    const request: Partial<KickOffRequest> = { target: patients, type: ['Patient'], patient, method: 'post' }
    const lines = adviceFor(rowOf('oracle'), asked(request))
    expect(lines.length).toBe(message === undefined ? 0 : 1)
    if (message) expect(lines[0]?.message).toMatch(message)
  })
})

const server = 'https://ehr.example/fhir'

const printed = (out: string, name: string): string[] =>
  out
    .split('\n')
    .find((line) => line.startsWith(`${name} `))
    ?.split(/\s{2,}/) ?? []

describe('the nearest source wins', () => {
  test('flag, environment, profile, preset, default', async () => {
    const { run } = await session()
    await run(['profile', 'set', 'p', '--server', server, '--preset', 'oracle'])
    const show = async (argv: string[], env: Record<string, string> = {}) => {
      const { code, out, err } = await run(['export', '--print-config', ...argv], { env })
      expect([code, err]).toEqual([0, ''])
      return { preset: printed(out, 'preset').slice(1), parallel: printed(out, 'parallel').slice(1) }
    }
    expect(await show([])).toEqual({ preset: ['oracle', 'profile p'], parallel: ['4', 'preset oracle'] })
    expect((await show(['--parallel', '9'])).parallel).toEqual(['9', '--parallel'])
    expect((await show([], { BULKX_PARALLEL: '8' })).parallel).toEqual(['8', 'BULKX_PARALLEL'])
    expect(await show([], { BULKX_PRESET: 'interopio' })).toEqual({
      preset: ['interopio', 'BULKX_PRESET'],
      parallel: ['5', 'default'],
    })
    expect(await show(['--preset', 'none'], { BULKX_PRESET: 'oracle' })).toEqual({
      preset: ['none', '--preset'],
      parallel: ['5', 'default'],
    })
    await run(['profile', 'set', 'p', '--parallel', '7'])
    expect((await show([])).parallel).toEqual(['7', 'profile p'])
  })

  test('a credential that is given wins over the way that the preset sets', async () => {
    const { run } = await session()
    const argv = ['export', '--server', server, '--preset', '1up-ste', '--print-config']
    const { out } = await run(argv, { env: { BULKX_TOKEN: 'x' } })
    expect(printed(out, 'auth').slice(1)).toEqual(['bearer', 'guessed from BULKX_TOKEN'])
    expect(printed(out, 'cleanup').slice(1)).toEqual(['never', 'preset 1up-ste'])
    const without = await run(argv)
    expect(without.code).toBe(2)
    expect(without.err).toMatch(/--auth headers \(preset 1up-ste\) needs headers\nhint: .*--header-file/)
  })

  test.each([
    [['--preset', 'orcale'], {}, /no preset "orcale" \(--preset\)\nhint: did you mean oracle\?/],
    [[], { BULKX_PRESET: 'nobody' }, /no preset "nobody" \(BULKX_PRESET\)\nhint: there are interopio/],
  ])('one that there is not: %j %j', async (argv, env, err) => {
    const ran = await (await session()).run(['export', '--server', server, ...argv], { env })
    expect(ran.code).toBe(2)
    expect(ran.err).toMatch(err)
    expect(ran.err).toContain('bulkx help presets')
  })
})

const sinceWords = 'preset greenway: without --since the export holds only'

describe('what it says', () => {
  test('before the request is sent, and the job keeps its preset', async () => {
    const { run, server, mock } = await session()
    const given = ['Group/123', '--server', server, '-o', 'out', '--preset', 'greenway', '--auth', 'none']
    const first = await run(['kickoff', ...given])
    expect(first.code).toBe(0)
    expect(first.err.split('\n')[0]).toContain('(preset greenway) into ./out')
    expect(first.err).toContain('hint: `--since 1900-01-01`')
    expect(first.err.indexOf(sinceWords)).toBeLessThan(first.err.indexOf('kick-off: GET'))
    expect(mock.requests[0]?.url).not.toContain('_since')
    const resumed = await run(['resume', 'out', '--json'])
    expect(resumed.code).toBe(0)
    expect(resumed.err.split('\n')[0]).toContain('(preset greenway)')
    // What the request is about has been answered by the server.
    const warnings = resumed.lines.filter(({ type }) => type === 'warning')
    expect(warnings.map(({ code }) => code)).toEqual(['preset-since'])
    expect((await run(['resume', 'out'])).err).not.toContain(sinceWords)
  })

  test('with --dry-run too, for people and for programs; the request stays as asked', async () => {
    const { run } = await session()
    const argv = ['export', 'Group/1', '--server', server, '--preset', 'greenway', '--dry-run']
    const env = { BULKX_TOKEN: 'x' }
    const plain = await run(argv, { env })
    expect(plain.err).toContain(sinceWords)
    expect(plain.out.split('\n')[0]).toBe(`GET ${server}/Group/1/$export`)
    const { lines, result } = await run([...argv, '--json'], { env })
    expect(lines.map(({ type, code }) => code ?? type)).toEqual(['preset-since', 'preset-files', 'result'])
    expect(result).toMatchObject({ exitCode: 0, request: { method: 'GET' } })
    expect((await run([...argv, '--quiet'], { env })).err).toBe('')
    expect((await run([...argv, '--preset', 'none'], { env })).err).toBe('')
  })

  test('a job that was kicked off elsewhere has no question to speak of', async () => {
    const { run, server } = await session()
    const kicked = await run(['kickoff', 'Group/123', '--server', server, '-o', 'first', '--json'])
    const accepted = kicked.lines.find(({ type }) => type === 'kick-off-accepted')
    const ran = await run(['resume', String(accepted?.pollingLocation), '-o', 'out', '--preset', 'oracle'])
    expect(ran.code).toBe(0)
    expect(ran.err).toContain('(preset oracle)')
    expect(ran.err).not.toContain('preset oracle:')
  })

  test('doctor says it as well, and names the preset for a server that it knows', async () => {
    const { run, server } = await session()
    const { code, out } = await run([
      'doctor',
      'Group/123',
      '--server',
      server,
      '--preset',
      'greenway',
      '--auth',
      'none',
    ])
    expect(code).toBe(0)
    expect(out).toMatch(/! vendor: preset greenway: without --since .*; files may be on another host/)
    const right = await run(['doctor', 'Patient', '--server', server, '--preset', 'esus', '--auth', 'none'])
    expect(right.out).toMatch(/(✓|\+) vendor: preset esus: Esus Health/)
  })
})

test.each([
  ['orcale', 'oracle'],
  ['Oracle', 'oracle'],
  ['greenwya', 'greenway'],
  ['1up', '1up-ste'],
  ['zzz', undefined],
])('did you mean: %s', (given, meant) => {
  expect(nearestName(given, names)).toBe(meant)
})

describe('a kick-off that is refused names the preset', () => {
  const argv = (...more: string[]) => ['export', 'Group/1', '-o', 'out', ...more]

  const refused = async (base: string, ...more: string[]): Promise<string> => {
    const exchange: Exchange = async ({ url }) => ({
      status: 400,
      headers: {},
      url,
      body: Readable.from([Buffer.from('{"resourceType":"OperationOutcome"}')]),
    })
    const { run } = await session()
    const { code, err } = await run(argv('--server', base, '--auth', 'none', ...more), { exchange })
    expect(code).toBe(4)
    return err
  }

  test('where its URL gives the server away, and no preset was named', async () => {
    const epic = 'https://ehr.example/interconnect-prd/api/FHIR/R4'
    expect(await refused(epic)).toMatch(/\nhint: .*; this looks like Epic: try --preset epic\n/)
    expect(await refused(epic, '--preset', 'epic')).not.toContain('looks like')
    expect(await refused(epic, '--preset', 'none')).not.toContain('looks like')
    expect(await refused(server)).not.toContain('looks like')
  })
})

test('what a preset waits for real servers is nothing to wait for the mock', async () => {
  const { run } = await session()
  const least = async (where: string) =>
    printed(
      (
        await run([
          'export',
          'Group/1',
          '--server',
          where,
          '--preset',
          'epic',
          '--auth',
          'none',
          '--print-config',
        ])
      ).out,
      'poll-min',
    )
  expect((await least(server)).slice(1)).toEqual(['10m', 'preset epic'])
  expect((await least('mock:epic')).at(-1)).toBe('default')
})

/** Where nothing can be had, the preset says so before. */
const outOfReach: Readonly<Record<string, number>> = { azure: 7, google: 4 }

describe('the mock of the same name', () => {
  test.each(names)('%s: its example ends well, or as the preset says', async (name) => {
    const like = Object.entries(personalities).find(([own]) => own === name)?.[1]
    if (!like) throw new Error(`the mock has no personality ${name}`)
    const { run } = await session()
    const argv = ['export', ...like.example.split(' '), '--server', `mock:${name}`, '--preset', name]
    const { code, err } = await run([...argv, '-o', 'out'])
    expect(err.includes(rowOf(name).advice.outOfReach?.what ?? 'nothing of that')).toBe(name in outOfReach)
    expect([code, err]).toEqual([
      outOfReach[name] ?? 0,
      expect.not.stringMatching(/preset-level|no export of|needs --/),
    ])
  })
})
