/** Resources that an export both delivers and reports as deleted: the IG forbids it, and a merge would have to guess. */
import { isObject, type Json, parseJson } from '../json.js'
import { linesOf } from '../ndjson/lines.js'
import type { Job } from './export.js'
import type { Finding } from './facts.js'
import { type OutputFile, storedName, typesOf } from './files.js'

/** Deleted resources that are kept in mind; a delta has some thousands. */
const deletedMax = 1_000_000

/** `Type/id` of each entry of a transaction Bundle that deletes. */
const deletions = (bundle: Json): string[] => {
  const entries: unknown[] = Array.isArray(bundle.entry) ? bundle.entry : []
  return entries.flatMap((entry) => {
    const request = isObject(entry) && isObject(entry.request) ? entry.request : {}
    return request.method === 'DELETE' && typeof request.url === 'string' ? [request.url] : []
  })
}

async function* resources(job: Job, file: OutputFile): AsyncGenerator<Json> {
  const options = { gzip: file.stored?.gzip === true, maxLineBytes: job.config.files.maxLineBytes }
  for await (const line of linesOf(job.sink.read(storedName(file)), options)) {
    const value = parseJson(line)
    if (isObject(value)) yield value
  }
}

const deletedResources = async (job: Job, files: OutputFile[]): Promise<Set<string>> => {
  const deleted = new Set<string>()
  for (const file of files) {
    for await (const bundle of resources(job, file)) {
      for (const reference of deletions(bundle)) if (deleted.size < deletedMax) deleted.add(reference)
    }
  }
  return deleted
}

/** One finding a file. Reads the output again, but only of types that something was deleted of. */
export const conflicts = async (job: Job): Promise<Finding[]> => {
  const files = [...job.state.files.values()].filter((file) => file.stored)
  const deleted = await deletedResources(
    job,
    files.filter(({ section }) => section === 'deleted'),
  )
  const types = new Set([...deleted].map((reference) => reference.split('/')[0]))
  const found: Finding[] = []
  const isConcerned = (file: OutputFile): boolean =>
    file.section === 'output' && typesOf(file).some((type) => types.has(type))
  for (const file of files.filter(isConcerned)) {
    let number = 0
    for await (const { resourceType, id } of resources(job, file))
      if (deleted.has(`${resourceType}/${id}`)) number += 1
    const message = `${number} of its resources are reported as deleted too`
    if (number > 0)
      found.push({ severity: 'warning', code: 'delivered-and-deleted', message, file: file.name })
  }
  return found
}
