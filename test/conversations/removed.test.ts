/** The directory goes away under a running job, and perhaps somebody's next export comes: nothing is mixed, nothing deleted. */
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { codeOf, conversation, exitOf, ownDirectory, tree } from '../helpers/conversation.js'
import { file, lines, manifest, origin, type Reply, routes, statusUrl } from '../helpers/scripted-server.js'

const twoFiles = manifest([file('1'), file('2')])
const patient: Reply = { body: lines('Patient', 1) }

/** `meanwhile` happens while the server makes the answer to one request. */
const talkWhile = async (route: string, answer: Reply, meanwhile: (directory: string) => void) => {
  let directory = ''
  const talk = await conversation(
    routes({
      [`GET ${statusUrl}`]: { body: twoFiles },
      [`GET ${origin}/files/1`]: patient,
      [`GET ${origin}/files/2`]: patient,
      [route]: (_asked, number) => {
        if (number === 0) meanwhile(directory)
        return answer
      },
    }),
  )
  directory = talk.directory
  return talk
}

/** Another process's export, as far as it has come: a lock and a journal of its own. */
const another = (directory: string): void => {
  rmSync(directory, { recursive: true })
  mkdirSync(join(directory, '.bulkx', 'parts'), { recursive: true, mode: 0o700 })
  for (const name of ['lock', 'journal'])
    writeFileSync(join(directory, '.bulkx', name), '{"id":"other","host":"here","pid":2}', { mode: 0o600 })
}

/** Removed, and only our folder made again. */
const emptied = (directory: string): void => {
  rmSync(directory, { recursive: true })
  mkdirSync(join(directory, '.bulkx'), { recursive: true, mode: 0o700 })
}

test('removed while the job is waited for: said at the next look, and no file is asked for', async () => {
  const talk = await talkWhile(`GET ${statusUrl}`, { body: twoFiles }, emptied)
  expect(codeOf(await talk.run())).toBe('BULKX_STORAGE')
  expect(talk.server.asked('DELETE')).toEqual([])
  expect(talk.server.asked('/files/')).toEqual([])
})

test('another export in its place, while files come: none of ours gets a name there', async () => {
  const talk = await talkWhile(`GET ${origin}/files/2`, patient, another)
  const ran = await talk.run()
  expect([codeOf(ran), exitOf(ran)]).toEqual(['BULKX_STORAGE', 8])
  expect(ran.thrown).toMatchObject({
    message: expect.stringMatching(/ was removed or moved while the job ran$/),
    hint: expect.stringContaining(`\`bulkx resume ${statusUrl} --out <a new directory>\``),
  })
  expect(await tree(talk.directory)).toEqual([])
  expect(readdirSync(join(talk.directory, '.bulkx', 'parts'))).toEqual([])
  expect(talk.server.asked('DELETE')).toEqual([])
})

test('moved, and what is found in the new place goes on', async () => {
  const elsewhere = await ownDirectory()
  const talk = await talkWhile(`GET ${origin}/files/2`, patient, (at) => {
    renameSync(at, elsewhere)
    mkdirSync(join(at, '.bulkx'), { recursive: true, mode: 0o700 })
  })
  expect(codeOf(await talk.run())).toBe('BULKX_STORAGE')
  expect(talk.server.asked('DELETE')).toEqual([])
  rmSync(talk.directory, { recursive: true })
  renameSync(elsewhere, talk.directory)
  // It went along, and here the process that is named in it lives on.
  rmSync(join(talk.directory, '.bulkx', 'lock'))
  expect(exitOf(await talk.run({}, { command: 'resume' }))).toBe(0)
  expect(talk.server.asked('DELETE')).toHaveLength(1)
})

test.each<[string, (lock: string) => void, string]>([
  ['gone', (lock) => rmSync(lock), 'BULKX_STORAGE'],
  ["another's", (lock) => writeFileSync(lock, '{"id":"b","host":"x","pid":2}'), 'BULKX_JOB_LOCKED'],
])('a lock that is %s ends the run before anything is named', async (_name, change, code) => {
  const talk = await talkWhile(`GET ${origin}/files/2`, patient, (at) => change(join(at, '.bulkx', 'lock')))
  expect(codeOf(await talk.run())).toBe(code)
  expect(await tree(talk.directory)).not.toContain('manifest.json')
  expect(talk.server.asked('DELETE')).toEqual([])
})
