/** What the caller gave to be told things throws: the exchange is none the worse, and the caller hears of it after. */
import { expect, test } from 'vitest'
import { conversation, exitOf } from '../helpers/conversation.js'
import { fhirUrl, routes } from '../helpers/scripted-server.js'

test('a trace that throws at the answer to the kick-off loses no job', async () => {
  const talk = await conversation(routes())
  let told = 0
  const trace = (): void => {
    told += 1
    if (told === 1) throw new Error('no room for my log')
  }
  expect((await talk.run({}, {}, { trace })).thrown).toMatchObject({ message: 'no room for my log' })
  expect(exitOf(await talk.run({}, { command: 'resume' }, { trace }))).toBe(0)
  expect(talk.server.asked(`${fhirUrl}/`)).toHaveLength(1)
})
