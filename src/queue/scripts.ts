/**
 * What must happen in Redis at once or not at all, as Lua. Tasks wait in a stream that one consumer group reads: Redis
 * notes who took which, and since when nothing was heard of him. KEYS are those of `keys.ts`.
 */
import { type ExportKeys, pausedKey } from './keys.js'
import type { Redis } from './redis.js'

/** The consumer group of all workers. */
export const group = 'workers'
/** The consumer that holds what was given back: anybody may take it over at once. */
export const nobody = 'nobody'
/** Entries that one look at the silent workers goes through: all that there can be. */
const lookedAtMax = 5_000
/** What nobody has touched for so long is gone, milliseconds. */
export const keptMs = 7 * 24 * 3_600_000

const now = `local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)`

/** Whether the entry is still this worker's. */
const held = `local function held(id, me)
  local found = redis.pcall('XPENDING', KEYS[1], '${group}', id, id, 1, me)
  return not found.err and #found == 1
end`

/** Doubts about who is right, once it is known of a file that it can be had, or why not. */
const settle = `local function settle(name, me, ok)
  local said = redis.call('HGET', KEYS[5], name)
  if not said then return end
  redis.call('HDEL', KEYS[5], name)
  local doubters = {}
  local own = false
  for id in string.gmatch(said, '[^ ]+') do
    doubters[#doubters + 1] = id
    if id == me then own = true end
  end
  for _, id in ipairs(doubters) do
    redis.call('SREM', KEYS[6], id)
    if ok == '1' and not own then redis.call('SADD', KEYS[7], id) end
  end
end`

const texts = {
  /** Queues each task once. ARGV: name, task, … */
  offer: `redis.pcall('XGROUP', 'CREATE', KEYS[1], '${group}', '0', 'MKSTREAM')
for i = 1, #ARGV, 2 do
  if redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) == 1 then
    redis.call('XADD', KEYS[1], '*', 'name', ARGV[i])
  end
end`,
  /** Answers a task whose holder this worker still is; 1 when it was. ARGV: id, worker, name, ok, result. */
  answer: `${held} ${settle}
if not held(ARGV[1], ARGV[2]) then return 0 end
redis.call('XACK', KEYS[1], '${group}', ARGV[1])
redis.call('XDEL', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[3])
redis.call('HDEL', KEYS[10], ARGV[3])
settle(ARGV[3], ARGV[2], ARGV[4])
redis.call('XADD', KEYS[3], '*', 'name', ARGV[3], 'worker', ARGV[2], 'result', ARGV[5])
return 1`,
  /** Drops an entry that stands for nothing. ARGV: id. */
  forget: `redis.call('XACK', KEYS[1], '${group}', ARGV[1]) return redis.call('XDEL', KEYS[1], ARGV[1])`,
  /** The ids that are still this worker's, from now on for another while. ARGV: worker, id, … */
  hold: `${held} local mine = {}
for i = 2, #ARGV do
  if held(ARGV[i], ARGV[1]) then
    redis.call('XCLAIM', KEYS[1], '${group}', ARGV[1], 0, ARGV[i], 'JUSTID')
    mine[#mine + 1] = ARGV[i]
  end
end
return mine`,
  /** Gives back what is this worker's: others may have it at once. ARGV: worker, id, … */
  release: `${held}
for i = 2, #ARGV do
  if held(ARGV[i], ARGV[1]) then
    redis.call('XCLAIM', KEYS[1], '${group}', '${nobody}', 0, ARGV[i], 'IDLE', '${keptMs}', 'JUSTID')
  end
end`,
  /**
   * Entries that were given back, or whose holder is silent; now this worker's. One that several workers had when they
   * fell silent may be what ends them: each worker takes one of these at a time, so that it is alone among them, and
   * after so many it fails. ARGV: worker, milliseconds of silence, entries at most, of the suspect ones, how many
   * silent workers make one suspect, how many make it fail, result of failing up to and from the words on the workers.
   */
  takeOver: `local taken = {}
local suspects = tonumber(ARGV[4])
local found = redis.pcall('XPENDING', KEYS[1], '${group}', 'IDLE', ARGV[2], '-', '+', '${lookedAtMax}')
if found.err then return taken end
for _, entry in ipairs(found) do
  if #taken == tonumber(ARGV[3]) then break end
  local id, holder = entry[1], entry[2]
  local content = redis.call('XRANGE', KEYS[1], id, id)[1]
  local name = content and content[2][2] or ''
  local said = redis.call('HGET', KEYS[10], name) or ''
  local losers = {}
  for one in string.gmatch(said, '[^ ]+') do losers[#losers + 1] = one end
  local isNew = holder ~= '${nobody}' and not string.find(' ' .. said .. ' ', ' ' .. holder .. ' ', 1, true)
  if isNew then losers[#losers + 1] = holder end
  if #losers >= tonumber(ARGV[6]) then
    redis.call('XACK', KEYS[1], '${group}', id)
    redis.call('XDEL', KEYS[1], id)
    for _, key in ipairs({ KEYS[2], KEYS[5], KEYS[10] }) do redis.call('HDEL', key, name) end
    local words = string.gsub(table.concat(losers, ', '), '[^%w%._, -]', '?')
    local result = ARGV[7] .. words .. ARGV[8]
    redis.call('XADD', KEYS[3], '*', 'name', name, 'worker', ARGV[1], 'result', result)
  elseif #losers < tonumber(ARGV[5]) or suspects > 0 then
    if #losers >= tonumber(ARGV[5]) then suspects = suspects - 1 end
    if isNew then redis.call('HSET', KEYS[10], name, table.concat(losers, ' ')) end
    redis.call('XCLAIM', KEYS[1], '${group}', ARGV[1], 0, id, 'JUSTID')
    taken[#taken + 1] = { id, name, #losers >= tonumber(ARGV[5]) and 1 or 0 }
  end
end
return taken`,
  /** Takes back what nobody has begun. ARGV: name, … */
  withdraw: `local wanted = {}
for i = 1, #ARGV do wanted[ARGV[i]] = true end
local entries = redis.pcall('XRANGE', KEYS[1], '-', '+')
if entries.err then return 0 end
local count = 0
for _, entry in ipairs(entries) do
  local id, name = entry[1], entry[2][2]
  local found = redis.pcall('XPENDING', KEYS[1], '${group}', id, id, 1)
  local free = found.err or #found == 0 or found[1][2] == '${nobody}'
  if wanted[name] and free then
    redis.call('XACK', KEYS[1], '${group}', id)
    redis.call('XDEL', KEYS[1], id)
    redis.call('HDEL', KEYS[2], name)
    redis.call('HDEL', KEYS[10], name)
    count = count + 1
  end
end
return count`,
  /** The coordinator is there: how the workers are, and who asked for a pause. ARGV: description. */
  coordinate: `${now}
redis.call('SET', KEYS[8], ARGV[1])
redis.call('ZADD', KEYS[11], now, ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[11], '-inf', now - ${keptMs})
for i = 1, 10 do redis.call('PEXPIRE', KEYS[i], '${keptMs}') end
return { tostring(now), redis.call('HGETALL', KEYS[4]), redis.call('ZRANGE', KEYS[9], 0, -1, 'WITHSCORES') }`,
  /** A worker is there; whether it is the one who is wrong. ARGV: worker, gauges, milliseconds that are no silence. */
  beat: `${now}
if redis.call('EXISTS', KEYS[8]) == 0 then return 'over' end
redis.call('HSET', KEYS[4], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[9], now, ARGV[1])
if redis.call('SISMEMBER', KEYS[7], ARGV[1]) == 1 then return 'wrong' end
if redis.call('SISMEMBER', KEYS[6], ARGV[1]) == 0 then return 'right' end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[9], now - ARGV[3], '+inf')) do
  if redis.call('SISMEMBER', KEYS[6], id) == 0 and redis.call('SISMEMBER', KEYS[7], id) == 0 then return 'doubtful' end
end
redis.call('SREM', KEYS[6], ARGV[1])
return 'right'`,
  /** This worker is refused a file: 1 when another is to try it. ARGV: id, worker, name, milliseconds, as above. */
  doubt: `${now} ${held}
if not held(ARGV[1], ARGV[2]) then return 1 end
local said = redis.call('HGET', KEYS[5], ARGV[3]) or ''
redis.call('HSET', KEYS[5], ARGV[3], said .. ' ' .. ARGV[2])
redis.call('SADD', KEYS[6], ARGV[2])
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[9], now - ARGV[4], '+inf')) do
  if redis.call('SISMEMBER', KEYS[6], id) == 0 and redis.call('SISMEMBER', KEYS[7], id) == 0 then
    redis.call('XCLAIM', KEYS[1], '${group}', '${nobody}', 0, ARGV[1], 'IDLE', '${keptMs}', 'JUSTID')
    return 1
  end
end
return 0`,
  /** A worker goes. ARGV: worker. */
  leave: `redis.call('HDEL', KEYS[4], ARGV[1]) redis.call('ZREM', KEYS[9], ARGV[1]) redis.call('SREM', KEYS[6], ARGV[1])`,
  /** Nothing of the export is left. ARGV: export. */
  finish: `for i = 1, 10 do redis.call('DEL', KEYS[i]) end return redis.call('ZREM', KEYS[11], ARGV[1])`,
} as const

const words = (script: keyof typeof texts, keys: ExportKeys, args: readonly string[]): string[] => {
  const all = keys.all
  return ['EVAL', texts[script], String(all.length), ...all, ...args]
}

/** Until it is answered: for what may be done twice. */
export const run = (
  redis: Redis,
  script: keyof typeof texts,
  keys: ExportKeys,
  ...args: string[]
): Promise<unknown> => redis.call(...words(script, keys, args))

export const runOnce = (
  redis: Redis,
  script: keyof typeof texts,
  keys: ExportKeys,
  ...args: string[]
): Promise<unknown> => redis.once(...words(script, keys, args))

const pacing = {
  /** Milliseconds of an origin's pause that are left. ARGV: origin. */
  left: `${now} local till = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0')
if till > now then return till - now end
if till > 0 then redis.call('HDEL', KEYS[1], ARGV[1]) end
return 0`,
  /** An origin asks for a pause. ARGV: origin, milliseconds. */
  pause: `${now} local till = now + ARGV[2]
if tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0') < till then redis.call('HSET', KEYS[1], ARGV[1], till) end
redis.call('PEXPIRE', KEYS[1], '${keptMs}')`,
  /** Milliseconds until the next request may be sent. ARGV: microseconds from one to the next. */
  slot: `local t = redis.call('TIME') local now = t[1] * 1000000 + t[2]
local at = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0'))
redis.call('SET', KEYS[1], string.format('%.0f', at + ARGV[1]), 'PX', '${keptMs}')
return math.ceil((at - now) / 1000)`,
} as const

const number = async (answer: Promise<unknown>): Promise<number> => Number(await answer) || 0

export const pauseLeftMs = (redis: Redis, origin: string): Promise<number> =>
  number(redis.call('EVAL', pacing.left, '1', pausedKey, origin))

export const tellPause = (redis: Redis, origin: string, ms: number): Promise<unknown> =>
  redis.call('EVAL', pacing.pause, '1', pausedKey, origin, String(Math.round(ms)))

/** `key`: of the server whose requests are counted. */
export const slotMs = (redis: Redis, key: string, requestsPerSecond: number): Promise<number> =>
  number(redis.call('EVAL', pacing.slot, '1', key, String(Math.round(1e6 / requestsPerSecond))))
