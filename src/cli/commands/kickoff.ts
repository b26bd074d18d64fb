/** `bulkx kickoff`: kick off, write the job down, return at once. */
import { BulkxError } from '../../errors.js'
import { beginJob } from '../../job/begin.js'
import type { Phase } from '../../job/facts.js'
import { shellWord } from '../../job/next-command.js'
import { phaseOf } from '../../job/state.js'
import { kickOffOnly } from '../../job/steer.js'
import { isMock } from '../../options/values.js'
import type { Run } from '../invocation.js'
import { runJob } from '../run-job.js'
import { prepareExport, sinceWords } from '../start-export.js'

const underWay: ReadonlySet<Phase> = new Set(['in-progress', 'downloading', 'incomplete', 'complete'])

export const run: Run = async (invocation, io) => {
  const { command, settings } = invocation
  if (isMock(settings.get('server') ?? '')) {
    throw new BulkxError(
      'BULKX_USAGE',
      'The mock of --server mock: would end with this command, and its job with it',
      {
        hint: 'use `bulkx export --server mock:`, or run `bulkx mock` and name its URL',
      },
    )
  }
  const prepared = await prepareExport(invocation, io)
  if ('ending' in prepared) return prepared.ending
  return runJob(
    {
      command,
      config: prepared.config,
      settings: prepared.settings,
      begin: async (job, reporter) => {
        const begun = await beginJob(job, 'kickoff')
        if (begun === 'done') reporter.note('this export is under way here already: nothing was sent')
        return begun
      },
      ...sinceWords(prepared),
      steer: kickOffOnly,
      isGood: (state) => underWay.has(phaseOf(state)),
      farewell: (_state, directory) =>
        `continue with \`bulkx resume ${shellWord(directory)}\`, look with \`bulkx status ${shellWord(directory)}\``,
    },
    io,
  )
}
