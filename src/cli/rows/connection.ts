/** Option rows: which server, and who we are to it. */
import { choice, file, list, one, repeatable } from '../kinds.js'
import type { OptionRow } from '../options.js'
import { parseHeader, parseOrigin, parseProxy, parseServer } from '../values.js'

export const connectionRows = {
  server: {
    group: 'server',
    value: '<url>',
    help: 'FHIR base URL, or mock: for the bundled server',
    kind: one('an http(s) URL, or mock:', 'https://ehr.example/fhir', parseServer),
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
    kind: one('an http(s) URL', 'http://proxy.example:3128', parseProxy),
  },
  auth: {
    group: 'identity',
    value: '<method>',
    help: 'none or bearer; guessed from what is given',
    kind: choice('none', 'bearer'),
  },
  'token-file': {
    group: 'identity',
    value: '<file>',
    help: 'bearer token; or BULKX_TOKEN in the environment',
    kind: file,
  },
  'trust-origin': {
    group: 'identity',
    value: '<origin>',
    help: 'another origin that may see the credential',
    kind: list('an origin', 'https://files.example', parseOrigin),
  },
} as const satisfies Record<string, OptionRow>
