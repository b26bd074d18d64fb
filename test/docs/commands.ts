/**
 * What a block of commands says beside its commands, for readers and for the test alike:
 *
 *     bulkx mock --port 8080 &                        a server that the next command finds listening
 *     bulkx verify out             # exits with 10
 *     bulkx export -o out          # Ctrl-C at "in progress", exits with 130
 */

export type Command =
  | { kind: 'plain'; text: string }
  | { kind: 'ending'; text: string; code: number }
  | { kind: 'interrupted'; text: string; at: string; code: number }
  | { kind: 'server'; text: string; port: string }

const DEFAULT_PORT = '8080'

/** Lines, with those that a backslash continues as one. */
const logicalLines = (text: string): string[] => text.match(/(?:[^\n]*\\\n)*[^\n]*\n/g) ?? []

const commandOf = (line: string): Command => {
  const [, text = '', at, code] = /^(.*?)\s+# (?:Ctrl-C at "([^"]+)", )?exits with (\d+)\n$/s.exec(line) ?? []
  if (at !== undefined) return { kind: 'interrupted', text, at, code: Number(code) }
  if (code !== undefined) return { kind: 'ending', text, code: Number(code) }
  const [, server] = /^(bulkx mock\b.*?) &(?:\s+#.*)?\n$/s.exec(line) ?? []
  if (server === undefined) return { kind: 'plain', text: line }
  const [, port = DEFAULT_PORT] = / --port (\d+)/.exec(server) ?? []
  return { kind: 'server', text: `${server.replace(/ --port \d+/, '')} --port 0`, port }
}

/** The commands of a block, in order; neighbours of which nothing is said are one. */
export const commandsOf = (block: string): Command[] => {
  const commands: Command[] = []
  for (const line of logicalLines(block)) {
    const command = commandOf(line)
    const last = commands.at(-1)
    if (command.kind === 'plain' && last?.kind === 'plain') last.text += command.text
    else commands.push(command)
  }
  return commands
}
