/** CONTRACT part 1, "The same command again goes on": every command in every directory. */
import { expect, test } from 'vitest'
import { attachJob, type BeginningCommand } from '../../src/job/begin.js'
import { cancelJob } from '../../src/job/cancel.js'
import { kickOffOnly } from '../../src/job/steer.js'
import type { OpenJob } from '../../src/open-job.js'
import { type Conversation, codeOf, conversation, exitOf } from '../helpers/conversation.js'
import { kickOffOf } from '../helpers/job.js'
import {
  fhirUrl,
  file,
  lines,
  manifest,
  origin,
  routes,
  type Script,
  statusUrl,
} from '../helpers/scripted-server.js'

const cancel = (job: OpenJob) => cancelJob(job).then(() => 'done' as const)

/** Ways to bring a directory about; the server is well again afterwards. */
const situations = {
  nothing: async () => {},
  'unfinished, the same question': async (talk) => void (await talk.run({}, { steer: kickOffOnly })),
  'another question': async (talk) =>
    void (await talk.run({ kickOff: kickOffOf({ type: ['Observation'] }) }, { steer: kickOffOnly })),
  'another question, finished': async (talk) =>
    void (await talk.run({ kickOff: kickOffOf({ type: ['Observation'] }) })),
  finished: async (talk) => void (await talk.run()),
  'finished with findings': async (talk, ill) => {
    ill.file = { body: 'rubbish\n' }
    await talk.run()
  },
  undecided: async (talk, ill) => {
    ill.kickOff = { status: 504 }
    await talk.run()
  },
  failed: async (talk, ill) => {
    ill.status = { status: 400 }
    await talk.run()
  },
  gone: async (talk, ill) => {
    ill.status = { status: 410 }
    await talk.run({}, { steer: kickOffOnly })
    talk.clock.advance(60_000)
    await talk.run({}, { command: 'resume' })
  },
  cancelled: async (talk) => {
    await talk.run({}, { steer: kickOffOnly })
    await talk.run({}, { begin: cancel })
  },
  incomplete: async (talk, ill) => {
    ill.file = { status: 404 }
    await talk.run()
  },
  'refused by the server': async (talk, ill) => {
    ill.kickOff = { status: 400 }
    await talk.run()
  },
} satisfies Record<
  string,
  (talk: Conversation, ill: Record<string, Exclude<Script, unknown[]>>) => Promise<void>
>

type Situation = keyof typeof situations

const prepare = async (situation: Situation): Promise<Conversation> => {
  const ill: Record<string, Exclude<Script, unknown[]>> = {}
  const sick =
    (name: string, well: Exclude<Script, unknown[]>): Script =>
    (asked, number) => {
      const script = ill[name] ?? well
      return typeof script === 'function' ? script(asked, number) : script
    }
  const talk = await conversation(
    routes({
      [`GET ${fhirUrl}/`]: sick('kickOff', { status: 202, headers: { 'content-location': statusUrl } }),
      [`GET ${statusUrl}`]: sick('status', { body: manifest([file('1')]) }),
      [`GET ${origin}/files/1`]: sick('file', { body: lines('Patient', 1) }),
    }),
  )
  await situations[situation](talk, ill)
  for (const name of Object.keys(ill)) delete ill[name]
  return talk
}

/** Exit code, code, and how often the kick-off was sent by this command. */
const table: [Situation, BeginningCommand, number, string | undefined, number][] = [
  ['nothing', 'export', 0, undefined, 1],
  ['nothing', 'resume', 2, 'BULKX_NO_JOB', 0],
  ['nothing', 'kickoff', 9, 'BULKX_STILL_RUNNING', 1],
  ['unfinished, the same question', 'export', 0, undefined, 0],
  ['unfinished, the same question', 'resume', 0, undefined, 0],
  ['unfinished, the same question', 'kickoff', 9, 'BULKX_STILL_RUNNING', 0],
  ['another question', 'export', 2, 'BULKX_OTHER_JOB', 0],
  ['another question', 'resume', 0, undefined, 0],
  ['another question', 'kickoff', 2, 'BULKX_OTHER_JOB', 0],
  ['another question, finished', 'export', 2, 'BULKX_OTHER_JOB', 0],
  ['another question, finished', 'resume', 0, undefined, 0],
  ['another question, finished', 'kickoff', 2, 'BULKX_OTHER_JOB', 0],
  ['finished', 'export', 2, 'BULKX_FINISHED', 0],
  ['finished', 'resume', 0, undefined, 0],
  ['finished', 'kickoff', 2, 'BULKX_FINISHED', 0],
  ['finished with findings', 'export', 2, 'BULKX_FINISHED', 0],
  ['finished with findings', 'resume', 10, 'BULKX_FINDINGS', 0],
  ['undecided', 'export', 4, 'BULKX_KICK_OFF_UNDECIDED', 0],
  ['undecided', 'resume', 4, 'BULKX_KICK_OFF_UNDECIDED', 0],
  ['undecided', 'kickoff', 4, 'BULKX_KICK_OFF_UNDECIDED', 0],
  ['failed', 'export', 5, 'BULKX_EXPORT_FAILED', 0],
  ['failed', 'resume', 5, 'BULKX_EXPORT_FAILED', 0],
  ['failed', 'kickoff', 5, 'BULKX_EXPORT_FAILED', 0],
  ['gone', 'export', 6, 'BULKX_JOB_GONE', 0],
  ['gone', 'resume', 6, 'BULKX_JOB_GONE', 0],
  ['gone', 'kickoff', 6, 'BULKX_JOB_GONE', 0],
  ['cancelled', 'export', 6, 'BULKX_JOB_CANCELLED', 0],
  ['cancelled', 'resume', 6, 'BULKX_JOB_CANCELLED', 0],
  ['cancelled', 'kickoff', 6, 'BULKX_JOB_CANCELLED', 0],
  ['incomplete', 'export', 0, undefined, 0],
  ['incomplete', 'resume', 0, undefined, 0],
  ['incomplete', 'kickoff', 7, 'BULKX_FILES_FAILED', 0],
  ['refused by the server', 'export', 0, undefined, 1],
  ['refused by the server', 'resume', 0, undefined, 1],
]

test.each(table)('%s: %s ends %i', async (situation, command, exitCode, code, kickOffs) => {
  const talk = await prepare(situation)
  const before = talk.server.requests.length
  const steer = command === 'kickoff' ? kickOffOnly : undefined
  const ran = await talk.run({}, { command, steer })
  expect([exitOf(ran), codeOf(ran)]).toEqual([exitCode, code])
  const sent = talk.server.requests.slice(before)
  expect(sent.filter(({ url }) => url.includes('$export'))).toHaveLength(kickOffs)
  // Whoever is turned away, or told how it stands, has asked nobody.
  if (exitCode !== 0 && command !== 'kickoff') expect(sent).toEqual([])
  if (['finished', 'failed', 'gone', 'cancelled'].includes(situation) && command === 'export')
    expect(`${ran.error?.hint} ${(ran.thrown as { hint?: string } | undefined)?.hint}`).toContain('--again')
})

test('both questions are in the message about another one', async () => {
  const talk = await prepare('another question')
  const ran = await talk.run()
  expect(String(ran.thrown)).toContain(`there ${fhirUrl}/Group/123/$export --type Observation`)
  expect(String(ran.thrown)).toContain(`asked ${fhirUrl}/Group/123/$export`)
})

test.each([
  ['a slash behind the base', { fhirUrl: `${fhirUrl}/` }, true],
  [
    'another way of asking',
    { kickOff: kickOffOf({ method: 'post', listStyle: 'repeat', lenient: true }) },
    true,
  ],
  ['a parameter that is undefined', { kickOff: kickOffOf({ since: undefined, type: undefined }) }, true],
  ['another policy', { files: { failOn: 'never', parallel: 1 }, waiting: { pollMinMs: 5 } }, true],
  ['another target', { kickOff: kickOffOf({ target: { kind: 'system' } }) }, false],
  ['another server', { fhirUrl: 'https://other.example/fhir' }, false],
  ['another _since', { kickOff: kickOffOf({ since: '2025-01-01' }) }, false],
  ['patients', { kickOff: kickOffOf({ patient: ['1'] }) }, false],
  ['another operation', { kickOff: kickOffOf({ operation: '$davinci-data-export' }) }, false],
] as const)('%s', async (_name, differences, same) => {
  const talk = await prepare('unfinished, the same question')
  const ran = await talk.run(differences as Parameters<Conversation['run']>[0])
  expect(codeOf(ran)).toBe(same ? undefined : 'BULKX_OTHER_JOB')
})

const attach = (url: string) => ({ begin: (job: OpenJob) => attachJob(job, url).then(() => 'run' as const) })

test.each<[Situation, number]>([
  ['nothing', 0],
  ['undecided', 0],
  ['unfinished, the same question', 2],
  ['finished', 2],
  ['failed', 2],
  ['cancelled', 2],
])('resume <status-url> in a directory with %s ends %i', async (situation, exitCode) => {
  const talk = await prepare(situation)
  const ran = await talk.run({}, attach(`${statusUrl}?job=elsewhere`))
  expect(exitOf(ran)).toBe(exitCode)
  if (exitCode === 2) expect(codeOf(ran)).toBe('BULKX_OTHER_JOB')
})

test('resume <status-url> of the very job that is there goes on with it', async () => {
  const talk = await prepare('unfinished, the same question')
  expect(exitOf(await talk.run({}, attach(statusUrl)))).toBe(0)
})

test('a job of the mock inside the process has ended with it', async () => {
  const talk = await prepare('nothing')
  const server = { server: 'mock:' }
  await talk.run(server, { steer: kickOffOnly })
  const ran = await talk.run(server, { command: 'resume' })
  expect(codeOf(ran)).toBe('BULKX_MOCK_ENDED')
})
