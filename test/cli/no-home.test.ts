/** A process whose user the system does not know, as in many containers, has no home. */
import { expect, test } from 'vitest'
import { stateDirectory } from '../../src/cli/job-list.js'
import { configDirectory } from '../../src/cli/profile-file.js'

const homeless = (env: Record<string, string | undefined>): Parameters<typeof stateDirectory>[0] => ({
  env,
  platform: 'linux',
  get home(): string {
    throw new Error('no home')
  },
})

test.each([
  { BULKX_STATE_DIR: '/srv/bulkx', BULKX_CONFIG_DIR: '/srv/bulkx' },
  { XDG_STATE_HOME: '/srv', XDG_CONFIG_HOME: '/srv' },
])('nobody asks for it where $BULKX_STATE_DIR$XDG_STATE_HOME is named', (env) => {
  expect([stateDirectory(homeless(env)), configDirectory(homeless(env))]).toEqual([
    '/srv/bulkx',
    '/srv/bulkx',
  ])
})
