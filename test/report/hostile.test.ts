/** Whatever a server, or a disk, says: on the page it is text, bounded, and without what deceives. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findingWords } from '../../src/cli/topics/findings.js'
import { advisedCodes } from '../../src/report/advice.js'
import { html, withCode } from '../../src/report/html.js'
import { Values } from '../../src/report/spread.js'
import { Heaviest, OverTime, Spans, Thinned } from '../../src/report/tallies.js'
import { foreignWords } from '../../src/report/words.js'
import { session } from '../cli/session.js'

const hostile = [
  '</script><script>alert(1)</script>',
  '</style><img src=x onerror=alert(2)>',
  '"><svg onload=alert(3)>',
  "' onmouseover='alert(4)",
  '\u202egnp.exe\u202c \u2066bidi\u2069',
  '\u001b]0;title\u0007 \u0000 \ud800',
  '<!-- --!> ]]> &lt;b&gt; `code`',
  'x'.repeat(1_000_000),
  'https://user:secret@host.example/file?sig=secret#secret',
  'Patient/abc-123 and Observation/o.9 are wrong',
]

/** A journal, a manifest and a data set's description that say such things wherever a text may stand. */
const journalOf = (words: string): string => {
  const item = {
    type: words,
    url: `https://ehr.example/${encodeURIComponent(words.slice(0, 99).toWellFormed())}?sig=secret`,
  }
  const stored = {
    ...{ bytes: 10, sha256: words, lines: 1, resources: 1, badLines: 0, attempts: 2, durationMs: 5 },
    again: { why: words },
    otherTypes: { [words]: 1 },
    issues: { counts: { error: 1 }, first: [{ severity: 'error', code: words, text: words }] },
  }
  const facts = [
    {
      ...{ type: 'job-created', version: 1, exportId: words, server: words, fhirUrl: words },
      kickOff: {
        // Who names a person in the target has named him himself.
        target: /secret|abc/.test(words)
          ? { kind: 'url', url: words }
          : { kind: 'instance', type: words, id: words },
        operation: words,
        ...{ method: 'get', listStyle: 'comma', lenient: false },
        type: [words],
        typeFilter: [`Observation?patient=${words}`],
        patient: [words],
        extra: [{ name: words, value: words }],
      },
      identity: { auth: words, profile: words, preset: words },
    },
    { type: 'kick-off-requested', method: words, url: words },
    { type: 'kick-off-accepted', pollingLocation: words, issues: [{ severity: 'warning', text: words }] },
    { type: 'status-in-progress', progress: words, notBefore: 3, retryAfterMs: 2 },
    { type: 'status-transient', reason: words, notBefore: 4 },
    {
      type: 'manifest-received',
      page: words,
      manifest: {
        transactionTime: words,
        items: { output: [item, { ...item, type: 'Patient' }], deleted: [], outcome: [item] },
        issues: [{ severity: 'error', text: words }],
        rest: {},
      },
    },
    { type: 'file-completed', name: 'unknown.0001.ndjson', ...stored },
    { type: 'file-completed', name: 'Patient.0001.ndjson', ...stored },
    {
      type: 'file-failed',
      name: 'outcome/OperationOutcome.0001.ndjson',
      code: words,
      message: words,
      refresh: false,
    },
    { type: 'export-failed', status: 500, message: words, code: 'BULKX_BAD_ANSWER' },
    { type: 'a later version knows it', words },
    {
      type: 'manifest-written',
      findings: [{ severity: 'error', code: words, message: words, file: words }],
    },
    { type: 'delete-answered', status: 599, message: words },
  ]
  return facts.map((fact, at) => `${JSON.stringify({ ...fact, at: at * 1000 })}\n`).join('')
}

const expectHarmless = (page: string): void => {
  const body = page.slice(page.indexOf('<body>'))
  expect(page.length).toBeLessThan(200_000)
  expect(page).not.toMatch(/<script|<img|<iframe|<object|<link\b|@import|url\((?!#)/i)
  expect(body).not.toMatch(/<[^>]*\son[a-z]+\s*=/i)
  expect(body).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/)
  expect(body.isWellFormed()).toBe(true)
  expect(page).not.toContain('secret')
  expect(page).not.toContain('abc-123')
  // What opens a tag is ours.
  const tags = new Set([...body.matchAll(/<\/?([a-z][a-z0-9]*)/g)].map(([, name]) => name))
  const ours = [
    ...[
      'body',
      'main',
      'header',
      'footer',
      'section',
      'nav',
      'div',
      'span',
      'p',
      'h1',
      'h2',
      'ul',
      'li',
      'dl',
      'dt',
      'dd',
    ],
    ...[
      'table',
      'caption',
      'thead',
      'tbody',
      'tr',
      'th',
      'td',
      'figure',
      'figcaption',
      'strong',
      'small',
      'code',
      'time',
      'a',
    ],
    ...['svg', 'title', 'desc', 'g', 'text', 'rect', 'line', 'defs', 'pattern', 'html'],
  ]
  expect([...tags].filter((name) => !ours.includes(name ?? ''))).toEqual([])
}

describe('hostile words', () => {
  test.each(hostile.map((words) => [words.slice(0, 40), words]))('%j in a journal', async (_name, words) => {
    const { run, cwd } = await session()
    mkdirSync(join(cwd, 'out/.bulkx'), { recursive: true })
    writeFileSync(join(cwd, 'out/.bulkx/journal'), journalOf(words))
    const { code, err } = await run(['report', 'out'])
    expect(code, err).toBe(0)
    expectHarmless(readFileSync(join(cwd, 'out/report.html'), 'utf8'))
    const { out } = await run(['report', 'out', '--json'])
    expect(out).not.toContain('abc-123')
  })

  test.each(hostile.map((words) => [words.slice(0, 40), words]))('%j in a manifest', async (_name, words) => {
    const { run, cwd } = await session()
    const entry = { type: words, url: words, count: 1e300, bulkx: { bytes: -5, sha256: words } }
    const manifest = {
      transactionTime: words,
      output: [entry, { ...entry, count: Number.MAX_VALUE }],
      bulkx: {
        version: words,
        exportId: words,
        server: words,
        startedAt: words,
        findings: [{ severity: words, code: words, message: words }],
      },
    }
    mkdirSync(join(cwd, 'out'))
    for (const indent of [0, 2]) {
      writeFileSync(join(cwd, 'out/manifest.json'), JSON.stringify(manifest, null, indent))
      const { code, err } = await run(['report', 'out'])
      expect(code, err).toBe(0)
      expectHarmless(readFileSync(join(cwd, 'out/report.html'), 'utf8'))
    }
  })
})

test('very many things are a few on the page', async () => {
  const { run, cwd } = await session()
  const items = Array.from({ length: 3000 }, (_, place) => ({
    type: `T${'abcdefghij'[place % 10]}`,
    url: `https://h/${place}`,
  }))
  const name = (place: number): string =>
    `T${'abcdefghij'[place % 10]}.${String(Math.floor(place / 10) + 1).padStart(4, '0')}.ndjson`
  const facts: object[] = [
    { type: 'job-created', version: 1, exportId: 'x', server: 'https://h', fhirUrl: 'https://h' },
    { type: 'kick-off-accepted', pollingLocation: 'https://h/1' },
    ...Array.from({ length: 5000 }, (_, look) => ({
      type: 'status-in-progress',
      progress: `step ${look}`,
      notBefore: 0,
      retryAfterMs: 9,
    })),
    {
      type: 'manifest-received',
      page: 'https://h/1',
      manifest: { items: { output: items, deleted: [], outcome: [] }, issues: [], rest: {} },
    },
    ...items.map((_, place) =>
      place % 3 === 0
        ? { type: 'file-failed', name: name(place), code: 'gone', message: `no ${place}`, refresh: false }
        : {
            type: 'file-completed',
            name: name(place),
            bytes: place,
            sha256: 'ab',
            lines: 1,
            resources: 1,
            badLines: 0,
            attempts: place,
            durationMs: place,
          },
    ),
    ...Array.from({ length: 500 }, () => ({ type: 'job-resumed' })),
  ]
  mkdirSync(join(cwd, 'out/.bulkx'), { recursive: true })
  writeFileSync(
    join(cwd, 'out/.bulkx/journal'),
    facts.map((fact, at) => `${JSON.stringify({ ...fact, at: at * 60_000 })}\n`).join(''),
  )
  const { result } = await run(['report', 'out', '--json'])
  expect(result).toMatchObject({ listed: 3000, files: 2000, looks: 5000, resumes: 500 })
  const page = readFileSync(join(cwd, 'out/report.html'), 'utf8')
  expect(page.length).toBeLessThan(200_000)
  expect(page).toContain('and 1,985 more')
})

test.each([
  ['at the end of time', [0, 8.64e15, 8.64e15, 8.64e15]],
  ['all at once', [5, 5, 5, 5]],
  ['backwards', [9e12, 8e12, 7e12, 6e12]],
  ['with spans longer than time', [1, 2, 3, 8.64e15]],
])('times %s', async (_name, times) => {
  const { run, cwd } = await session()
  const item = { type: 'Patient', url: 'https://h/1' }
  const stored = {
    bytes: 1e300,
    sha256: 'a',
    lines: 1,
    resources: -7,
    badLines: 0,
    attempts: 1e9,
    durationMs: 8.64e15,
  }
  const facts: object[] = [
    { type: 'kick-off-accepted', pollingLocation: 'https://h' },
    { type: 'status-in-progress', progress: '500 %', notBefore: -8.64e15, retryAfterMs: 1e300 },
    {
      type: 'manifest-received',
      page: 'https://h',
      manifest: {
        items: { output: [item, item], deleted: [], outcome: [] },
        issues: [],
        rest: {},
        expiresAt: 8.64e15,
      },
    },
    { type: 'file-completed', name: 'Patient.0001.ndjson', ...stored },
  ]
  mkdirSync(join(cwd, 'out/.bulkx'), { recursive: true })
  writeFileSync(
    join(cwd, 'out/.bulkx/journal'),
    facts.map((fact, place) => `${JSON.stringify({ ...fact, at: times[place] })}\n`).join(''),
  )
  const { code, err } = await run(['report', 'out'])
  expect(code, err).toBe(0)
  expectHarmless(readFileSync(join(cwd, 'out/report.html'), 'utf8'))
})

test('each finding has advice, and there is advice for nothing else', () => {
  expect([...advisedCodes].sort()).toEqual(Object.keys(findingWords).sort())
})

test('markup is made by the template alone', () => {
  expect(html`<p title="${'"<&\''}">${['<b>', html`<i>${1}</i>`, false, undefined]}</p>`.markup).toBe(
    '<p title="&quot;&lt;&amp;&#39;">&lt;b&gt;<i>1</i></p>',
  )
  expect(withCode('run `a <b>` with --again now').markup).toBe(
    'run <code>a &lt;b&gt;</code> with <code class="whole">--again</code> now',
  )
})

test.each([
  ['Patient/1 of Group/123', 'Group/123', 'Patient/… of Group/123'],
  ['see https://u:p@h/x?sig=1 now', '', 'see https://h/x now'],
  ['application/json over HTTP/1.1', '', 'application/json over HTTP/1.1'],
])('%j, of the target %j', (words, target, shown) => {
  expect(foreignWords(words, target)).toBe(shown)
})

describe('what is kept of very many', () => {
  test('the heaviest', () => {
    const heaviest = new Heaviest<number>(3, (value) => value)
    for (const value of [5, 1, 9, 7, 9, 2]) heaviest.add(value)
    expect(heaviest.things).toEqual([9, 9, 7])
  })

  test('spans: those that touch are one, too many are joined where they are nearest', () => {
    const spans = new Spans(3)
    for (const [from, to] of [
      [0, 10],
      [5, 12],
      [100, 110],
      [200, 210],
      [213, 220],
      [400, 410],
    ] as const)
      spans.add({ from, to })
    expect(spans.spans.length).toBeLessThanOrEqual(3)
    expect(spans.spans[0]).toEqual({ from: 0, to: expect.any(Number) })
    expect(spans.spans.at(-1)).toEqual({ from: 400, to: 410 })
  })

  test('an amount over time stays the same amount', () => {
    const over = new OverTime(1000, 1, 16)
    for (let at = 1000; at < 9000; at += 37) over.add({ from: at - 500, to: at + 3 }, 5)
    expect(over.bins.length).toBeLessThanOrEqual(16)
    expect(over.bins.reduce((sum, one) => sum + one, 0)).toBeCloseTo(Math.ceil(8000 / 37) * 5)
  })

  test('every so manyth', () => {
    const thinned = new Thinned<number>(8)
    for (let at = 0; at < 1000; at += 1) thinned.add(at)
    expect(thinned.things.length).toBeLessThan(8)
    expect(thinned.things[0]).toBe(0)
  })

  test('how values are spread', () => {
    const values = new Values()
    for (const value of [500, 1500, 20_000, 999]) values.add(value)
    expect(values.spread(1000)).toEqual({
      bins: [
        { from: 0, to: 1000, number: 2 },
        { from: 1000, to: 10_000, number: 1 },
        { from: 10_000, to: 100_000, number: 1 },
      ],
      ...{ number: 4, least: 500, median: 999, most: 20_000 },
    })
  })
})
