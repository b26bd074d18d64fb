/** The Output Manifest, whole or in pages, of a job that is complete or goes on. */
import { createHash } from 'node:crypto'
import { type Content, linesIn } from './content.js'
import type { Job, JobFile } from './jobs.js'
import type { OutcomeIssue } from './outcome.js'
import type { FileFacts, ManifestJson } from './personality.js'
import { signedUrl } from './storage.js'
import { originOf, type World } from './world.js'

/** The page of the manifest that the URL asks for, from 1. */
const pageOf = (request: Request): number => {
  const page = Number(new URL(request.url).searchParams.get('page') ?? '1')
  return Number.isSafeInteger(page) && page > 0 ? page : 1
}

/** The URL of a file as the manifest lists it. `origin`: this host's. `number`: its place, from 1. */
const fileUrl = (world: World, origin: string, job: Job, file: JobFile, number: number): string => {
  const values = { job: job.id, name: file.name, type: file.type, number: String(number) }
  const { held } = world.personality.files
  switch (held) {
    case 'here':
    case 'behind-redirect':
      return origin + world.filePath.build(values)
    case 'elsewhere':
      return world.elsewhere.origin + world.filePath.build(values)
    case 'storage':
      return signedUrl(world, values)
    default:
      return held satisfies never
  }
}

const factsOf = async ({ acceptedAt, readyAt }: Job, { content }: JobFile): Promise<FileFacts> => {
  const { sizeBytes, read } = await content.open()
  const digest = createHash('sha256')
  for await (const chunk of read(0, sizeBytes)) digest.update(chunk)
  return { sha256: digest.digest('hex'), sizeBytes, acceptedAt, readyAt }
}

/** How many OperationOutcomes have each severity. */
const countSeverity = async (content: Content): Promise<object[]> => {
  const counts = new Map<string, number>()
  for (const line of await linesIn(content)) {
    const { issue } = JSON.parse(line) as { issue: readonly OutcomeIssue[] }
    for (const code of new Set(issue.map(({ severity }) => severity)))
      counts.set(code, (counts.get(code) ?? 0) + 1)
  }
  return [...counts].map(([code, count]) => ({ code, count }))
}

const sizesOf = async ({ section, content }: JobFile): Promise<object> => ({
  fileSize: (await content.open()).sizeBytes,
  ...(section === 'error' ? { countSeverity: await countSeverity(content) } : {}),
})

/** What a file's entry says beside its type and URL. */
const detailsOf = async ({ personality: { manifest } }: World, job: Job, file: JobFile): Promise<object> => ({
  ...(manifest.counts ? { count: file.content.count } : {}),
  ...(manifest.sizes ? await sizesOf(file) : {}),
  ...(manifest.extension ? { extension: manifest.extension(await factsOf(job, file)) } : {}),
})

const entryOf = async (world: World, origin: string, job: Job, number: number): Promise<object> => {
  const files = await job.files
  const urlOf = (place: number): string | undefined => {
    const file = files[place - 1]
    return file && fileUrl(world, origin, job, file, place)
  }
  const file = files[number - 1]
  if (file === undefined) return {}
  return {
    ...(file.type === '' ? {} : { type: file.type }),
    url: urlOf(number),
    ...(file.continuesIn === undefined ? {} : { continuesInFile: urlOf(file.continuesIn) }),
    ...(await detailsOf(world, job, file)),
  }
}

/** Files in a page: as many as the mock was told, or, where the manifest came in parts, a part of them. */
const pageSizeOf = ({ personality, manifestEntries }: World, job: Job, files: number): number => {
  const { partialPages } = personality.manifest
  const inParts = job.wishes.partialManifests && partialPages > 0
  return inParts ? Math.min(manifestEntries, Math.max(1, Math.ceil(files / partialPages))) : manifestEntries
}

/** Page `page` of those of them that are there, `available` files. */
const manifestPage = async (
  world: World,
  request: Request,
  job: Job,
  available: number,
): Promise<ManifestJson> => {
  const files = await job.files
  const origin = originOf(world, request)
  const { deleted, reshape } = world.personality.manifest
  const page = pageOf(request)
  const size = pageSizeOf(world, job, files.length)
  const start = Math.min((page - 1) * size, available)
  const end = Math.min(start + size, available)
  const listed = files.slice(start, end).map(async ({ section }, index) => ({
    section,
    entry: await entryOf(world, origin, job, start + index + 1),
  }))
  const entries = await Promise.all(listed)
  const section = (name: JobFile['section']) =>
    entries.filter((one) => one.section === name).map(({ entry }) => entry)
  const statusUrl = origin + world.statusPath.build({ job: job.id })
  const next = `${statusUrl}${statusUrl.includes('?') ? '&' : '?'}page=${page + 1}`
  const { organizedBy } = job.wishes
  const manifest = {
    transactionTime: new Date(job.transactionAt).toISOString(),
    request: job.request,
    requiresAccessToken: world.requiresAccessToken,
    ...(organizedBy === undefined ? {} : { outputOrganizedBy: organizedBy }),
    output: section('output'),
    ...(deleted ? { deleted: section('deleted') } : {}),
    error: section('error'),
    ...(end < available ? { link: [{ relation: 'next', url: next }] } : {}),
  }
  return reshape(manifest, world.jobs.view(job)) as ManifestJson
}

/** The manifest of a complete job, or the page of it that is asked for. */
export const manifestOf = async (world: World, request: Request, job: Job): Promise<ManifestJson> =>
  manifestPage(world, request, job, (await job.files).length)

/** How many files of a job that goes on are there: those of whole pages, so that no page changes later. */
export const availableFiles = (world: World, job: Job): number => {
  const { planned = [] } = job
  if (!job.wishes.partialManifests || world.personality.manifest.partialPages === 0) return 0
  const { fraction } = world.jobs.view(job)
  const size = pageSizeOf(world, job, planned.length)
  return Math.min(planned.length, Math.floor((fraction * planned.length) / size) * size)
}

/** What is there of the manifest of a job that goes on; undefined: nothing, or nobody wants it. */
export const partialManifestOf = async (
  world: World,
  request: Request,
  job: Job,
): Promise<ManifestJson | undefined> => {
  if (job.failure !== undefined) return undefined
  const available = availableFiles(world, job)
  const isThere = available > (pageOf(request) - 1) * pageSizeOf(world, job, job.planned?.length ?? 0)
  return isThere ? manifestPage(world, request, job, available) : undefined
}
