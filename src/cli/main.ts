/** argv in, a number out: runs the command, explains its error, writes its result. */

import { version } from '../version.js'
import type { Explanation } from './explain.js'
import type { Ending } from './invocation.js'
import type { Io } from './io.js'
import { runProgram } from './program.js'

export { createIo } from './io.js'

const beforeOperands = (argv: readonly string[]): readonly string[] =>
  argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv

/** Known before anything is parsed, for an error of the parser ends with a result too. */
const wantsJson = (argv: readonly string[], io: Io): boolean =>
  beforeOperands(argv).includes('--json') || /^(1|true|yes|on)$/i.test(io.env.BULKX_JSON ?? '')

const colorChoice = (argv: readonly string[], io: Io): 'auto' | 'always' | 'never' => {
  const words = beforeOperands(argv)
  const joined = words.findLast((word) => word.startsWith('--color='))?.slice('--color='.length)
  const apart = words.includes('--color') ? words[words.lastIndexOf('--color') + 1] : undefined
  const choice = joined ?? apart ?? io.env.BULKX_COLOR
  return choice === 'always' || choice === 'never' ? choice : 'auto'
}

const resultLine = (
  command: string | undefined,
  ending: Ending,
  end: Explanation | undefined,
  io: Io,
): string => {
  const { phase, exitCode: _exitCode, ...fields } = ending.result ?? {}
  return JSON.stringify({
    type: 'result',
    at: new Date(io.clock.now()).toISOString(),
    command,
    phase,
    exitCode: end?.exitCode ?? 0,
    ...(end ? { code: end.code, message: end.message, hint: end.hint, items: end.items } : {}),
    ...fields,
  })
}

/** `bulkx 0.1.0 (node v20.20.2, linux-x64)`: what belongs into a report of a problem. bin/ says the same by itself. */
const sayVersion = (argv: readonly string[], io: Io): number => {
  const { node, platform } = io.runtime
  const ending = { result: { version, node, platform } }
  const text = wantsJson(argv, io)
    ? resultLine('version', ending, undefined, io)
    : `bulkx ${version} (node ${node}, ${platform})`
  io.stdout.write(`${text}\n`)
  return 0
}

/** For the shells: never a word more, whatever goes wrong. */
const sayCandidates = async (words: readonly string[], io: Io): Promise<number> => {
  const { complete, completionText } = await import('./completion/complete.js')
  io.stdout.write(completionText(await complete(words, io)))
  return 0
}

/**
 * Runs `bulkx` with the arguments after its name, and resolves to the exit code. Never rejects. With `--json`
 * the last line on stdout is the `result`, whatever happened.
 */
export const main = async (argv: readonly string[], io: Io): Promise<number> => {
  if (argv[0] === '--version' || argv[0] === '-V') return sayVersion(argv, io)
  if (argv[0] === '__complete') return sayCandidates(argv.slice(1), io)
  const { command, ending } = await runProgram(argv, io)
  const end = await explainEnding(ending, argv, io)
  const isTalk = argv.length === 0 || beforeOperands(argv).some((word) => word === '-h' || word === '--help')
  if (wantsJson(argv, io) && !isTalk) io.stdout.write(`${resultLine(command, ending, end, io)}\n`)
  return end?.exitCode ?? 0
}

const explainEnding = async (
  { error }: Ending,
  argv: readonly string[],
  io: Io,
): Promise<Explanation | undefined> => {
  if (error === undefined) return undefined
  const [{ explain, explanationLines }, { createPaint }] = await Promise.all([
    import('./explain.js'),
    import('./color.js'),
  ])
  const explanation = explain(error)
  const paint = await createPaint(colorChoice(argv, io), io)
  for (const line of explanationLines(explanation, paint)) io.stderr.write(`${line}\n`)
  io.atSecondSignal(undefined)
  return explanation
}
