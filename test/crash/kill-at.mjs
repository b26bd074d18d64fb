// A preload for bin/bulkx.js: the process kills itself at one exact moment, named by KILL_AT, `<moment> <what>`.
//
//   journal-before <fact>    the fact is about to be written
//   journal-half <fact>      half of the write that holds the fact is on disk
//   journal-written <fact>   it is written, and not synced
//   journal-synced <fact>    it is durable, and nobody has acted upon it
//   rename-before <name>     a file of this name is whole, under another name
//   rename-after <name>      it has its name, and the journal does not know
//   append-half <text>       half of the lines with this text are added to log.ndjson
import disk, { writeSync } from 'node:fs'
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { basename } from 'node:path'

const [moment, what] = (process.env.KILL_AT ?? '').split(' ')

const die = () => process.kill(process.pid, 'SIGKILL')
const at = (name, isIt) => {
  if (moment === name && isIt) die()
}

const journal = (handle) => {
  let pending = ''
  const { write, datasync } = handle
  handle.write = async (buffer, offset, length, position) => {
    const text = buffer.toString('utf8', offset, offset + length)
    const isIt = text.includes(`"type":"${what}"`)
    at('journal-before', isIt)
    if (moment === 'journal-half' && isIt) {
      await write.call(handle, buffer, offset, length >> 1, position)
      die()
    }
    const written = await write.call(handle, buffer, offset, length, position)
    at('journal-written', isIt)
    pending += text
    return written
  }
  handle.datasync = async () => {
    await datasync.call(handle)
    at('journal-synced', pending.includes(`"type":"${what}"`))
    pending = ''
  }
  return handle
}

const log = (handle) => {
  const { writeFile } = handle
  handle.writeFile = async (text, ...rest) => {
    if (moment === 'append-half' && text.includes(what)) {
      writeSync(handle.fd, text.slice(0, text.length >> 1))
      die()
    }
    return writeFile.call(handle, text, ...rest)
  }
  return handle
}

const watched = { journal, 'log.ndjson': log }
const { open, rename } = fs

fs.open = async (path, ...rest) => {
  const handle = await open(path, ...rest)
  return watched[basename(String(path))]?.(handle) ?? handle
}

fs.rename = async (from, to) => {
  const isIt = basename(String(to)) === what
  at('rename-before', isIt)
  await rename(from, to)
  at('rename-after', isIt)
}

const { renameSync } = disk

disk.renameSync = (from, to) => {
  const isIt = basename(String(to)) === what
  at('rename-before', isIt)
  renameSync(from, to)
  at('rename-after', isIt)
}

syncBuiltinESMExports()
