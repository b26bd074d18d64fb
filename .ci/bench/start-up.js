// How long a command takes that does next to nothing.
import { judged, ratioOf, summary } from './figures.js'
import { measured } from './process.js'

const commands = [
  { name: 'node -e 0', words: () => ['-e', '0'] },
  { name: '--version', words: (program) => [program, '--version'], target: 1.15 },
  { name: '--help', words: (program) => [program, '--help'], target: 1.6, stretch: 1.3 },
]

export const startUp = async ({ folder, rounds, program }) => {
  const results = commands.map(() => [])
  // These are short, and chance weighs more.
  const times = rounds * 5
  for (let round = 0; round <= times; round += 1) {
    for (let turn = 0; turn < commands.length; turn += 1) {
      const position = (turn + round) % commands.length
      const argv = [process.execPath, ...commands[position].words(program)]
      const figures = await measured(argv, { folder })
      if (round > 0) results[position].push(figures)
    }
  }
  const [bare] = results
  return {
    what: `${times} rounds`,
    clients: commands.map(({ name }, position) => summary(name, results[position])),
    figures: commands
      .map(({ name, target, stretch }, position) =>
        judged({ what: `${name}, to node -e 0`, value: ratioOf(results[position], bare), target, stretch }),
      )
      .slice(1),
  }
}
