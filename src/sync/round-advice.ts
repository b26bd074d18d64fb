/** What an export that did not end well means for its data set, and what to do: the same command, mostly. */
import { BulkxError } from '../errors.js'
import { attachCommand, resumeCommand, shellWord } from '../job/next-command.js'

/** What stays true whatever happens to a round. */
export const unmoved = 'the data set stays as it is'
const again = 'gives this export up and begins the round anew'

/** The hint of an export, for whom `bulkx sync` is the command to go on with. */
export const sameCommand = (hint: string | undefined): string | undefined =>
  hint?.replace(/(?:continue with|run) `bulkx resume`/, 'run the same sync command')

/**
 * `place`: the export's directory as a person would type it. Undefined where the hint of the export's own error will do.
 */
export const roundHint = (
  { code, hint }: Pick<BulkxError, 'code' | 'hint'>,
  place: string,
): string | undefined => {
  const own = hint === undefined ? '' : `${hint}; `
  switch (code) {
    case 'BULKX_FINDINGS':
      return `${unmoved}: all findings are in ${place}/manifest.json; accept them with ${resumeCommand(place).slice(0, -1)} --fail-on never\`, then the same sync command merges them; --again ${again}`
    case 'BULKX_KICK_OFF_REFUSED':
      // Nobody has given it: it is the data set's own.
      return hint?.includes('--since')
        ? `${unmoved}; \`--since\` is no option of it: \`--full\` asks for everything, without the time that the server does not take`
        : undefined
    case 'BULKX_DISK_FULL':
    case 'BULKX_STORAGE':
      return sameCommand(hint)
    case 'BULKX_FILES_FAILED':
      return `${own}${unmoved} until then, and the same sync command goes on; --again ${again}`
    case 'BULKX_KICK_OFF_UNDECIDED':
      return `it is not sent again by itself; if you learn the status URL: ${attachCommand(place)}, then the same sync command; --again ${again}`
    case 'BULKX_EXPORT_FAILED':
    case 'BULKX_BAD_ANSWER':
    case 'BULKX_JOB_GONE':
    case 'BULKX_JOB_CANCELLED':
    case 'BULKX_MOCK_ENDED':
      return `${unmoved}; the same sync command begins the round anew; what was left of this one is in ${shellWord(place)}`
    case 'BULKX_DEADLINE':
      return `${own}${unmoved}, and the same sync command goes on; --again ${again}`
    case 'BULKX_STILL_RUNNING':
    case 'BULKX_INTERRUPTED':
    case 'BULKX_TERMINATED':
    case 'BULKX_HANGUP':
      return `${unmoved}; the same sync command goes on with ${shellWord(place)}`
    default:
      return undefined
  }
}

/** The error of an export, in the words of the data set. */
export const asRoundError = (error: unknown, place: string): unknown => {
  if (!(error instanceof BulkxError)) return error
  const hint = roundHint(error, place)
  if (hint === undefined) return error
  return new BulkxError(error.code, error.message, { hint, items: error.items, cause: error.cause })
}
