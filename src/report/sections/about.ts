/** What made the files and this page, as far as it is recorded. */
import { type Content, html } from '../html.js'
import { facts, timeOf } from '../parts.js'
import { foreignName } from '../words.js'

export interface Making {
  /** Epoch milliseconds. */
  madeAt: number
  version: string
  platform: string
}

export const about = (
  { madeAt, version, platform }: Making,
  known: { exportId?: string; version?: string },
): Content =>
  html`<footer><h2 id="about">About this page</h2>${facts([
    ...(known.exportId === undefined
      ? []
      : ([['Export id', html`<code>${foreignName(known.exportId)}</code>`]] as const)),
    [
      'Files stored by',
      known.version === undefined ? 'a version that is not recorded' : `bulkx ${foreignName(known.version)}`,
    ],
    ['Node and platform then', 'not recorded'],
    ['Page made by', `bulkx ${version} on ${platform}`],
    ['Page made at', html`${timeOf(madeAt)} UTC`],
  ])}<p>All figures are from the journal and manifest.json. No resource, and no line of a data file, is on this page.</p></footer>`
