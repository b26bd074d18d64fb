/** Da Vinci Member Attribution and Payer Data Exchange, as Payerbox and Smile CDR document it. */
import { HOUR_MS, personality } from '../personality.js'

export const davinci = personality({
  name: 'davinci',
  summary: 'Da Vinci payers: groups by POST of $davinci-data-export, whose exportType is canonical or text',
  example:
    'Group/123 --method post --operation $davinci-data-export --param exportType:canonical=hl7.fhir.us.davinci-pdex#provider-delta',
  operation: '$davinci-data-export',
  levels: ['group'],
  paths: { storage: '/exports/{job}/{number}' },
  kickOff: { methods: ['post'] },
  refusals: { noParameters: 422 },
  parameters: ['exportType', 'patient', '_since', '_until', '_type', '_typeFilter'],
  datatypes: {
    exportType: ['valueCanonical', 'valueString'],
    _since: ['valueInstant', 'valueDateTime'],
    _until: ['valueInstant', 'valueDateTime'],
  },
  progress: () => undefined,
  retryAfter: () => undefined,
  requiresAccessToken: false,
  files: { held: 'storage' },
  elsewhere: { used: true, credential: 'refused', signedMs: HOUR_MS },
})
