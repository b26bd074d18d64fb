/** How the completion is made to stay: what `bulkx completion --help` says of each shell. */
import { paragraph, wrap } from '../wrap.js'

interface Way {
  who: string
  /** To paste: never broken. */
  commands: readonly string[]
}

export const ways: readonly Way[] = [
  {
    who: 'bash, for yourself, with the package bash-completion',
    commands: [
      'mkdir -p ~/.local/share/bash-completion/completions',
      'bulkx completion bash > ~/.local/share/bash-completion/completions/bulkx',
    ],
  },
  {
    who: 'bash, for yourself, without that package: a line in ~/.bashrc',
    commands: ['source <(bulkx completion bash)'],
  },
  {
    who: 'bash, for everybody',
    commands: ['bulkx completion bash > /usr/share/bash-completion/completions/bulkx'],
  },
  {
    who: 'zsh, for yourself; in ~/.zshrc, fpath=(~/.zfunc $fpath) stands before compinit',
    commands: ['mkdir -p ~/.zfunc', 'bulkx completion zsh > ~/.zfunc/_bulkx'],
  },
  {
    who: 'zsh, for everybody',
    commands: ['bulkx completion zsh > /usr/local/share/zsh/site-functions/_bulkx'],
  },
  {
    who: 'fish, for yourself',
    commands: [
      'mkdir -p ~/.config/fish/completions',
      'bulkx completion fish > ~/.config/fish/completions/bulkx.fish',
    ],
  },
  {
    who: 'fish, for everybody',
    commands: ['bulkx completion fish > /usr/share/fish/vendor_completions.d/bulkx.fish'],
  },
]

const end = 'The script asks bulkx itself: it need not be made anew with each version.'

export const installWords = (width: number): string =>
  [
    'To keep it:',
    ...ways.flatMap(({ who, commands }) => [
      paragraph(who, 2, width),
      ...commands.map((command) => `    ${command}`),
    ]),
    '',
    wrap(end, 0, width),
  ].join('\n')
