/** What a snapshot is after a round, one row a behaviour. */
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  bundle,
  currentOf,
  lines,
  newDirectory,
  putExport,
  resource,
  round,
  type StoredExport,
} from './place.js'

const of = (name: string, ...all: string[]): StoredExport['output'][number] => ({ name, text: lines(...all) })

/** `keysBytesMax`: everything in memory, or nothing. */
describe.each([
  ['in memory', undefined],
  ['spilled', 1],
])('%s', (_name, keysBytesMax) => {
  /** A base, then deltas, each a generation; the last round's counts. */
  const merge = async (...exports: StoredExport[]) => {
    const directory = newDirectory()
    let last: Awaited<ReturnType<typeof round>> | undefined
    for (const [at, one] of exports.entries()) {
      putExport(directory, at + 1, one)
      last = await round(directory, [[at + 1, at === 0 ? 'base' : 'delta']], { keysBytesMax })
    }
    expect(readdirSync(join(directory, '.bulkx'))).toEqual([])
    return { directory, snapshot: currentOf(directory), merged: last?.merged, dataset: last?.dataset }
  }

  const base: StoredExport = {
    output: [
      of('Patient.0001.ndjson', resource('Patient', 'a'), resource('Patient', 'b'), resource('Patient', 'c')),
      of('Condition.0001.ndjson', resource('Condition', 'a')),
    ],
  }

  test('a base is the snapshot', async () => {
    const { directory, snapshot, dataset, merged } = await merge(base)
    expect(snapshot).toEqual({
      'Condition.ndjson': lines(resource('Condition', 'a')),
      'Patient.ndjson': lines(resource('Patient', 'a'), resource('Patient', 'b'), resource('Patient', 'c')),
    })
    expect(readlinkSync(join(directory, 'current'))).toBe('snapshots/001')
    expect(dataset).toMatchObject({ generation: 1, snapshot: 'snapshots/001', transactionTime: '2026-01-1' })
    expect(merged?.counts).toMatchObject({ added: 4, replaced: 0, unchanged: 0, deleted: 0 })
    const written: { files: unknown; version: number } = JSON.parse(
      readFileSync(join(directory, 'dataset.json'), 'utf8'),
    )
    expect(written.version).toBe(1)
    expect(Object.keys(written.files as object)).toEqual(['Condition.ndjson', 'Patient.ndjson'])
  })

  test('old lines keep their order, new ones follow in theirs', async () => {
    const { snapshot, merged } = await merge(base, {
      output: [
        of('Patient.0001.ndjson', resource('Patient', 'd'), resource('Patient', 'a', { active: true })),
      ],
      deleted: [of('deleted/Bundle.0001.ndjson', bundle('Patient/b', 'Condition/none'))],
    })
    expect(snapshot['Patient.ndjson']).toBe(
      lines(resource('Patient', 'c'), resource('Patient', 'd'), resource('Patient', 'a', { active: true })),
    )
    expect(merged?.counts).toMatchObject({ added: 1, replaced: 1, unchanged: 2, deleted: 1 })
    expect(merged?.examples.deleted).toEqual(['Patient/b'])
  })

  test('of several lines the newest instant stays, of equal ones the later', async () => {
    const at = (lastUpdated: string | undefined, n: number): string =>
      resource('Patient', `p${n >> 4}`, { meta: { lastUpdated }, n })
    const { snapshot, merged } = await merge({
      output: [
        of('Patient.0001.ndjson', at('2026-01-01T12:00:00Z', 1), at('2026-01-01T11:30:00Z', 2)),
        of('Patient.0002.ndjson', at('2026-01-01T10:00:00+00:00', 17), at('2026-01-01T12:00:00+02:00', 18)),
        of('Patient.0003.ndjson', at(undefined, 33), at('2026-01-01T10:00:00Z', 34), at(undefined, 35)),
        of('Patient.0004.ndjson', at(undefined, 49), at(undefined, 50)),
        of(
          'Patient.0005.ndjson',
          at('2026-01-01T10:00:00.000002Z', 65),
          at('2026-01-01T10:00:00.000001Z', 66),
        ),
      ],
    })
    const kept = [...(snapshot['Patient.ndjson'] ?? '').matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n))
    expect(kept).toEqual([1, 18, 34, 50, 65])
    expect(merged?.counts).toMatchObject({ added: 5, duplicates: 6 })
  })

  test('what is in output and deletes of one round stays', async () => {
    const { snapshot, merged } = await merge(base, {
      output: [of('Patient.0001.ndjson', resource('Patient', 'a', { active: true }))],
      deleted: [of('deleted/Bundle.0001.ndjson', bundle('Patient/a', 'Patient/b'), bundle('Patient/a'))],
    })
    expect(snapshot['Patient.ndjson']).toBe(
      lines(resource('Patient', 'c'), resource('Patient', 'a', { active: true })),
    )
    expect(merged?.counts).toMatchObject({ conflicts: 1, deleted: 1, replaced: 1 })
    expect(merged?.examples.conflicts).toEqual(['Patient/a'])
  })

  test.each([
    ['Patient/a', true],
    ['/Patient/a', true],
    ['Patient/%61', true],
    ['https://ehr.example/fhir/Patient/a', true],
    ['https://ehr.example/fhir/Patient/a/', true],
    ['https://other.example/fhir/Patient/a', false],
    ['https://ehr.example/Patient/a', false],
    ['Patient/a/_history/2', false],
    ['Patient?identifier=a', false],
    ['Patient/a?x=y', false],
    ['Patient', false],
    ['x/Patient/a', false],
    ['', false],
  ])('DELETE %s', async (url, isApplied) => {
    const { snapshot, merged } = await merge(base, {
      output: [],
      deleted: [of('deleted/Bundle.0001.ndjson', bundle(url))],
    })
    expect(snapshot['Patient.ndjson']?.includes('"a"')).toBe(!isApplied)
    expect(merged?.counts).toMatchObject({ deleted: isApplied ? 1 : 0, ignoredDeletes: isApplied ? 0 : 1 })
    if (!isApplied) expect(merged?.examples.ignoredDeletes).toEqual([url])
  })

  test('of a deleted section nothing else is applied', async () => {
    const put = JSON.stringify({
      resourceType: 'Bundle',
      entry: [{ request: { method: 'PUT', url: 'Patient/a' } }, { resource: {} }, null, 7],
    })
    const { snapshot, merged } = await merge(base, {
      output: [],
      deleted: [of('deleted/Bundle.0001.ndjson', put, resource('Patient', 'a'), '{"resourceType":"Bundle"}')],
    })
    expect(snapshot['Patient.ndjson']?.split('\n')).toHaveLength(4)
    expect(merged?.counts).toMatchObject({ deleted: 0, ignoredDeletes: 5 })
  })

  test('the bytes of a resource stay, whatever stands around them', async () => {
    const odd =
      '{ "id" : "\\u0061" , "n" : 1.10 , "big" : 12345678901234567890, "resourceType" : "Patient"  }'
    const nested = '{"contained":[{"resourceType":"Medication","id":"x"}],"resourceType":"Patient","id":"b"}'
    const text = `\ufeff${odd}\r\n\r\n   \n  ${nested}\t\r\n\n${resource('Patient', 'c', { text: 'Zoë' })}`
    const { snapshot } = await merge({ output: [{ name: 'Patient.0001.ndjson', text }] })
    expect(snapshot['Patient.ndjson']).toBe(lines(odd, nested, resource('Patient', 'c', { text: 'Zoë' })))
    const again = await merge(
      { output: [{ name: 'Patient.0001.ndjson', text }] },
      { output: [of('Patient.0001.ndjson', resource('Patient', 'a', { new: true }))] },
    )
    expect(again.snapshot['Patient.ndjson']).toBe(
      lines(nested, resource('Patient', 'c', { text: 'Zoë' }), resource('Patient', 'a', { new: true })),
    )
  })

  test('what is no resource is left out, and counted', async () => {
    const bad = [
      '{"resourceType":"Patient","id":"x"',
      'rubbish',
      '[1]',
      '{"resourceType":"Patient","id":"y","a":"\u0001"}',
    ]
    const text = Buffer.concat([
      Buffer.from(lines(resource('Patient', 'a'), ...bad)),
      Buffer.from('{"resourceType":"Patient","id":"z","name":"\xff"}\n', 'latin1'),
      Buffer.from(
        lines(
          '{"resourceType":"Patient"}',
          '{"id":"z"}',
          '{"resourceType":"../x","id":"z"}',
          '{"resourceType":"Con","id":"z"}',
        ),
      ),
    ])
    const { snapshot, merged } = await merge({ output: [{ name: 'Patient.0001.ndjson', text, badLines: 5 }] })
    expect(snapshot).toEqual({ 'Patient.ndjson': lines(resource('Patient', 'a')) })
    expect(merged?.counts).toMatchObject({ added: 1, skipped: 9 })
  })

  test('headers of organizeOutputBy stay out, Parameters that were asked for do not', async () => {
    const header = JSON.stringify({ resourceType: 'Parameters', parameter: [] })
    const { snapshot, merged } = await merge({
      output: [
        of('Patient.0001.ndjson', header, resource('Patient', 'a'), resource('Parameters', 'h')),
        of('Parameters.0001.ndjson', resource('Parameters', 'p')),
      ],
    })
    expect(snapshot).toEqual({
      'Parameters.ndjson': lines(resource('Parameters', 'p')),
      'Patient.ndjson': lines(resource('Patient', 'a')),
    })
    expect(merged?.counts.skipped).toBe(0)
  })

  test('the line says its type, not its file; upper and lower case are one type', async () => {
    const { snapshot } = await merge(
      { output: [of('unknown.0001.ndjson', resource('Patient', 'a'), resource('Condition', 'a'))] },
      { output: [of('Patient.0001.ndjson', resource('patient', 'a', { n: 1 }), resource('Condition', 'b'))] },
    )
    expect(snapshot).toEqual({
      'Condition.ndjson': lines(resource('Condition', 'a'), resource('Condition', 'b')),
      'Patient.ndjson': lines(resource('patient', 'a', { n: 1 })),
    })
  })

  test('compressed exports', async () => {
    const many = Array.from({ length: 5000 }, (_, n) =>
      resource('Patient', `p${n}`, { name: 'x'.repeat(500) }),
    )
    const { snapshot } = await merge(
      { output: [{ ...of('Patient.0001.ndjson', ...many), gzip: true }] },
      {
        output: [],
        deleted: [{ ...of('deleted/Bundle.0001.ndjson', bundle('Patient/p7')), gzip: true }],
      },
    )
    expect(snapshot['Patient.ndjson']).toBe(lines(...many.filter((_, n) => n !== 7)))
  })

  test.each([0, 1, 2, 1023, 1024 * 1024 - 1, 1024 * 1024, 3 * 1024 * 1024 + 1])(
    'a line of %i bytes more',
    async (length) => {
      const long = [1, 2, 3].map((n) => resource('Patient', `p${n}`, { name: `${n}`.repeat(length) }))
      const text = long.join('\n')
      const { snapshot } = await merge({ output: [{ name: 'Patient.0001.ndjson', text }] }, { output: [] })
      expect(snapshot['Patient.ndjson'] === lines(...long)).toBe(true)
    },
  )

  test('a type of which nothing is left has no file', async () => {
    const { snapshot, dataset } = await merge(base, {
      output: [],
      deleted: [of('deleted/Bundle.0001.ndjson', bundle('Condition/a'))],
    })
    expect(Object.keys(snapshot)).toEqual(['Patient.ndjson'])
    expect(Object.keys(dataset?.files ?? {})).toEqual(['Patient.ndjson'])
  })

  test('a new base keeps nothing, and what it lacks counts as deleted', async () => {
    const directory = newDirectory()
    putExport(directory, 1, base)
    await round(directory, [[1, 'base']])
    putExport(directory, 2, {
      output: [of('Patient.0001.ndjson', resource('Patient', 'd'), resource('Patient', 'a'))],
    })
    const { merged } = await round(directory, [[2, 'base']], { keysBytesMax })
    expect(currentOf(directory)).toEqual({
      'Patient.ndjson': lines(resource('Patient', 'd'), resource('Patient', 'a')),
    })
    expect(merged.counts).toMatchObject({ added: 1, replaced: 1, unchanged: 0, deleted: 3 })
    expect([...merged.examples.deleted].sort()).toEqual(['Condition/a', 'Patient/b', 'Patient/c'])
  })

  test('exports of one round are one', async () => {
    const directory = newDirectory()
    putExport(directory, 1, base)
    await round(directory, [[1, 'base']])
    const old = { meta: { lastUpdated: '2020-01-01T00:00:00Z' }, n: 1 }
    const fresh = { meta: { lastUpdated: '2026-01-01T00:00:00Z' }, n: 2 }
    putExport(directory, 2, {
      output: [of('Patient.0001.ndjson', resource('Patient', 'n', fresh))],
      deleted: [of('deleted/Bundle.0001.ndjson', bundle('Condition/n'))],
    })
    putExport(directory, 3, {
      output: [
        of('Patient.0001.ndjson', resource('Patient', 'n', old)),
        of('Condition.0001.ndjson', resource('Condition', 'n')),
      ],
    })
    const { merged, dataset } = await round(
      directory,
      [
        [2, 'delta'],
        [3, 'newcomers'],
      ],
      { keysBytesMax },
    )
    expect(dataset).toMatchObject({ generation: 3, snapshot: 'snapshots/003' })
    expect(currentOf(directory)['Patient.ndjson']).toMatch(/"n":2/)
    expect(currentOf(directory)['Patient.ndjson']).not.toMatch(/"n":1/)
    expect(currentOf(directory)['Condition.ndjson']).toMatch(/"id":"n"/)
    expect(merged.counts).toMatchObject({ added: 2, conflicts: 1, duplicates: 1, unchanged: 4 })
    const changes = { added: 2, replaced: 0, unchanged: 4, deleted: 0, departed: 0, resources: 6 }
    expect(dataset.rounds.at(-1)?.changes).toEqual({
      ...changes,
      bytes: Object.values(dataset.files).reduce((sum, { bytes }) => sum + bytes, 0),
    })
    expect(dataset.rounds.map(({ changes: _changes, ...round }) => round)).toEqual([
      { generation: 1, exports: [{ number: 1, role: 'base' }] },
      {
        generation: 3,
        exports: [
          { number: 2, role: 'delta' },
          { number: 3, role: 'newcomers' },
        ],
      },
    ])
  })

  test('the snapshot before stays, older ones go; exports go beyond keep', async () => {
    const directory = newDirectory()
    for (let number = 1; number <= 4; number += 1) {
      putExport(directory, number, base)
      await round(directory, [[number, number === 1 ? 'base' : 'delta']], { keysBytesMax, keep: 2 })
    }
    expect(readdirSync(join(directory, 'snapshots'))).toEqual(['003', '004'])
    expect(readdirSync(join(directory, 'exports'))).toEqual(['003', '004'])
    expect(existsSync(join(directory, 'dataset.json.part'))).toBe(false)
  })

  test('what was set aside goes with the exports of its time', async () => {
    const directory = newDirectory()
    const names = ['001.1', '003.1', '003.2', '003.copy', 'notes.1', '004.1']
    for (const name of names) mkdirSync(join(directory, 'exports', name), { recursive: true })
    for (let number = 1; number <= 4; number += 1) {
      putExport(directory, number, base)
      const keep = number === 4 ? 1 : undefined
      await round(directory, [[number, number === 1 ? 'base' : 'delta']], { keysBytesMax, keep })
    }
    expect(readdirSync(join(directory, 'exports')).sort()).toEqual(['003.copy', '004', '004.1', 'notes.1'])
  })
})
