/** Completion in the shells themselves, by the scripts that `bulkx completion` prints. */
import { execFile } from 'node:child_process'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { lacks } from '../helpers/tools.js'
import { run } from './child.js'
import { newPlace, type Place } from './place.js'

const program = join(import.meta.dirname, '../../bin/bulkx.js')
const execute = promisify(execFile)
/** Far above what any of them takes. */
const hungMs = 200_000

interface Scene extends AsyncDisposable {
  root: string
  script: string
  /** What a program says on stdout, in a directory with folders, files and `bulkx` on the path. */
  say(command: string, args: readonly string[]): Promise<string>
}

const newScene = async (shell: 'bash' | 'zsh' | 'fish', name: string): Promise<Scene> => {
  const place: Place = await newPlace()
  const { root } = place
  await mkdir(join(root, 'bin'))
  await symlink(program, join(root, 'bin/bulkx'))
  await mkdir(join(root, 'out dir'))
  await writeFile(join(root, 'key.pem'), '')
  await mkdir(join(root, 'config/bulkx'), { recursive: true })
  await writeFile(join(root, 'config/bulkx/profiles.json'), '{"profiles":{"clinic":{},"$(touch pwned)":{}}}')
  const { code, stdout, stderr } = await run(place, ['completion', shell])
  expect([code, stderr]).toEqual([0, ''])
  const script = join(root, name)
  await mkdir(join(script, '..'), { recursive: true })
  await writeFile(script, stdout)
  const env = {
    PATH: `${join(root, 'bin')}:${process.env.PATH}`,
    HOME: root,
    XDG_CONFIG_HOME: join(root, 'config'),
    TERM: 'dumb',
    LC_ALL: 'C.UTF-8',
  }
  return {
    root,
    script,
    say: async (command, args) => {
      const { stdout } = await execute(command, [...args], { cwd: root, env, timeout: hungMs })
      return stdout
    },
    [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
  }
}

describe.skipIf(lacks('bash', 'shellcheck'))('bash', () => {
  /** As readline does: words broken at = and :, the cursor at the end of the line. */
  const harness = `
    set -u -o noclobber -o posix
    shopt -s nullglob failglob
    IFS=,
    source "$1"
    shift
    compopt() { printf 'compopt %s\\n' "$*"; }
    COMP_LINE=$1 COMP_POINT=\${#1} COMP_TYPE=9 COMP_KEY=9
    shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    COMPREPLY=()
    _bulkx "$1" "\${COMP_WORDS[COMP_CWORD]}" ''
    ((\${#COMPREPLY[@]} == 0)) || printf '%s\\n' "\${COMPREPLY[@]}"
  `

  const rows: [line: string, words: string[], said: string[]][] = [
    ['bulkx exp', ['bulkx', 'exp'], ['export']],
    ['bulkx export --cleanup=on', ['bulkx', 'export', '--cleanup', '=', 'on'], ['on-success']],
    ['bulkx export --cleanup=', ['bulkx', 'export', '--cleanup', '='], ['on-success', 'never']],
    ['bulkx export --server mock:orac', ['bulkx', 'export', '--server', 'mock', ':', 'orac'], ['oracle']],
    [
      'bulkx export --server=mock:orac',
      ['bulkx', 'export', '--server', '=', 'mock', ':', 'orac'],
      ['oracle'],
    ],
    ['bulkx export --server ', ['bulkx', 'export', '--server', ''], ['compopt -o nospace', 'mock:']],
    [
      'bulkx export --type Patient,Encou',
      ['bulkx', 'export', '--type', 'Patient,Encou'],
      ['compopt -o nospace', 'Patient,Encounter'],
    ],
    ['bulkx export  --profile  ', ['bulkx', 'export', '--profile', ''], ['clinic', 'none']],
    ['bulkx export --profile "cl', ['bulkx', 'export', '--profile', '"cl'], ['clinic']],
    ['bulkx resume ', ['bulkx', 'resume', ''], ['compopt -o dirnames -o filenames']],
    ['bulkx auth jwks k', ['bulkx', 'auth', 'jwks', 'k'], ['compopt -o default']],
    ['bulkx export --poll-min ', ['bulkx', 'export', '--poll-min', ''], []],
    ['~/bin/bulkx exp', ['~/bin/bulkx', 'exp'], ['export']],
    ['./bin/bulkx exp', ['./bin/bulkx', 'exp'], ['export']],
    ['./gone/bulkx exp', ['./gone/bulkx', 'exp'], ['export']],
  ]

  test('completes with its options set as strictly as they can be, and runs nothing of what it reads', async () => {
    await using scene = await newScene('bash', 'bulkx.bash')
    for (const [line, words, said] of rows) {
      const args = ['--noprofile', '--norc', '-c', harness, 'bash', scene.script, line, ...words]
      const order = (await scene.say('bash', args)).split('\n').filter(Boolean)
      expect.soft(order.sort(), line).toEqual([...said].sort())
    }
    await expect(readFile(join(scene.root, 'pwned'))).rejects.toThrow('ENOENT')
  })

  test('the script has no fault that shellcheck knows', async () => {
    await using scene = await newScene('bash', 'bulkx.bash')
    expect(await scene.say('shellcheck', ['--shell=bash', scene.script])).toBe('')
  })
})

describe.skipIf(lacks('zsh'))('zsh', () => {
  /**
   * Types each line and a tab into a shell at a terminal of its own; what is then on the line is written down. Nothing is
   * typed before the shell reads keys, and no key means anything to the terminal itself.
   */
  const driver = `
    zmodload zsh/zpty || exit 9
    zpty shell 'zsh -f -i'
    zpty -w shell "source \${(q)1}"
    zpty -r shell said '*READY*'
    shift
    for line; do zpty -w -n shell "$line"$'\\t\\C-t'; done
    zpty -w -n shell $'\\C-g'
    while zpty -r shell said; do :; done
  `

  const setUp = (load: string): string => `
    autoload -Uz compinit
    ${load}
    LISTMAX=10000
    dump() { print -r -- "$BUFFER" >>| said; BUFFER='' }
    leave() { exit 0 }
    zle -N dump
    zle -N leave
    bindkey -e
    bindkey '^I' complete-word
    bindkey '^T' dump
    bindkey '^G' leave
    zle-line-init() { print -rn -- 'RE''ADY' }
    zle -N zle-line-init
    setopt nounset noclobber ksharrays shwordsplit
  `

  const rows: [typed: string, completed: string][] = [
    ['bulkx exp', 'bulkx export '],
    ['bulkx export --cleanup=on', 'bulkx export --cleanup=on-success '],
    ['bulkx export --server mock:orac', 'bulkx export --server mock:oracle '],
    ['bulkx export --server ', 'bulkx export --server mock:'],
    ['bulkx export --type Patient,Encou', 'bulkx export --type Patient,Encounter,'],
    ['bulkx export --profile cl', 'bulkx export --profile clinic '],
    ['bulkx resume ou', 'bulkx resume out\\ dir/'],
    ['bulkx export --out=ou', 'bulkx export --out=out\\ dir/'],
    ['bulkx auth jwks k', 'bulkx auth jwks key.pem '],
    ['~/bin/bulkx exp', '~/bin/bulkx export '],
    ['bulkx export --poll-min ', 'bulkx export --poll-min '],
  ]

  test.each([
    ['as an autoloaded function', 'functions/_bulkx', 'fpath=($PWD/functions $fpath); compinit -u -D'],
    ['when it is read', 'bulkx.zsh', 'compinit -u -D; source $PWD/bulkx.zsh'],
  ])('completes at a terminal, %s', async (_, name, load) => {
    await using scene = await newScene('zsh', name)
    await writeFile(join(scene.root, 'setup'), setUp(load))
    await scene.say('zsh', ['-f', '-c', driver, 'zsh', './setup', ...rows.map(([typed]) => typed)])
    const said = await readFile(join(scene.root, 'said'), 'utf8')
    expect(said.split('\n')).toEqual([...rows.map(([, completed]) => completed), ''])
  })
})

describe.skipIf(lacks('fish'))('fish', () => {
  const rows: [line: string, said: string[]][] = [
    ['bulkx exp', ['export']],
    ['bulkx export --cleanup=on', ['--cleanup=on-success']],
    ['bulkx export --server mock:orac', ['mock:oracle']],
    ['bulkx export --type Patient,Encou', ['Patient,Encounter']],
    ['bulkx export --profile ', ['clinic', 'none']],
    ['bulkx resume ', ['bin/', 'config/', 'out dir/']],
    ['bulkx export --out=ou', ['--out=out dir/']],
    ['bulkx auth jwks k', ['key.pem']],
    ['bulkx export --poll-min ', []],
    ['~/bin/bulkx exp', ['export']],
    ['./bin/bulkx exp', ['export']],
  ]

  test('completes', async () => {
    await using scene = await newScene('fish', 'config/fish/completions/bulkx.fish')
    for (const [line, said] of rows) {
      const out = await scene.say('fish', ['-c', 'complete -C $argv[1]', line])
      const values = out.split('\n').map((each) => each.split('\t')[0])
      expect.soft(values.filter(Boolean).sort(), line).toEqual([...said].sort())
    }
  })
})
