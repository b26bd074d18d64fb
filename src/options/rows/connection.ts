/** Option rows: which server, and how to reach it. */
import { address, file, one, repeatable, text } from '../kinds.js'
import type { OptionRow } from '../options.js'
import { parseHeader, parseProfileName, parseProxy, parseServer } from '../values.js'

export const connectionRows = {
  server: {
    group: 'server',
    value: '<url>',
    help: 'FHIR base URL, or mock: for the bundled server',
    completes: 'server',
    kind: address(one('an http(s) URL, or mock:', 'https://ehr.example/fhir', parseServer)),
  },
  profile: {
    group: 'server',
    value: '<name>',
    help: 'settings kept under this name; none for no profile at all',
    completes: 'profile',
    kind: one('a name of letters, digits, dots, - and _', 'epic', parseProfileName),
  },
  preset: {
    group: 'server',
    value: '<name>',
    help: 'settings and advice for a known server; see `bulkx help presets`',
    completes: 'preset',
    kind: text('a name', 'oracle'),
  },
  header: {
    group: 'server',
    value: '<line>',
    help: "header for the server, 'Name: value'; no credentials",
    kind: repeatable('a header line', "'X-Tenant: 42'", parseHeader),
  },
  'header-file': {
    group: 'server',
    value: '<file>',
    help: 'headers that are a credential, one a line',
    kind: file,
  },
  ca: { group: 'server', value: '<file>', help: 'trust these certificate authorities too (PEM)', kind: file },
  cert: { group: 'server', value: '<file>', help: 'client certificate for mutual TLS (PEM)', kind: file },
  'cert-key': { group: 'server', value: '<file>', help: 'private key of the client certificate', kind: file },
  proxy: {
    group: 'server',
    value: '<url>',
    help: 'proxy; otherwise HTTPS_PROXY, HTTP_PROXY, NO_PROXY',
    kind: address(one('an http(s) URL', 'http://proxy.example:3128', parseProxy)),
  },
} as const satisfies Record<string, OptionRow>
