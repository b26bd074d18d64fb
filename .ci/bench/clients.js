// The command lines that are compared.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { programPath } from './programs.js'

/** Downloads at once, of everybody. */
export const parallel = 8

export const ownProgram = fileURLToPath(new URL('../../bin/bulkx.js', import.meta.url))

/** curl is handed the URLs: it asks for no manifest, and checks nothing. */
export const curl = ({ compressed = false, synced = false } = {}) => ({
  name: compressed ? 'curl --compressed' : 'curl',
  argv: ({ files, out, ca, folder }) => {
    const list = join(folder, 'curl.config')
    const entries = files.map(
      ({ url }, position) => `url="${url}"\noutput="${join(out, `${position}.ndjson`)}"\n`,
    )
    writeFileSync(list, entries.join(''))
    const words = ['-sS', '--fail', '--parallel', '--parallel-immediate', '--parallel-max', String(parallel)]
    const argv = [programPath('curl'), ...words, '--cacert', ca, ...(compressed ? ['--compressed'] : [])]
    if (!synced) return [...argv, '--config', list]
    // Our own files are synced one by one before they get their names.
    return ['sh', '-c', 'out=$1; shift; "$@" && sync "$out"/*', 'sh', out, ...argv, '--config', list]
  },
})

export const bulkx = (program = ownProgram, name = 'bulkx') => ({
  name,
  argv: ({ fhirUrl, out, ca }) => [
    process.execPath,
    ...[program, 'export', '--server', fhirUrl, '--out', join(out, 'export')],
    ...['--parallel', String(parallel), '--ca', ca, '--quiet'],
  ],
})
