/** The rows that are played, by the part of the export that they are about. */
import { cancelRows } from './cancel.js'
import { contentRows } from './contents.js'
import { fileRows } from './files.js'
import { kickOffRows } from './kick-off.js'
import { manifestRows } from './manifest.js'
import { pollingRows } from './polling.js'
import type { Row, Waived } from './row.js'
import { transferRows } from './transfers.js'

export const sections: Readonly<Record<string, readonly (Row | Waived)[]>> = {
  'kick-off': kickOffRows,
  polling: pollingRows,
  manifest: manifestRows,
  files: [...fileRows, ...contentRows, ...transferRows],
  'cancel, cleanup, resume': cancelRows,
}
