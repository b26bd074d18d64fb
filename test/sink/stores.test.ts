/** Object stores as sinks: the contract, against servers that speak as the clouds do. */
import { afterAll, beforeAll, describe } from 'vitest'
import { objectSink } from '../../src/sink/object/object-sink.js'
import type { OpenSink } from '../../src/sink/open-sink.js'
import { systemClock } from '../../src/system-clock.js'
import { sinkContract } from '../contract/sink.js'
import { startAzure } from '../helpers/stores/azure.js'
import { startGcs } from '../helpers/stores/gcs.js'
import { lacksStores } from '../helpers/stores/installed.js'
import { startS3 } from '../helpers/stores/s3.js'
import type { TestStore } from '../helpers/stores/store.js'

const kinds: [string, () => Promise<TestStore>][] = [
  ['S3', startS3],
  ['Azure Blob Storage', startAzure],
  ['Google Cloud Storage, scripted', startGcs],
]

const namesIn = async (sink: OpenSink): Promise<string[]> => {
  const names: string[] = []
  for await (const { name } of sink.list?.() ?? []) names.push(name)
  return names.sort()
}

describe.skipIf(lacksStores()).each(kinds)('%s', (kind, start) => {
  let store: TestStore
  let places = 0
  beforeAll(async () => {
    store = await start()
    Object.assign(process.env, store.env)
  })
  afterAll(() => store.close())

  const open = async () => {
    places += 1
    const url = store.at(`contract/${places}`)
    const reopen = () => objectSink({ url, env: store.env, clock: systemClock, random: () => 0 })
    const sink = reopen()
    return { sink, reopen, names: () => namesIn(sink) }
  }
  sinkContract(kind, open, { keepsParts: false, many: 40 })
})
