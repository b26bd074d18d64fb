/** The exit codes in words: help and its topic read them here. */
import type { CommandRow } from './command-row.js'
import { entries, wrap } from './wrap.js'

export interface ExitStatus {
  codes: readonly number[]
  meaning: string
  action: string
  /** What else is to be known. */
  more?: string
}

export const exitStatus: readonly ExitStatus[] = [
  { codes: [0], meaning: 'complete: every file on disk, verified, nothing to report', action: '' },
  { codes: [1], meaning: 'a defect of bulkx', action: 'report it; the stack is printed' },
  {
    codes: [2],
    meaning: 'wrong usage or configuration; nothing was started',
    action: 'correct and repeat',
  },
  { codes: [3], meaning: 'authentication or authorisation failed', action: 'see the hint' },
  {
    codes: [4],
    meaning: "the kick-off was refused, its answer was no bulk export's, or its answer was lost",
    action: 'see the hint',
  },
  {
    codes: [5],
    meaning: "the job failed on the server, or a later answer was no bulk export's",
    action: "see the server's words",
  },
  {
    codes: [6],
    meaning: 'the job is gone: expired, cancelled or unknown',
    action: 'start a new one',
  },
  {
    codes: [7],
    meaning: 'incomplete: a listed file could not be had whole; it is not under its name, no manifest.json',
    action: '`bulkx resume`',
  },
  {
    codes: [8],
    meaning: 'a local problem: disk full, no permission, unwritable target',
    action: 'make room, `bulkx resume`',
  },
  {
    codes: [9],
    meaning: 'not finished: still running, deadline reached, or the server cannot be reached',
    action: 'run the same command, or `bulkx resume`, later',
  },
  {
    codes: [10],
    meaning: 'all on disk and whole, but look at it: findings at or above --fail-on',
    action: 'read the findings; `bulkx resume --fail-on never` accepts them',
    more: 'The job is deleted on the server as after 0, unless --cleanup never. After `bulkx verify`: something is not as it was stored, and each problem says what mends it',
  },
  { codes: [11], meaning: 'another process works in this directory', action: 'wait, or let it' },
  {
    codes: [129, 130, 143],
    meaning: 'ended by SIGHUP, Ctrl-C, SIGTERM; the job goes on at the server',
    action: '`bulkx resume` or `bulkx cancel`',
  },
]

const short: Record<number, string> = {
  0: 'done',
  1: 'a defect of bulkx',
  2: 'wrong usage or configuration',
  3: 'authentication failed',
  4: 'the kick-off was refused, or its answer was lost',
  5: 'the job failed on the server',
  6: 'the job is gone',
  7: 'incomplete: a file could not be had whole',
  8: 'a local problem: disk full, no permission',
  9: 'not finished yet',
  10: 'all on disk, but there are findings',
  11: 'another process works in this directory',
  129: 'ended by SIGHUP',
  130: 'ended by Ctrl-C',
  143: 'ended by SIGTERM',
}

const signalCodes = [129, 130, 143] as const

/** All that a command can end with, by its row: a defect may be anywhere, and what Ctrl-C ends, other signals end as well. */
export const endingsOf = ({ exitCodes }: Pick<CommandRow, 'exitCodes'>): number[] => {
  const bySignal = exitCodes.some((code) => code === 130) ? signalCodes : []
  return [...new Set([1, ...exitCodes, ...bySignal])].sort((a, b) => a - b)
}

/** The exit status of a command in a few words each, as they stand in its help. */
export const exitStatusEntries = ({
  exitCodes,
  rewordedCodes: reworded = {},
}: Pick<CommandRow, 'exitCodes' | 'rewordedCodes'>): (readonly [string, string])[] =>
  endingsOf({ exitCodes }).map(
    (code) => [String(code).padStart(3), reworded[code] ?? short[code] ?? ''] as const,
  )

export const exitCodesEnd =
  'Other codes must be read as failure; new ones may come. Exit 0 or 10 means that what the server listed is on disk, whole.'

/** `bulkx help exit-codes`. */
export const exitCodesTopic = (width: number): string =>
  [
    ...entries(
      exitStatus.map(({ codes, meaning, action, more }) => [
        codes.join(', '),
        [meaning, ...(action === '' ? [] : [`What to do: ${action}`]), ...(more ? [more] : [])].join('. '),
      ]),
      width,
    ),
    '',
    wrap(exitCodesEnd, 0, width),
  ].join('\n')
