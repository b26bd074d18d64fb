/** `bulkx help errors`: what each code of an error means, and what to do. */
import { type ErrorCode, exitCodes } from '../../errors.js'
import { paragraph, wrap } from '../wrap.js'

export interface ErrorWords {
  meaning: string
  action: string
}

export const errorWords = {
  BULKX_DEFECT: { meaning: 'bulkx itself is wrong', action: 'report it, with the stack that is printed' },
  BULKX_USAGE: {
    meaning: 'an argument or option is wrong; nothing was started',
    action: 'correct it: the hint shows how it is written, or the name that was probably meant',
  },
  BULKX_CONFIG: {
    meaning: 'a profile, or a file that an option names, is missing or cannot be used; nothing was started',
    action: 'mend the file that is named; --print-config says where each setting comes from',
  },
  BULKX_OTHER_JOB: {
    meaning: 'the directory holds the job of another server, target or question',
    action: 'another -o; --again to move it aside; `bulkx resume` to go on with what is there',
  },
  BULKX_FINISHED: {
    meaning: 'the directory holds a finished export',
    action: '--again to move it aside and start anew, another -o, or `bulkx sync` for what has changed',
  },
  BULKX_NO_JOB: {
    meaning: 'there is no export where one was looked for',
    action: '`bulkx jobs` lists where your jobs are',
  },
  BULKX_UNAUTHORIZED: {
    meaning: 'the server does not let this client in, or not to this',
    action: '`bulkx doctor` with the same options; `bulkx auth token` shows what is granted',
  },
  BULKX_TOKEN: {
    meaning: 'no access token: refused by the token endpoint, or not printed by --token-command',
    action: '`bulkx doctor` says which of client id, key, audience, algorithm or clock is wrong',
  },
  BULKX_DISCOVERY: {
    meaning: 'the token endpoint could not be found out from the server',
    action: '--token-url names it; check --server',
  },
  BULKX_KICK_OFF_REFUSED: {
    meaning: 'the server did not take the request; no job was started',
    action: "the server's words say what it does not take; --dry-run shows the request",
  },
  BULKX_KICK_OFF_UNDECIDED: {
    meaning: 'the kick-off was sent, and its answer was lost: a job may run at the server',
    action: '`bulkx resume <status-url> -o <dir>` where its URL is known; else --again sends another one',
  },
  BULKX_SERVER_BUSY: {
    meaning: 'the server runs another export, or has had too many requests (409, 429)',
    action: 'later again; `bulkx resume` or `bulkx cancel` for the job that is in the way',
  },
  BULKX_NOT_BULK_DATA: {
    meaning: "the answer to the kick-off is no bulk export's",
    action: 'check --server and target; `bulkx doctor` looks for the right base URL',
  },
  BULKX_EXPORT_FAILED: {
    meaning: 'the job failed on the server',
    action: "the server's words say why; --again starts a new one",
  },
  BULKX_BAD_ANSWER: {
    meaning: 'a status or manifest is nothing that can be understood',
    action: '`bulkx resume` asks again; with -v each request is a line',
  },
  BULKX_JOB_GONE: {
    meaning: 'the server does not know the job any more: expired, deleted, or another server',
    action: 'start a new one with --again',
  },
  BULKX_JOB_CANCELLED: { meaning: 'the job was cancelled', action: 'start a new one with --again' },
  BULKX_MOCK_ENDED: {
    meaning: 'the job was one of `mock:`, whose server ended with its process',
    action: '`bulkx mock` runs one that stays; --again starts a new job',
  },
  BULKX_FILES_FAILED: {
    meaning: 'listed files could not be had whole; the others are on disk',
    action: '`bulkx resume` fetches what is missing',
  },
  BULKX_DISK_FULL: { meaning: 'the disk, or the quota, is full', action: 'make room, then `bulkx resume`' },
  BULKX_STORAGE: {
    meaning: 'the disk cannot be read or written where it has to be',
    action: 'mend path or permissions, then `bulkx resume`',
  },
  BULKX_STILL_RUNNING: {
    meaning: 'the server still works, or files are still to be fetched: no error',
    action: '`bulkx resume`, later',
  },
  BULKX_DEADLINE: {
    meaning: 'the --deadline of this job has passed',
    action: '`bulkx resume --deadline` with more time, or `bulkx cancel`',
  },
  BULKX_UNREACHABLE: {
    meaning: 'the server could not be reached, for as long as --patience allows',
    action: 'the same command again, later; `bulkx doctor` looks at proxy, DNS and TLS',
  },
  BULKX_FINDINGS: {
    meaning: 'all is on disk and whole, with findings at or above --fail-on',
    action: 'read them; `bulkx resume --fail-on never` accepts them',
  },
  BULKX_DIFFERS: {
    meaning: '`bulkx verify` found what is not as it was stored',
    action: 'each problem says what mends it',
  },
  BULKX_JOB_LOCKED: {
    meaning: 'another process works in the directory',
    action: 'wait, or let it; `bulkx sync --wait-for-lock 10m` waits by itself',
  },
  BULKX_HANGUP: { meaning: 'ended by SIGHUP; the job goes on at the server', action: '`bulkx resume`' },
  BULKX_INTERRUPTED: {
    meaning: 'ended by Ctrl-C; the job goes on at the server',
    action: '`bulkx resume`, or `bulkx cancel`',
  },
  BULKX_TERMINATED: { meaning: 'ended by SIGTERM; the job goes on at the server', action: '`bulkx resume`' },
} as const satisfies Record<ErrorCode, ErrorWords>

export const errorsIntro =
  'The "code" of a result that failed, and the exit code that comes of it. Codes are stable: scripts may compare them. New ones may come.'

/** Every code, in the order of the exit codes. */
export const errorRows = (): { code: string; exit: number; meaning: string; action: string }[] =>
  Object.entries(exitCodes).map(([code, exit]) => ({ code, exit, ...errorWords[code as ErrorCode] }))

export const errorsTopic = (width: number): string =>
  [
    wrap(errorsIntro, 0, width),
    ...errorRows().map(({ code, exit, meaning, action }) =>
      [
        `${code} (exit ${exit})`,
        paragraph(meaning, 2, width),
        paragraph(`what to do: ${action}`, 2, width),
      ].join('\n'),
    ),
  ].join('\n\n')
