/** Further pages that are not even asked for. */
import { expect, test } from 'vitest'
import type { Job } from '../../src/job/export.js'
import type { Fact } from '../../src/job/facts.js'
import { poll } from '../../src/job/poll.js'
import { newState } from '../../src/job/state.js'
import { configOf } from '../helpers/job.js'

const first = 'https://ehr.example/status/1'

const reasonFor = async (url: string, pages = 1, trustedOrigins: string[] = []): Promise<string> => {
  const state = { ...newState(), pollingLocation: first }
  const names = { output: [], deleted: [], outcome: [] }
  for (let number = 0; number < pages; number += 1)
    state.pages.set(number === 0 ? first : `${first}?page=${number}`, { askedAt: 0, partial: false, names })
  const config = configOf({
    fhirUrl: 'https://ehr.example/fhir',
    directory: '/out',
    network: { trustedOrigins },
  })
  const clock = {
    now: () => 0,
    sleep: async () => {
      throw new Error('asked')
    },
    every: () => () => {},
  }
  const job = { state, config, clock, executor: {} } as unknown as Job
  const facts: Fact[] = []
  for await (const batch of poll(job, url, 1)) facts.push(...batch)
  const [fact] = facts
  return fact?.type === 'manifest-unavailable' ? fact.reason : String(fact?.type)
}

test.each([
  ['ftp://ehr.example/page', 1, 'its next page has no http or https URL'],
  [first, 1, 'the pages of the manifest lead in a circle'],
  [`${first}?page=1`, 2, 'the pages of the manifest lead in a circle'],
  [`${first}?page=x`, 10_000, 'the manifest has more than 10,000 pages'],
  ['http://169.254.169.254/', 1, 'its next page is at a private address, and the FHIR server is not'],
])('M-31, M-32 %s after %i pages', async (url, pages, reason) => {
  expect(await reasonFor(url, pages)).toBe(reason)
})

test('others are', async () => {
  await expect(reasonFor(`${first}?page=x`, 9_999)).rejects.toThrow('asked')
  await expect(reasonFor('https://10.0.0.1/p', 1, ['https://10.0.0.1'])).rejects.toThrow('asked')
})
