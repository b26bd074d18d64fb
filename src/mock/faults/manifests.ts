/** Faults of the manifest. */
import { editManifest, entriesOf, type Fault } from '../edit.js'
import { reach, row } from '../fault-row.js'
import type { Matcher } from '../matcher.js'

/** The manifest's count of a file is wrong by so many. Default: the first file, in every manifest, by one. */
const wrongCount = ({ file = 1, by = 1, ...matcher }: Omit<Matcher, 'on'> & { by?: number }): Fault =>
  editManifest('wrongCount', matcher, (manifest, call) => {
    for (const entry of entriesOf(manifest)) {
      const isIt = typeof entry.url === 'string' && call.fileAt(entry.url)?.number === file
      if (isIt && typeof entry.count === 'number') entry.count += by
    }
  })

export const manifestFaults = { wrongCount } as const

export const manifestFaultRows = {
  wrongCount: row(wrongCount, 'a wrong count in the manifest', { ...reach.file, by: 'integer' }),
} as const
