/** The pages behind a manifest whose job goes on: read for their files, and once more when the job is complete. */
import type { StatusResponse } from '../protocol/status.js'
import type { OutputManifest } from '../protocol/types.js'
import type { Job } from './export.js'
import type { Fact } from './facts.js'
import { newsOf } from './pages.js'

/**
 * STU3 and STU4: a page does not change once it was listed, but a link to a further one may be added, so that what a
 * page leads to is enough to know of it. No page is taken for the last one here: that the job is complete, only its
 * status says. `look` answers nothing for a page that is not followed. What cannot be had is asked for again at the
 * next look.
 */
export async function* pagesBehind(
  job: Job,
  first: OutputManifest,
  look: (page: string) => Promise<StatusResponse | undefined>,
): AsyncGenerator<Fact[]> {
  const { state } = job
  const seen = new Set([state.pollingLocation])
  let page = first.next
  while (page !== undefined && !seen.has(page)) {
    seen.add(page)
    const known = state.pages.get(page)?.next
    if (known !== undefined) {
      page = known
      continue
    }
    const response = await look(page)
    const manifest = response && 'manifest' in response ? response.manifest : undefined
    if (!manifest) return
    const news = newsOf(state, page, manifest)
    if (news) yield [news]
    page = manifest.next
  }
}
