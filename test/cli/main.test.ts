import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { catalogue, commandGroups } from '../../src/cli/catalogue.js'
import { ways } from '../../src/cli/completion/install.js'
import { main } from '../../src/cli/main.js'
import { topics } from '../../src/cli/topics.js'
import { faultRows, personalities, scenarios } from '../../src/mock/index.js'
import { version } from '../../src/version.js'
import { fakeIo, temporaryDirectory } from './fake-io.js'
import { expectGolden } from './golden.js'

/** `screen`: a terminal on stdout, this wide. */
const run = async (argv: string[], options: Parameters<typeof fakeIo>[0] & { screen?: number } = {}) => {
  const io = fakeIo(options)
  const { screen: columns } = options
  const stdout = columns === undefined ? io.stdout : { ...io.stdout, isTTY: true, columns }
  const code = await main(argv, { ...io, stdout })
  return { code, out: io.out(), err: io.err() }
}

const lastLine = (text: string): Record<string, unknown> =>
  JSON.parse(text.trimEnd().split('\n').at(-1) ?? '')

test('--version', async () => {
  for (const argv of [['--version'], ['-V']]) {
    const out = `bulkx ${version} (node v20.18.1, linux-x64)\n`
    expect(await run(argv)).toEqual({ code: 0, out, err: '' })
  }
  const { out } = await run(['--version', '--json'])
  const fields = { version, node: 'v20.18.1', platform: 'linux-x64' }
  expect(lastLine(out)).toMatchObject({ type: 'result', command: 'version', exitCode: 0, ...fields })
})

describe('help', () => {
  test('of the program', async () => {
    const { code, out, err } = await run(['--help'])
    expect([code, err]).toEqual([0, ''])
    expectGolden('help/bulkx', out)
    expect((await run(['help'])).out).toBe(out)
    expect((await run(['-h'])).out).toBe(out)
  })

  test.each(Object.keys(catalogue))('of %s', async (name) => {
    const words = name.split(' ')
    const { code, out, err } = await run([...words, '--help'])
    expect([code, err]).toEqual([0, ''])
    // What the mock can do is read off its own tables.
    expectGolden(`help/${words.join('-')}`, out.replace(/\nPersonalities:.*?\nExamples:/s, '\nExamples:'))
    expect((await run(['help', ...words])).out).toBe(out)
  })

  /** What is pasted is never broken. */
  const pasted = new Set([
    ...Object.values(catalogue).flatMap((row) => row.examples),
    ...ways.flatMap(({ commands }) => commands),
  ])

  const widths = [
    [40, 40],
    [80, 80],
    [120, 100],
    [30, 40],
  ] as const

  test.each(widths)('on a terminal of %i columns', async (columns, most) => {
    const names = [...Object.keys(catalogue), ...Object.keys(commandGroups), ...Object.keys(topics), '']
    for (const name of names) {
      const { out } = await run(['help', ...name.split(' ').filter(Boolean)], { screen: columns })
      const broken = out.split('\n').filter((line) => !pasted.has(line.trim()))
      // What has no blanks cannot be broken.
      const long = broken.filter((line) => line.length > most && /\S\s+\S/.test(line))
      expect(long, name).toEqual([])
    }
  })

  test.each(Object.keys(commandGroups))('of the group %s', async (name) => {
    const { code, out, err } = await run([name, '--help'])
    expect([code, err]).toEqual([0, ''])
    expectGolden(`help/${name}`, out)
    expect((await run(['help', name])).out).toBe(out)
  })

  // The tables of the mock are tested where they are: their rows come and go.
  const ofTheMock: readonly string[] = ['faults', 'scenarios']

  test.each(Object.keys(topics))('topic %s', async (name) => {
    const { code, out, err } = await run(['help', name])
    expect([code, err]).toEqual([0, ''])
    if (!ofTheMock.includes(name)) expectGolden(`help/topic-${name}`, out)
    for (const line of out.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
  })

  test('what the mock can be and do', async () => {
    const { out } = await run(['mock', '--help'])
    for (const [name, { summary }] of Object.entries(personalities)) {
      expect(out.replace(/\s+/g, ' ')).toContain(`${name} ${summary}`)
    }
    const all = (await run(['help', 'faults'])).out
    for (const [name, { summary, parameters, required }] of Object.entries(faultRows)) {
      expect(out).toMatch(new RegExp(`^  ${name}\\b`, 'm'))
      const own = all.split('\n\n').find((text) => text.startsWith(`${name}\n`))
      expect(own?.replace(/\s+/g, ' ')).toContain(summary)
      for (const key of Object.keys(parameters)) {
        expect(own).toContain(required.includes(key) ? `${key}=<` : `[${key}=<`)
      }
    }
    expect(out).toContain('bulkx mock --scenario')
    const played = (await run(['help', 'scenarios'])).out
    for (const { id, priority, server, variants = {} } of scenarios.values()) {
      const words = played.replace(/\s+/g, ' ')
      expect(words).toContain(`${id} ${priority} ${server}`)
      for (const name of Object.keys(variants)) expect(words).toContain(`${id}:${name}`)
    }
  })

  test('loads the mock only where somebody asks for what it can do', async () => {
    const cli = join(import.meta.dirname, '../../src/cli')
    const all = readdirSync(cli, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
    const eager = all.filter((file) =>
      /^import (?!type ).*\/mock\/[a-z]+\.js'/m.test(readFileSync(join(cli, file), 'utf8')),
    )
    expect(eager).toEqual([join('topics', 'mock.ts')])
    const loading = all.filter((file) =>
      /^import .*topics\/mock\.js'/m.test(readFileSync(join(cli, file), 'utf8')),
    )
    expect(loading).toEqual([])
  })

  test('every option of every command is in its help', async () => {
    for (const [name, { options }] of Object.entries(catalogue)) {
      const { out } = await run([...name.split(' '), '--help'])
      for (const option of options) expect(out, name).toMatch(new RegExp(`--${option}\\b`))
    }
  })
})

describe('usage errors end 2', () => {
  test.each([
    [[], /No command was given/, /bulkx export --help/],
    [['exprt'], /Unknown command exprt/, /did you mean export\?/],
    [['export', '--servr', 'x'], /Unknown option --servr/, /did you mean --server\?/],
    [['export', '--_typeFilter=x'], /Unknown option --_typeFilter/, /did you mean --type-filter\?/],
    [['export', '-out', 'x'], /Unknown option -out/, /did you mean --out\?/],
    [['export', '-server', 'x'], /Unknown option -server/, /did you mean --server\?/],
    [['export', '--once'], /Unknown option --once/, /--once is an option of `bulkx resume`/],
    [['--quiet', 'export'], /Unknown option --quiet before the command/, /`bulkx export --quiet`/],
    [['--server=x'], /Unknown option --server before the command/, /`bulkx <command> --server`/],
    [['profile', '--quiet'], /--quiet before the command/, /`bulkx profile <command> --quiet`/],
    [['export', '--method', 'pots', '--server', 'mock:'], /--method "pots" is not one of/, /--method post\?/],
    [['export', '--auth', 'backend', '--server', 'mock:'], /is not one of/, /--auth backend-services\?/],
    [['profile', 'set', 'a', '--unset', 'kidd'], /--unset "kidd" is no option/, /did you mean --unset kid\?/],
    [['help', 'exitcodes'], /no command or topic "exitcodes"/, /did you mean exit-codes\?/],
    [['help', 'profile', 'sett'], /no command or topic "profile sett"/, /did you mean profile set\?/],
    [['export', '--server'], /Option --server <url> argument missing/, /bulkx export --help/],
    [['export', 'a', 'b'], /Too many arguments/, /bulkx export --help/],
    [['cancel'], /Missing required argument/, /bulkx cancel --help/],
    [['export'], /No server was named/, /--server mock:/],
    [['export', '--server', 'ehr.example'], /--server "ehr.example" is not an http/, /--server https:/],
    [['export', '--poll-min', 'x', '--server', 'mock:'], /--poll-min "x" is not a duration/, /--poll-min 1s/],
    [['export', 'patient', '--server', 'mock:'], /The target "patient"/, /did you mean Patient\?/],
    [['export', '--since', 'latest', '--server', 'mock:'], /is not a date.*or last/, /--since 2026/],
    [['export', '--server', 'mock:nobody'], /no mock personality "nobody"/, /reference/],
    [['kickoff', '--server', 'mock:'], /would end with this command/, /bulkx export --server mock:/],
    [['resume'], /There is no job in/, /bulkx jobs/],
    [['resume', 'nowhere'], /There is no job in .*nowhere/, /does not exist/],
    [['resume', 'https://ehr.example/jobs/1'], /needs a directory/, /--out <dir>/],
    [['status', 'nowhere'], /There is no job in/, /bulkx jobs/],
    [['help', 'nonsense'], /no command or topic/, /environment/],
    [['profile'], /No profile command was given/, /bulkx profile --help/],
    [['auth', 'kegen'], /Unknown command kegen/, /did you mean keygen\?/],
    [['profile', 'show', 'a', 'b'], /Too many arguments/, /bulkx profile show --help/],
    [['mock', '--fault', 'nonsense'], /--fault: There is no fault/, /bulkx help faults/],
    [['mock', '--fault', 'trunkate:keepBytes=1'], /--fault: There is no fault/, /did you mean truncate\?/],
    [['mock', '--fault', 'truncate'], /needs keepBytes/, /write it like .*bulkx help faults/],
    [['mock', '--scenario', 'F-160'], /no scenario "F-160"/, /did you mean F-16\?.*bulkx help scenarios/],
    [['mock', '--personality', 'referense'], /no mock personality/, /did you mean reference\?/],
    [['mock', '--scenario', 'P-13:12.6'], /no scenario "P-13:12.6"/, /did you mean P-13:12.5\?/],
    [['help', 'preset'], /no command or topic "preset"/, /did you mean presets\?/],
    [['mock', '--patients', '3'], /--patients "3" is not a whole number/, /--patients 100/],
  ])('%j', async (argv, message, hint) => {
    const { code, out, err } = await run(argv)
    expect(code).toBe(2)
    expect(out).toBe('')
    const lines = err.trimEnd().split('\n')
    expect(lines.at(-2)).toMatch(/^error: .*[^.]$/)
    expect(lines.at(-2)).toMatch(message)
    expect(lines.at(-1)).toMatch(/^hint: /)
    expect(lines.at(-1)).toMatch(hint)
  })

  test('a profile that is mistyped', async () => {
    const env = { BULKX_CONFIG_DIR: temporaryDirectory() }
    for (const name of ['clinic', 'other'])
      await run(['profile', 'set', name, '--server', 'https://ehr.example'], { env })
    const { code, err } = await run(['export', '--profile', 'clinc'], { env })
    expect(code).toBe(2)
    expect(err).toContain(
      'hint: did you mean clinic? there are clinic, other; `bulkx profile list` shows them',
    )
  })

  test('a secret on the command line is not repeated, and the right way is named', async () => {
    const { code, err } = await run(['export', '--token=s3cret', '--server', 'mock:'])
    expect(code).toBe(2)
    expect(err).not.toContain('s3cret')
    expect(err).toContain('--token-file')
  })

  test.each([
    [['export', '--json', '--nonsense'], {}],
    [['export', '--nonsense'], { BULKX_JSON: '1' }],
    [['export', '--json'], {}],
    [['nonsense', '--json'], {}],
    [['jobs', '--json', 'too', 'many'], {}],
  ])('with --json the last line is the result: %j', async (argv, env) => {
    const { code, out, err } = await run(argv, { env })
    expect(code).toBe(2)
    expect(err).toMatch(/^error: /)
    expect(lastLine(out)).toMatchObject({
      type: 'result',
      at: '2026-01-01T00:00:00.000Z',
      exitCode: 2,
      code: 'BULKX_USAGE',
      message: expect.any(String),
      hint: expect.any(String),
    })
  })
})

test('colour is a garnish', async () => {
  const red = '\u001b[31m'
  expect((await run(['export'])).err).not.toContain('\u001b')
  expect((await run(['export', '--color', 'always'])).err).toContain(red)
  expect((await run(['export', '--color=always'])).err).toContain(red)
  expect((await run(['export'], { env: { FORCE_COLOR: '1' } })).err).toContain(red)
  expect((await run(['export'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })).err).not.toContain(red)
  expect((await run(['export'], { columns: 80 })).err).toContain(red)
  expect((await run(['export', '--color', 'never'], { columns: 80 })).err).not.toContain('\u001b')
  expect((await run(['export'], { columns: 80, env: { TERM: 'dumb' } })).err).not.toContain('\u001b')
})

describe('--dry-run and --print-config start nothing', () => {
  const token = { BULKX_TOKEN: 's3cret' }

  test('the exact request', async () => {
    const { code, out, err } = await run(
      [
        ...['export', 'Group/123', '--server', 'https://ehr.example/fhir', '--type', 'Patient,Observation'],
        ...[
          '--type-filter',
          'Observation?code=a,b',
          '--since',
          '2026-01-01T00:00:00+01:00',
          '--header',
          'X-Tenant: 42',
        ],
        '--dry-run',
      ],
      { env: token },
    )
    expect([code, err]).toEqual([0, ''])
    expectGolden('dry-run-get', out)
  })

  test('a POST has a body', async () => {
    const argv = [
      'export',
      'Patient',
      '--server',
      'mock:',
      '--patient',
      '1,2',
      '--param',
      'a:code=b',
      '--dry-run',
    ]
    const { code, out } = await run(argv)
    expect(code).toBe(0)
    expectGolden('dry-run-post', out)
  })

  test('with --json it is in the result', async () => {
    const { out } = await run([
      'export',
      '--server',
      'mock:',
      '--patient',
      'p1',
      '--method',
      'get',
      '--dry-run',
      '--json',
    ])
    expect(out.trimEnd().split('\n')).toHaveLength(1)
    expect(lastLine(out)).toMatchObject({ type: 'result', exitCode: 0, request: { method: 'GET' } })
    expect(out).not.toContain('p1')
  })

  test('settings with their sources', async () => {
    const argv = [
      'export',
      '--server',
      'https://ehr.example/fhir',
      '--parallel',
      '3',
      '--print-config',
      '-o',
      '/out',
    ]
    const { code, out, err } = await run(argv, { env: { ...token, BULKX_GZIP: '1' } })
    expect([code, err]).toEqual([0, ''])
    expectGolden('print-config', out)
  })
})

describe('start-up', () => {
  const src = join(import.meta.dirname, '../../src')

  /** Modules that are loaded before anything is imported on demand. */
  const loadedBy = (entry: string): Set<string> => {
    const seen = new Set<string>()
    const visit = (file: string): void => {
      if (seen.has(file)) return
      seen.add(file)
      if (!file.endsWith('.ts')) return
      const text = readFileSync(join(src, file), 'utf8')
      for (const [, names = '', to = ''] of text.matchAll(
        /^(?:import|export)\s([^'";]*?)\sfrom '([^']+)'/gm,
      )) {
        const listed = /^\{(.*)\}$/s
          .exec(names.trim())?.[1]
          ?.split(',')
          .map((name) => name.trim())
        if (names.startsWith('type ') || listed?.every((name) => name === '' || name.startsWith('type ')))
          continue
        visit(to.startsWith('.') ? join(dirname(file), to).replace(/\.js$/, '.ts') : to)
      }
    }
    visit(entry)
    return seen
  }

  test('the help needs neither engine nor mock nor anything that draws', () => {
    const packages = [...loadedBy('cli/program.ts')].filter(
      (name) => !name.endsWith('.ts') && !name.startsWith('node:'),
    )
    expect(packages).toEqual([])
    const layers = new Set([...loadedBy('cli/program.ts')].map((name) => dirname(name).split('/')[0]))
    expect(layers).not.toContain('mock')
    expect(layers).not.toContain('job')
    expect(layers).not.toContain('http')
  })
})
