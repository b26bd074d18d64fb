/** Option rows: what to export. The environment never sets these. */
import { choice, flag, list, one, repeatable, text } from '../kinds.js'
import type { OptionRow } from '../options.js'
import { parseType, typeMeant } from '../resource-types.js'
import {
  instantMeant,
  parseAssociated,
  parseElement,
  parseInstant,
  parseOperation,
  parseParameter,
  parsePatientArgument,
  parseSince,
} from '../values.js'

export const questionRows = {
  type: {
    group: 'question',
    value: '<types>',
    help: 'resource types',
    completes: 'type',
    kind: { ...list('a resource type', 'Patient,Observation', parseType), meant: typeMeant },
  },
  since: {
    group: 'question',
    value: '<instant>',
    help: 'only what changed since this instant, or date where the server takes one; last: since the last such export outside of data sets that ended well',
    completes: 'since',
    kind: {
      ...one('a date, an instant with time zone, or last', '2026-01-31T00:00:00Z', parseSince),
      meant: instantMeant,
    },
  },
  until: {
    group: 'question',
    value: '<instant>',
    help: 'only what changed until this instant or date',
    kind: {
      ...one('a date or an instant with time zone', '2026-01-31T00:00:00Z', parseInstant),
      meant: instantMeant,
    },
  },
  elements: {
    group: 'question',
    value: '<names>',
    help: 'only these elements',
    kind: list('an element name', 'id,Patient.name', parseElement),
  },
  'type-filter': {
    group: 'question',
    value: '<query>',
    help: 'search within a type; repeatable, commas stay inside',
    kind: repeatable(
      "a search like 'Type?parameter=value'",
      "'Observation?category=laboratory'",
      (given) => given,
    ),
  },
  patient: {
    group: 'question',
    value: '<ids>',
    help: 'only these patients: ids, @file (one id or Patient/id a line, # comments), or @- for stdin; implies --method post',
    kind: list('an id, Patient/<id>, @<file> or @-', 'Patient/123', parsePatientArgument),
  },
  'include-associated-data': {
    group: 'question',
    value: '<codes>',
    help: 'associated data sets; <system>|<code> is sent as a Coding',
    kind: list('a code', 'LatestProvenanceResources', parseAssociated),
  },
  'organize-output-by': {
    group: 'question',
    value: '<type>',
    help: 'lines in blocks, one for each resource of this type',
    completes: 'type',
    kind: { ...one('a resource type', 'Patient', parseType), meant: typeMeant },
  },
  'allow-partial-manifests': {
    group: 'question',
    help: 'let the server list files before it is done',
    kind: flag,
  },
  'output-format': {
    group: 'question',
    value: '<type>',
    help: 'media type of the files',
    kind: text('a media type', 'application/fhir+ndjson'),
  },
  param: {
    group: 'question',
    value: '<name=value>',
    help: 'any other parameter; name:type=value for its datatype in a POST',
    kind: repeatable('a parameter', '_mdm=true', parseParameter),
  },
  lenient: { group: 'question', help: 'let the server ignore parameters that it does not know', kind: flag },
  method: {
    group: 'question',
    value: '<how>',
    help: 'kick-off by get, post, or post-query (POST with a query)',
    byDefault: 'get',
    kind: choice('get', 'post', 'post-query'),
  },
  'list-style': {
    group: 'question',
    value: '<how>',
    help: 'lists in the query: comma or repeat',
    byDefault: 'comma',
    kind: choice('comma', 'repeat'),
  },
  operation: {
    group: 'question',
    value: '<name>',
    help: 'name of the operation',
    byDefault: '$export',
    kind: one('an operation name', '$export', parseOperation),
  },
} as const satisfies Record<string, OptionRow>
