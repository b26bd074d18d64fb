/** All checks, in the order in which one explains the next. */
import { baseUrl } from './base-url.js'
import type { Check } from './check.js'
import { capabilityStatement, types } from './declared.js'
import { directory, space } from './directory.js'
import { group } from './group.js'
import { clock, discovery, key } from './identity.js'
import { network } from './network.js'
import { proxy } from './proxy.js'
import { scopes, token } from './token.js'
import { vendor } from './vendor.js'

export const checks: readonly Check[] = [
  { id: 'proxy', title: 'proxy', needs: [], run: proxy },
  { id: 'network', title: 'network', needs: [], run: network },
  { id: 'base-url', title: 'FHIR base URL', needs: ['network'], run: baseUrl },
  { id: 'capability-statement', title: 'server', needs: ['base-url'], run: capabilityStatement },
  { id: 'vendor', title: 'vendor', needs: ['base-url'], run: vendor },
  { id: 'discovery', title: 'token endpoint', needs: ['base-url'], run: discovery },
  { id: 'key', title: 'key', needs: [], run: key },
  { id: 'clock', title: 'clock', needs: ['network'], run: clock },
  { id: 'token', title: 'token', needs: ['discovery', 'key', 'clock'], run: token },
  { id: 'scopes', title: 'scopes', needs: ['token'], run: scopes },
  { id: 'types', title: 'types', needs: ['base-url'], run: types },
  { id: 'group', title: 'group', needs: ['base-url', 'token'], run: group },
  { id: 'directory', title: 'output directory', needs: [], run: directory },
  { id: 'space', title: 'disk space', needs: [], run: space },
]
