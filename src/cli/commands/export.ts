/** `bulkx export`: kick off, wait, download, verify, clean up. */
import { beginJob } from '../../job/begin.js'
import { isMock } from '../../options/values.js'
import type { Run } from '../invocation.js'
import { startMock } from '../mock-server.js'
import { runJob } from '../run-job.js'
import { prepareExport, sinceWords } from '../start-export.js'

export const run: Run = async (invocation, io) => {
  const prepared = await prepareExport(invocation, io)
  if ('ending' in prepared) return prepared.ending
  const { config, settings } = prepared
  const { command } = invocation
  const mock = isMock(config.server) ? await startMock(config.server, io) : undefined
  try {
    return await runJob(
      {
        command,
        config: mock ? { ...config, fhirUrl: mock.fhirUrl } : config,
        settings,
        begin: (job) => beginJob(job, 'export'),
        ...sinceWords(prepared),
      },
      io,
    )
  } finally {
    await mock?.close()
  }
}
