/** The executor of a queue: what every executor promises, with a real Redis between whoever asks and whoever fetches. */
import { afterAll, beforeAll, describe } from 'vitest'
import { checks } from '../../src/fetch/checks.js'
import type { Executor } from '../../src/fetch/task.js'
import { executorContract, type OpenPlace, surroundings } from '../contract/executor.js'
import { lacks } from '../helpers/tools.js'
import { coordinate, employ } from './fleet.js'
import { type RedisServer, redisServer } from './redis-server.js'

/** Names as bulkx gives them out: others do not go through a queue. */
const realName = (name: string): string =>
  name.replace(/^([a-z]+)(\d*)\.ndjson/, (_, letters: string, digits: string) => {
    return `${letters}.${digits.padStart(4, '0')}.ndjson`
  })

describe.skipIf(lacks('redis-server'))('with a queue between', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await redisServer()
  })
  afterAll(() => redis[Symbol.asyncDispose]())

  const place: OpenPlace = async (files, options) => {
    const { stored, ...place } = await surroundings(checks(undefined), files, options)
    const { executor } = await coordinate(redis.url, place.directory, place.sink)
    await employ(redis.url, place)
    const renamed: Executor = {
      ...executor,
      capacity: executor.capacity,
      execute: (task, signal) => executor.execute({ ...task, name: realName(task.name) }, signal),
      close: () => executor.close(),
    }
    return { ...place, executor: renamed, stored: (name) => stored(realName(name)) }
  }

  executorContract('a queue', place)
})
