/** How a file came that is whole: what its URL, its headers and its end leave to be said. */
import type { StoredFile } from '../fetch/task.js'
import type { Finding } from './facts.js'
import type { OutputFile } from './files.js'

type Told = Omit<Finding, 'file'>

const told: readonly [keyof StoredFile, Told][] = [
  [
    'raisedToHttps',
    {
      severity: 'warning',
      code: 'raised-to-https',
      message: 'its URL was plain http and was asked over https',
    },
  ],
  [
    'notCompressed',
    {
      severity: 'warning',
      code: 'not-compressed',
      message: 'its Content-Encoding says gzip, and its bytes are plain: a proxy may have unpacked it',
    },
  ],
  [
    'endUnproved',
    {
      severity: 'information',
      code: 'end-unproved',
      message:
        'that it is whole is not proved: no length, no count and no checksum, it ended with the connection',
    },
  ],
]

/** Those of a file that is on disk. */
export const arrivalFindings = ({ name, stored }: OutputFile): Finding[] =>
  told.flatMap(([key, finding]) => (stored?.[key] === true ? [{ ...finding, file: name }] : []))
