/** `bulkx completion`, as the help knows it. */
import type { CommandRow } from '../command-row.js'

export const completionCommands: Readonly<Record<string, CommandRow>> = {
  completion: {
    section: 'setup',
    summary: 'Print what makes a shell complete commands, options and names.',
    args: [{ name: '<shell>', help: 'bash, zsh, or fish', completes: 'shell' }],
    options: ['json', 'quiet', 'color'],
    examples: [
      'bulkx completion bash > ~/.local/share/bash-completion/completions/bulkx',
      'bulkx completion zsh > ~/.zfunc/_bulkx',
      'bulkx completion fish > ~/.config/fish/completions/bulkx.fish',
    ],
    exitCodes: [0, 2],
    moreHelp: async (width) => (await import('../completion/install.js')).installWords(width),
    load: async () => (await import('../commands/completion.js')).run,
  },
}
