/** How bulkx uses a local disk: modes, our own folder, and making directories durable. */
import { open } from 'node:fs/promises'
import { platform } from 'node:os'

/** Only the owner: files hold health data, and the journal may hold signed URLs. */
export const fileMode = 0o600
export const directoryMode = 0o700

/** Our own folder in a job's directory. Nothing in it ends in .ndjson: consumers read folders recursively. */
export const privateFolder = '.bulkx'

/** Makes the entries of a directory durable. Windows cannot, and needs not. */
export const syncDirectory = async (directory: string): Promise<void> => {
  if (platform() === 'win32') return
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
