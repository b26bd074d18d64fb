/** `bulkx verify` of an export: whatever happens to the directory of a finished one is found, and nothing else. */
import { execFileSync } from 'node:child_process'
import {
  appendFile,
  chmod,
  copyFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { faults } from '../../src/mock/index.js'
import { temporaryDirectory } from '../cli/fake-io.js'
import { session } from '../cli/session.js'
import { digest, edit, editManifest, exported, seen, swap } from './export-out.js'

const patients = 'Patient.0001.ndjson'
const conditions = 'Condition.0001.ndjson'

type Damage = (out: string) => Promise<unknown>

const damages: [name: string, damage: Damage, problems: string[], notes?: string[]][] = [
  ['nothing', async () => {}, []],
  [
    'a flipped bit',
    async (out) => {
      const path = join(out, patients)
      const bytes = await readFile(path)
      bytes[40] = (bytes[40] ?? 0) ^ 1
      await writeFile(path, bytes)
    },
    [`content ${patients}`],
  ],
  ['a truncated file', (out) => truncate(join(out, patients), 300), [`content ${patients}`]],
  ['a file cut to nothing', (out) => truncate(join(out, patients), 0), [`content ${patients}`]],
  ['one more line', (out) => appendFile(join(out, patients), '{}\n'), [`content ${patients}`]],
  ['one more blank line', (out) => appendFile(join(out, patients), '\n'), [`content ${patients}`]],
  ['a missing file', (out) => rm(join(out, patients)), [`missing ${patients}`]],
  [
    'a file that nobody listed',
    (out) => writeFile(join(out, 'Patient.0002.ndjson'), '{}'),
    ['unlisted Patient.0002.ndjson'],
  ],
  [
    'one in a folder',
    async (out) => {
      await mkdir(join(out, 'more'))
      await writeFile(join(out, 'more/X.ndjson.gz'), '')
    },
    ['unlisted more/X.ndjson.gz'],
  ],
  ['the page of `bulkx report`', (out) => writeFile(join(out, 'report.html'), ''), [], []],
  ['a page that somebody has made of it', (out) => writeFile(join(out, 'page.html'), ''), [], ['others']],
  [
    'swapped files',
    (out) => swap(join(out, patients), join(out, conditions)),
    [`content ${conditions}`, `content ${patients}`],
  ],
  [
    'a link in the place of a file',
    async (out) => {
      await rename(join(out, patients), join(out, '../elsewhere'))
      await symlink('../elsewhere', join(out, patients))
    },
    [`link ${patients}`],
  ],
  [
    'a pipe in its place, which nobody writes to',
    async (out) => {
      await rm(join(out, patients))
      execFileSync('mkfifo', [join(out, patients)])
    },
    [`not-a-file ${patients}`],
  ],
  [
    'a directory in its place',
    async (out) => {
      await rm(join(out, patients))
      await mkdir(join(out, patients))
    },
    [`not-a-file ${patients}`],
  ],
  [
    'a link that nobody listed',
    (out) => symlink('/etc/passwd', join(out, 'X.ndjson')),
    ['unlisted X.ndjson'],
  ],
  [
    'an edited count',
    (out) =>
      editManifest(out, ({ output }) => {
        output[0] = { ...output[0], count: 11 }
      }),
    ['manifest-differs manifest.json'],
  ],
  [
    'an edited transactionTime',
    (out) =>
      editManifest(out, (manifest) => {
        manifest.transactionTime = '2020-01-01T00:00:00Z'
      }),
    ['manifest-differs manifest.json'],
  ],
  [
    'an entry that leads out of the directory',
    (out) =>
      editManifest(out, ({ output }) => {
        output.push({ type: 'Patient', url: '../../../etc/passwd' })
      }),
    ['outside manifest.json'],
  ],
  [
    'an entry too few, and one twice',
    (out) =>
      editManifest(out, ({ output }) => {
        output[0] = { ...output[1] }
      }),
    ['manifest-differs manifest.json', 'manifest-differs manifest.json'],
  ],
  [
    'a manifest that is nested without end',
    (out) =>
      writeFile(
        join(out, 'manifest.json'),
        `{"output":[],"transactionTime":${'['.repeat(1e5)}${']'.repeat(1e5)}}`,
      ),
    ['manifest-broken manifest.json'],
  ],
  [
    'no JSON as manifest',
    (out) => truncate(join(out, 'manifest.json'), 100),
    ['manifest-broken manifest.json'],
  ],
  ['the manifest gone', (out) => rm(join(out, 'manifest.json')), ['manifest-missing manifest.json']],
  [
    'a link as manifest',
    async (out) => {
      await rename(join(out, 'manifest.json'), join(out, '../manifest'))
      await symlink('../manifest', join(out, 'manifest.json'))
    },
    ['manifest-broken manifest.json'],
  ],
  ['the journal gone', (out) => rm(join(out, '.bulkx'), { recursive: true }), [], ['no-journal']],
  [
    'only the files and their manifest, taken elsewhere',
    async (out) => {
      await rm(join(out, '.bulkx'), { recursive: true })
      await rm(join(out, 'log.ndjson'))
    },
    [],
    ['no-journal'],
  ],
  [
    'a damaged journal',
    (out) => edit(join(out, '.bulkx/journal'), (text) => text.replace(/"sha256":"[0-9a-f]+"/, '"sha256":7')),
    ['journal-damaged .bulkx/journal'],
    ['no-journal'],
  ],
  [
    'a link as journal',
    async (out) => {
      await rename(join(out, '.bulkx/journal'), join(out, '.bulkx/other'))
      await symlink('other', join(out, '.bulkx/journal'))
    },
    ['journal-damaged .bulkx/journal'],
    ['no-journal'],
  ],
  ['the log gone', (out) => rm(join(out, 'log.ndjson')), ['log-missing log.ndjson']],
  [
    'a log that says less',
    (out) => edit(join(out, 'log.ndjson'), (text) => text.split('\n').slice(0, -2).join('\n')),
    ['log-differs log.ndjson'],
  ],
  [
    'a log that says something else',
    (out) =>
      edit(join(out, 'log.ndjson'), (text) =>
        text.replace(/"files":3,"resources":\d+/, '"files":3,"resources":1'),
      ),
    ['log-differs log.ndjson'],
  ],
  [
    'a part of a file left over',
    async (out) => {
      await mkdir(join(out, '.bulkx/parts'), { recursive: true })
      await writeFile(join(out, '.bulkx/parts/X.part'), 'half')
    },
    [],
    ['parts'],
  ],
  [
    'other users who may read',
    async (out) => {
      await chmod(out, 0o755)
      await chmod(join(out, patients), 0o644)
    },
    [],
    ['readable-by-others'],
  ],
]

const written = async (directory: string): Promise<string[]> => {
  const names = await readdir(directory, { recursive: true })
  const lines = names.map(async (name) => {
    const { mtimeMs, ino, size } = await stat(join(directory, name)).catch(() => ({
      mtimeMs: 0,
      ino: 0,
      size: 0,
    }))
    return `${name} ${ino} ${size} ${mtimeMs}`
  })
  return (await Promise.all(lines)).sort()
}

test.each(damages)('%s', async (_name, damage, problems, notes = []) => {
  const { out, verify } = await exported()
  await damage(out)
  const before = await written(out)
  const found = await verify()
  expect(found.problems).toEqual(problems)
  expect(found.notes).toEqual(notes)
  expect(found.code).toBe(problems.length === 0 ? 0 : 10)
  expect(await written(out), 'nothing is changed').toEqual(before)
})

describe('what is told of a problem', () => {
  test('what was expected, what is there, where the first bad line is, and what to do', async () => {
    const { out, verify } = await exported()
    const path = join(out, patients)
    const bytes = await readFile(path)
    const second = bytes.indexOf('\n') + 1
    bytes[second] = 0x3c
    await writeFile(path, bytes)
    const { first, err, result } = await verify()
    expect(first.expected).toMatchObject({ badLines: 0, resources: 10 })
    expect(first.found).toMatchObject({ badLines: 1, resources: 9, sha256: await digest(path) })
    expect(first.firstBadLine).toEqual({ line: 2, byte: second, reason: 'not valid JSON' })
    expect(first.remedy).toMatch(/backup.*--again/)
    expect(err).toMatch(/error: .\/out is not as it was stored: 1 problem\n/)
    expect(err).toContain(`its first bad line is 2 at byte ${second}: not valid JSON`)
    expect(result).toMatchObject({ code: 'BULKX_DIFFERS', exitCode: 10, phase: 'complete', files: 3 })
  })

  test('whose content it is, where that is known', async () => {
    const { out, verify } = await exported()
    await copyFile(join(out, conditions), join(out, patients))
    expect((await verify()).first.message).toContain(`it is the content of ${conditions}`)
  })

  test('people are told the same, one line a problem on stdout', async () => {
    const { out, run } = await exported()
    await rm(join(out, patients))
    const ran = await run(['verify', 'out'])
    expect([ran.code, ran.out]).toEqual([10, `${patients}: it is not there\n`])
    expect(ran.err).toMatch(/^error: .*\nhint: restore it from a backup/)
    expect((await run(['verify', 'out', '-q'])).err).toContain(`  ${patients}: it is not there`)
  })

  test('all well is one line', async () => {
    const { run } = await exported()
    const ran = await run(['verify', 'out'])
    expect([ran.code, ran.out]).toEqual([0, ''])
    expect(ran.err).toMatch(/^verified .\/out: 3 files, [\d,]+ resources, [\d.]+ kB\n$/)
  })
})

test('findings that were there when it was stored are no problems', async () => {
  const { out, verify } = await exported([], { faults: [faults.badLines({ file: 1, times: 9 })] })
  const manifest = JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8'))
  expect(manifest.bulkx.findings).toContainEqual(expect.objectContaining({ code: 'bad-lines' }))
  expect(await verify()).toMatchObject({ code: 0, problems: [] })
})

test('a resource that comes twice is worth a note', async () => {
  const { out, cwd, run } = await exported()
  const plain = join(cwd, 'plain')
  await mkdir(plain, { mode: 0o700 })
  const text = await readFile(join(out, patients), 'utf8')
  await writeFile(join(plain, 'a.ndjson'), text)
  await writeFile(join(plain, 'b.ndjson'), text.split('\n').slice(0, 2).join('\n'))
  const output = ['a.ndjson', 'b.ndjson'].map((url) => ({ type: 'Patient', url }))
  await writeFile(join(plain, 'manifest.json'), JSON.stringify({ output }))
  const { result, code } = await run(['verify', 'plain', '--json', '--parallel', '1'])
  expect(code).toBe(0)
  expect(result.notes).toEqual([
    {
      code: 'duplicates',
      message: expect.stringMatching(/^2 resources come more than once, such as Patient\/\S+ in b.ndjson$/),
    },
  ])
})

describe('compressed files', () => {
  const packed = 'Patient.0001.ndjson.gz'
  const damage: [string, Damage, string[], string[]][] = [
    ['as they were stored', async () => {}, [], []],
    [
      'compressed anew: the content counts',
      async (out) =>
        writeFile(join(out, packed), gzipSync(gunzipSync(await readFile(join(out, packed))), { level: 1 })),
      [],
      [`compressed-anew ${packed}`],
    ],
    [
      'a flipped bit',
      async (out) => {
        const bytes = await readFile(join(out, packed))
        const at = bytes.length - 6
        bytes[at] = (bytes[at] ?? 0) ^ 1
        await writeFile(join(out, packed), bytes)
      },
      [`broken ${packed}`],
      [],
    ],
    ['cut off', (out) => truncate(join(out, packed), 200), [`broken ${packed}`], []],
    ['bytes behind the end', (out) => appendFile(join(out, packed), 'more'), [`broken ${packed}`], []],
    [
      'another member behind it',
      (out) => appendFile(join(out, packed), gzipSync('{}\n')),
      [`content ${packed}`],
      [],
    ],
    [
      'not compressed at all',
      async (out) => writeFile(join(out, packed), gunzipSync(await readFile(join(out, packed)))),
      [`broken ${packed}`],
      [],
    ],
    [
      'unpacked under another name',
      async (out) => {
        await writeFile(join(out, patients), gunzipSync(await readFile(join(out, packed))))
        await unlink(join(out, packed))
      },
      [`missing ${packed}`, `unlisted ${patients}`],
      [],
    ],
  ]

  test.each(damage)('%s', async (_name, change, problems, notes) => {
    const { out, verify } = await exported(['--gzip'])
    await change(out)
    expect(await verify()).toMatchObject({ problems, notes, code: problems.length === 0 ? 0 : 10 })
  })
})

describe('an export that is not finished', () => {
  const begun = () =>
    exported([], { faults: [faults.answer({ on: 'file', file: 2, status: 404, times: 9 })] })

  test('what is on disk is verified, and it ends as `status` does', async () => {
    const { verify, run } = await begun()
    const found = await verify()
    expect(found).toMatchObject({ code: 7, problems: [], result: { phase: 'incomplete', files: 2 } })
    expect((await run(['status', 'out', '--offline'])).code).toBe(7)
  })

  test('damage comes first, and names what fetches it again', async () => {
    const { out, verify, run } = await begun()
    await truncate(join(out, conditions), 5).catch(() => truncate(join(out, patients), 5))
    const { code, first } = await verify()
    expect([code, first.code]).toEqual([10, 'content'])
    expect(first.remedy).toBe('`bulkx resume ./out` fetches it again, while the server has it')
    expect((await run(['verify', 'out'])).err).toContain('hint: `bulkx resume ./out`')
  })

  test('one that has no files yet is only not finished', async () => {
    const talk = await session({ jobMs: 60_000 })
    await talk.run(['kickoff', 'Patient', '--server', talk.server, '-o', 'out'])
    expect(await seen(talk, 'out')).toMatchObject({ code: 9, problems: [], result: { files: 0 } })
  })
})

describe('other directories', () => {
  test.each<[string, Damage]>([
    ['an empty one', async () => {}],
    ['none', (place) => rm(place, { recursive: true })],
    ['files that are no export', (place) => writeFile(join(place, 'Patient.ndjson'), '{}\n')],
  ])('nothing to verify: %s', async (_name, prepare) => {
    const talk = await session()
    const place = temporaryDirectory()
    await prepare(place)
    const found = await seen(talk, place)
    expect(found).toMatchObject({ code: 2, result: { code: 'BULKX_NO_JOB' } })
    expect(found.err).toContain('hint: name the directory of an export')
  })

  const line = (id: number): string => `{"resourceType":"Patient","id":"${id}"}\n`

  test.each<[string, object[], string[], string[]]>([
    ['as it says', [{ type: 'Patient', url: './a.ndjson', count: 2 }], [], []],
    ['without count', [{ type: 'Patient', url: 'a.ndjson' }], [], []],
    ['another count', [{ type: 'Patient', url: 'a.ndjson', count: 3 }], ['counts a.ndjson'], []],
    ['a file that is missing', [{ type: 'Patient', url: 'c.ndjson' }], ['missing c.ndjson'], ['others']],
    ['bad lines', [{ type: 'Patient', url: 'bad.ndjson' }], ['bad-lines bad.ndjson'], ['others']],
    [
      'a path that leads outside',
      [{ type: 'Patient', url: '../a.ndjson' }],
      ['outside manifest.json'],
      ['others'],
    ],
    ['a device', [{ type: 'X', url: '/dev/zero' }], ['outside manifest.json'], ['others']],
    ['a name with a backslash', [{ type: 'X', url: '..\\a.ndjson' }], ['outside manifest.json'], ['others']],
    ['its journal folder', [{ type: 'X', url: '.bulkx/journal' }], ['outside manifest.json'], ['others']],
    [
      'URLs of a server',
      [
        { type: 'Patient', url: 'https://ehr.example/a.ndjson' },
        { type: 'Patient', url: 'a.ndjson' },
      ],
      [],
      ['elsewhere'],
    ],
  ])('a manifest that another tool has made: %s', async (_name, output, problems, notes) => {
    const talk = await session()
    const place = temporaryDirectory()
    await writeFile(join(place, 'a.ndjson'), line(1) + line(2))
    if (problems.includes('bad-lines bad.ndjson')) await writeFile(join(place, 'bad.ndjson'), 'no\n')
    await writeFile(join(place, 'manifest.json'), JSON.stringify({ output }))
    const found = await seen(talk, place)
    expect(found).toMatchObject({ problems, notes, code: problems.length === 0 ? 0 : 10 })
  })
})

test('a file that the disk does not give ends 8 when nothing else is wrong', async () => {
  const { out, verify } = await exported()
  await chmod(join(out, patients), 0o000)
  // Whoever may read everything is not refused.
  const mayReadAll = process.getuid?.() === 0
  expect((await verify()).code).toBe(mayReadAll ? 0 : 8)
})

test('another process that works there is told of', async () => {
  const { out, verify } = await exported()
  const holder = { id: 'x', host: 'test', pid: 1 }
  await writeFile(join(out, '.bulkx/lock'), JSON.stringify(holder))
  expect(await verify()).toMatchObject({ code: 0, notes: ['busy'] })
})

test('on a terminal there are bars', async () => {
  const { run } = await exported()
  const ran = await run(['verify', 'out'], { columns: 120 })
  expect(ran.code).toBe(0)
  expect(ran.err).toContain('of 3 files')
})
