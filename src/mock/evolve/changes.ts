/** What happens to the resources and groups of a server that changes: a log of events, each at its own instant. */

interface At {
  /** Epoch milliseconds; no other event, and no export, is of the same instant. */
  at: number
}

/** A resource was created, changed, or created again after it was deleted. */
export interface Put extends At {
  kind: 'put'
  type: string
  id: string
  line: string
}

export interface Deleted extends At {
  kind: 'deleted'
  type: string
  id: string
  /** As it was. */
  line: string
  /** In whose compartments it was. */
  patients: readonly string[]
}

/** `lost`: no member any more, because the patient was deleted. */
export type Standing = 'active' | 'inactive' | 'gone' | 'lost'

export interface Membered extends At {
  kind: 'membered'
  group: string
  patient: string
  as: Standing
}

export type Change = Put | Deleted | Membered

/** `Omit` of each of them. */
type Undated<T> = T extends At ? Omit<T, 'at'> : never

export type UndatedChange = Undated<Change>
