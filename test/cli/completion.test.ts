/** What is offered where the cursor is; the shells themselves are tried in test/process/completion.test.ts. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { catalogue } from '../../src/cli/catalogue.js'
import { complete, completionText } from '../../src/cli/completion/complete.js'
import { main } from '../../src/cli/main.js'
import { personalities } from '../../src/mock/index.js'
import { presets } from '../../src/presets.js'
import { fakeIo, temporaryDirectory } from './fake-io.js'

/** `|` is the cursor; what stands before it is the word that is completed. */
const offered = async (line: string, env: Record<string, string> = {}) => {
  const words = line.replace(/\|$/, '').split(' ')
  const { candidates, manner } = await complete(words, fakeIo({ env }))
  return { manner, values: candidates.map(({ value }) => value) }
}

test.each([
  ['exp|', ['export'], 'values'],
  ['--v|', ['--version'], 'values'],
  ['export --cl|', ['--client-id', '--client-secret-file', '--cleanup'], 'values'],
  ['export --cleanup |', ['on-success', 'never'], 'values'],
  ['export --cleanup=on|', ['--cleanup=on-success'], 'values'],
  ['export --auth cl|', ['client-secret-basic', 'client-secret-post'], 'values'],
  ['export --method post|', ['post', 'post-query'], 'values'],
  ['export --server m|', expect.arrayContaining(['mock:', 'mock:oracle']), 'values'],
  ['export --server mock:orac|', ['mock:oracle'], 'values'],
  ['export --server |', ['mock:'], 'open'],
  ['export --server https|', [], 'values'],
  ['export --type Immunization,Pat|', ['Immunization,Patient'], 'list'],
  ['export --type Patient,Pat|', [], 'list'],
  ['export --type=Patient,Encou|', ['--type=Patient,Encounter'], 'list'],
  ['export --organize-output-by Pati|', ['Patient'], 'values'],
  ['export |', ['system', 'Patient', 'Group/'], 'values'],
  ['export Grou|', ['Group/', 'Group'], 'values'],
  ['export Group/1|', [], 'values'],
  ['export Patient --out |', [], 'directories'],
  ['export -o |', [], 'directories'],
  ['export --key=k|', [], 'files'],
  ['export --poll-min |', [], 'values'],
  ['export -- --js|', [], 'values'],
  ['export --profil|', ['--profile'], 'values'],
  ['export --dry-run --dr|', [], 'values'],
  ['export --param a=b --par|', ['--param', '--parallel'], 'values'],
  ['status |', [], 'directories'],
  ['jobs |', ['--prune', '--json', '--quiet', '--color', '--help'], 'values'],
  ['mock --fault trunc|', ['truncateGzip:', 'truncate:', 'truncateLying:'], 'values'],
  ['mock --fault loseK|', ['loseKickOffAnswer:'], 'open'],
  ['mock --scenario F-16|', ['F-16'], 'values'],
  ['auth k|', ['keygen'], 'values'],
  ['auth keygen --alg RS3|', ['RS384'], 'values'],
  ['auth jwks |', [], 'files'],
  ['profile set x --unset ki|', ['kid'], 'list'],
  ['help exi|', ['exit-codes'], 'values'],
  ['help profile us|', ['use'], 'values'],
  ['help json |', [], 'values'],
  ['help presets orac|', ['oracle'], 'values'],
  ['export --since l|', ['last'], 'values'],
  ['export --since 2|', [], 'values'],
  ['completion |', ['bash', 'zsh', 'fish'], 'values'],
  ['nonsense |', [], 'values'],
  ['profile nonsense |', [], 'values'],
])('%s', async (line, values, manner) => {
  expect(await offered(line)).toEqual({ manner, values })
})

test('every option of every command, once, but for those that are there', async () => {
  for (const [name, { options }] of Object.entries(catalogue)) {
    const { values } = await offered(`${name} -|`)
    expect([...values].sort(), name).toEqual([...options.map((option) => `--${option}`), '--help'].sort())
  }
})

test('presets and personalities are those that there are', async () => {
  expect((await offered('export --preset |')).values).toEqual([...Object.keys(presets), 'none'])
  expect((await offered('mock --personality |')).values).toEqual(Object.keys(personalities))
})

describe('profiles', () => {
  const configured = (profiles: string): Record<string, string> => {
    const directory = temporaryDirectory()
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, 'profiles.json'), profiles)
    return { BULKX_CONFIG_DIR: directory }
  }

  test('by their names, where those are fit for a shell', async () => {
    const hostile = { 'clinic-b': {}, clinic: {}, '$(reboot)': {}, 'a b': {}, '`x`': {}, 'a\tb\nc': {} }
    const env = configured(JSON.stringify({ profiles: hostile }))
    expect((await offered('export --profile |', env)).values).toEqual(['clinic', 'clinic-b', 'none'])
    expect((await offered('profile show clinic-|', env)).values).toEqual(['clinic-b'])
  })

  test('none of a file that is broken', async () => {
    expect((await offered('export --profile |', configured('{'))).values).toEqual(['none'])
  })
})

test('is asked for by a hidden word, which says nothing else', async () => {
  const io = fakeIo({ env: { BULKX_JSON: '1' } })
  expect(await main(['__complete', 'export', '--dep'], io)).toBe(0)
  expect([io.out(), io.err()]).toEqual([':values\n', ''])
  const line = completionText(await complete(['export', '--since'], io)).split('\n')[0] ?? ''
  expect(line).toMatch(/^--since\tonly what changed since .*…$/)
  expect(line.length).toBeLessThan(90)
})
