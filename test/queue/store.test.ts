/** Workers without a disk in common: the files go to an object store, and one of the workers is killed with a file in hand. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { lacksStores } from '../helpers/stores/installed.js'
import { startS3 } from '../helpers/stores/s3.js'
import { lacks } from '../helpers/tools.js'
import { run, start } from '../process/child.js'
import { newPlace } from '../process/place.js'
import { serve } from '../process/server.js'
import { manyFiles } from '../scale/many-files.js'
import { employ, giveUpOn } from './processes.js'
import { redisServer } from './redis-server.js'

describe.skipIf(lacks('redis-server') || lacksStores())('workers and an object store', () => {
  test('every object once, though a worker dies', async () => {
    const files = 30
    await using place = await newPlace()
    await using redis = await redisServer()
    const store = await startS3()
    place.closing.push(() => store.close())
    let requests = 0
    let happens: Promise<void> | undefined
    let kill = async (): Promise<void> => {}
    await using server = await serve({
      data: manyFiles(files, 5_000),
      hook: async (call, next) => {
        if (call.phase === 'file') {
          requests += 1
          if (requests === 10) happens = kill()
          await happens
        }
        return next(call)
      },
    })
    const options = { root: store.at('fleet'), env: store.env, parallel: 2 }
    const victim = await employ(place, redis, server, options)
    await employ(place, redis, server, options)
    kill = async () => {
      victim.child.kill('SIGKILL')
      await victim.child.ended
      await giveUpOn(victim.id, redis)
    }
    const url = store.at('fleet/one')
    const words = ['--server', server.fhirUrl, '--queue', redis.url, '--lease', '1h', '--poll-min', '20ms']
    const job = join(place.root, 'job')
    const ended = await start(place, ['export', ...words, '--out', url, '--job-dir', job], { env: store.env })
      .ended
    expect(ended.code, ended.stderr).toBe(0)
    const verified = await run(place, ['verify', url, '--json'], { env: store.env })
    expect(verified.code, verified.stderr).toBe(0)
    expect(server.asked('file').length - files).toBeLessThanOrEqual(2 * options.parallel)
  })
})
