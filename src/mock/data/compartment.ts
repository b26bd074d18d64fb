/** Patient compartments: whose data a resource is, as far as bulk data sets use them. */
import type { Resource, Selection } from './source.js'

/** The elements that put a resource into a patient's compartment. */
const compartmentElements = ['subject', 'patient', 'beneficiary', 'individual', 'for', 'member'] as const

const referencedPatient = (value: unknown): string | undefined => {
  const reference = (value as { reference?: unknown } | undefined)?.reference
  return typeof reference === 'string' ? /(?:^|\/)Patient\/([^/]+)/.exec(reference)?.[1] : undefined
}

/** The ids of the patients in whose compartments a resource is; none for a supporting resource. */
export const compartmentsOf = (resource: Resource): string[] => {
  if (resource.resourceType === 'Patient') return resource.id === undefined ? [] : [resource.id]
  return compartmentElements.flatMap((element) => {
    const value = resource[element]
    return (Array.isArray(value) ? value : [value]).flatMap((one) => referencedPatient(one) ?? [])
  })
}

/** Whether a resource is in the compartments that a selection is about. */
export const belongs = (resource: Resource, selection: Selection): boolean => {
  const compartments = compartmentsOf(resource)
  if (compartments.length === 0) return selection.supporting
  return selection.patients === undefined || compartments.some((id) => selection.patients?.has(id))
}
