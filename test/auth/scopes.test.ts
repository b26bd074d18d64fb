/** Scopes: derived from types, and compared. */
import { describe, expect, test } from 'vitest'
import { deriveScopes, missingScopes, type ScopeHints, typesNotGranted } from '../../src/auth/scopes.js'

const hints = (scopesSupported: string[], capabilities: string[] = []): ScopeHints => ({
  scopesSupported,
  capabilities,
})

describe('derived', () => {
  test.each<[string, string[], ScopeHints | undefined, string]>([
    ['no type: everything', [], undefined, 'system/*.rs'],
    ['types', ['Patient', 'Group'], undefined, 'system/Patient.rs system/Group.rs'],
    ['a type twice', ['Patient', 'Patient'], undefined, 'system/Patient.rs'],
    ['v1 scopes', ['Patient'], hints(['openid', 'system/*.read']), 'system/Patient.read'],
    ['v1 in everything', [], hints(['system/*.*']), 'system/*.read'],
    ['v2 scopes', ['Patient'], hints(['system/Patient.rs']), 'system/Patient.rs'],
    ['both', ['Patient'], hints(['system/*.read', 'system/*.r']), 'system/Patient.rs'],
    ['permission-v1', ['Patient'], hints([], ['permission-v1']), 'system/Patient.read'],
    ['permission-v2', [], hints([], ['permission-v1', 'permission-v2']), 'system/*.rs'],
    ['v1 scopes, permission-v2', [], hints(['system/*.read'], ['permission-v2']), 'system/*.rs'],
    ['other words', [], hints(['openid', 'launch', 'system/*.$export']), 'system/*.rs'],
  ])('%s', (_, types, from, want) => {
    expect(deriveScopes(types, from)).toBe(want)
  })
})

describe('A-05 missing', () => {
  test.each<[asked: string, granted: string, missing: string[]]>([
    ['system/Patient.rs', 'system/Patient.rs', []],
    ['system/Patient.rs', 'system/Patient.read', []],
    ['system/Patient.read', 'system/Patient.rs', []],
    ['system/Patient.read', 'system/Patient.cruds', []],
    ['system/Patient.rs', 'system/Patient.*', []],
    ['system/Patient.rs', 'system/*.rs', []],
    ['system/Patient.rs', 'system/*.*', []],
    ['system/Patient.rs', 'system/Patient.r system/Patient.s', []],
    ['system/Patient.rs', 'system/Patient.r system/*.s', []],
    ['system/Patient.rs', 'system/Patient.r', ['system/Patient.rs']],
    ['system/Patient.r', 'system/Patient.rs', []],
    ['system/Patient.read', 'system/Patient.write', ['system/Patient.read']],
    ['system/Patient.rs system/Group.rs', 'system/Patient.rs', ['system/Group.rs']],
    ['system/*.rs', 'system/Patient.rs system/Group.rs', ['system/*.rs']],
    ['system/*.read', 'system/*.rs', []],
    ['system/Patient.rs', 'patient/Patient.rs', ['system/Patient.rs']],
    ['system/Patient.rs', '', ['system/Patient.rs']],
    ['', 'system/Patient.rs', []],
    ['system/Observation.rs', 'system/Observation.rs?category=laboratory', ['system/Observation.rs']],
    ['system/Observation.rs?category=laboratory', 'system/Observation.rs', []],
    ['system/*.$export', 'system/*.$export', []],
    ['system/*.$export', 'system/*.rs', ['system/*.$export']],
    ['system/DiagnositcReport.read', 'system/DiagnositcReport.read', []],
    ['system/Patient.rs', 'system/Group.rs,system/Patient.rs', []],
    ['system/Patient.rs', 'system/Patient.sr', ['system/Patient.rs']],
  ])('%s of %s: %j', (asked, granted, missing) => {
    expect(missingScopes(asked, granted)).toEqual(missing)
  })
})

describe('types that are certainly not granted', () => {
  test.each<[granted: string, types: string[]]>([
    ['system/Patient.rs', ['Condition', 'Observation']],
    ['system/Patient.read system/Condition.read', ['Observation']],
    ['user/Patient.rs patient/Condition.r', ['Observation']],
    ['system/Patient.rs system/Observation.rs?category=laboratory', ['Condition']],
    ['system/Patient.rs system/Condition.cud system/Observation.write', ['Condition', 'Observation']],
    ['system/patient.rs,system/CONDITION.s', ['Observation']],
    ['openid fhirUser launch/patient offline_access system/Patient.rs', ['Condition', 'Observation']],
    ['system/*.rs', []],
    ['user/*.read', []],
    ['system/*.*', []],
    ['system/Patient.rs bulk-data', []],
    ['system/Patient.rs system/*.$export', []],
    ['system/Patient.rs https://ehr.example/.default', []],
    ['system/Patient.rs system/Cond…', []],
    ['system/Patient.constructor', []],
    ['openid', []],
    ['', []],
  ])('%s', (granted, types) => {
    expect(typesNotGranted(['Patient', 'Condition', 'Observation'], granted)).toEqual(types)
  })

  test('a permission that every object has is none', () => {
    expect(missingScopes('system/Patient.rs', 'system/Patient.constructor')).toEqual(['system/Patient.rs'])
  })
})
