/** F-54 A full disk, simulated by a part that throws ENOSPC: 8, finished files stay, and resume goes on. */
import { expect, test } from 'vitest'
import { checks } from '../../src/fetch/checks.js'
import { inProcess } from '../../src/fetch/in-process.js'
import { newProgress } from '../../src/fetch/progress.js'
import { beginJob } from '../../src/job/begin.js'
import { exportJob } from '../../src/job/export.js'
import { openJob } from '../../src/open-job.js'
import type { Part, Sink } from '../../src/sink/sink.js'
import { storageError } from '../../src/sink/storage-error.js'
import { conversation, dataFiles, exitOf, tree } from '../helpers/conversation.js'
import { configOf, hostOf } from '../helpers/job.js'
import { fhirUrl, file, lines, manifest, origin, routes, statusUrl } from '../helpers/scripted-server.js'

const full = (): never => {
  throw storageError('Cannot write', Object.assign(new Error('no space'), { code: 'ENOSPC' }))
}

/** The same sink, on whose disk the named file finds no room at this moment. */
const fullAt = (sink: Sink, name: string, moment: 'restart' | 'append' | 'suspend' | 'publish'): Sink => ({
  ...sink,
  part: async (wanted) => {
    const part = await sink.part(wanted)
    if (wanted !== name) return part
    const fake: Part = {
      kept: () => part.kept(),
      read: () => part.read(),
      restart: (validators) => part.restart(validators),
      append: (chunk) => part.append(chunk),
      suspend: () => part.suspend(),
      publish: () => part.publish(),
      discard: () => part.discard(),
    }
    return { ...fake, [moment]: async () => full() }
  },
})

test.each(['restart', 'append', 'publish'] as const)('at %s', async (moment) => {
  const talk = await conversation(
    routes({
      [`GET ${statusUrl}`]: { body: manifest([file('1'), file('2'), file('3')]) },
      [`GET ${origin}/files/`]: { body: lines('Patient', 1) },
      [`GET ${origin}/files/1`]: { body: lines('Patient', 1) },
    }),
  )
  const config = configOf({ fhirUrl, directory: talk.directory, files: { parallel: 1 } })
  {
    await using job = await openJob(config, hostOf({ clock: talk.clock, exchange: talk.server.exchange }))
    const sink = fullAt(job.sink, 'Patient.0002.ndjson', moment)
    const executor = inProcess({
      exchangeFor: () => talk.server.exchange,
      parallel: 1,
      progress: newProgress(),
      throttle: () => undefined,
      checks: checks(undefined),
      maxLineBytes: 1e6,
      sink,
      clock: talk.clock,
      random: () => 0,
      fhirOrigin: origin,
      patienceMs: 1000,
    })
    await beginJob(job, 'export')
    const running = (async () => {
      for await (const _event of exportJob({ ...job, executor, sink }));
    })()
    await expect(running).rejects.toMatchObject({ code: 'BULKX_DISK_FULL', exitCode: 8 })
  }
  expect(await dataFiles(talk.directory)).not.toContain('Patient.0002.ndjson')
  expect(await dataFiles(talk.directory)).toContain('Patient.0001.ndjson')
  expect(await tree(talk.directory)).not.toContain('manifest.json')
  expect(talk.server.asked('DELETE')).toEqual([])
  const asked = talk.server.asked('/files/1').length
  expect(exitOf(await talk.run({}, { command: 'resume' }))).toBe(0)
  expect(talk.server.asked('/files/1')).toHaveLength(asked)
  expect(await dataFiles(talk.directory)).toHaveLength(3)
})
