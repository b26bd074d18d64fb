// A preload for bin/bulkx.js: notes in the file ORDER_FILE, a JSON array a line, what is done to files in which
// order: `sync <path>`, `rename <path>`, `write <path> <text>`. A kill of a process cannot show a missing sync.
import disk, { appendFileSync } from 'node:fs'
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

const note = (...entry) => appendFileSync(process.env.ORDER_FILE ?? '', `${JSON.stringify(entry)}\n`)

const { open, rename } = fs

fs.open = async (path, ...rest) => {
  const handle = await open(path, ...rest)
  for (const name of ['sync', 'datasync']) {
    const original = handle[name]
    handle[name] = async () => {
      await original.call(handle)
      note('sync', path)
    }
  }
  if (!path.endsWith('/journal')) return handle
  const { write } = handle
  handle.write = (buffer, offset, length, position) => {
    note('write', path, buffer.toString('utf8', offset, offset + length))
    return write.call(handle, buffer, offset, length, position)
  }
  return handle
}

fs.rename = async (from, to) => {
  await rename(from, to)
  note('rename', to, from)
}

const { openSync, fsync, fsyncSync, renameSync } = disk
const paths = new Map()

disk.openSync = (path, ...rest) => {
  const descriptor = openSync(path, ...rest)
  paths.set(descriptor, path)
  return descriptor
}

disk.fsync = (descriptor, done) =>
  fsync(descriptor, (error) => {
    note('sync', paths.get(descriptor))
    done(error)
  })

disk.fsyncSync = (descriptor) => {
  fsyncSync(descriptor)
  note('sync', paths.get(descriptor))
}

disk.renameSync = (from, to) => {
  renameSync(from, to)
  note('rename', to, from)
}

syncBuiltinESMExports()
