/** Where the pretend server's resources come from: what a source of data promises. */
import type { Content } from '../content.js'
import type { OutcomeIssue } from '../outcome.js'

/** A resource as far as filters look into it. */
export interface Resource {
  resourceType: string
  id?: string
  meta?: { lastUpdated?: string }
  [element: string]: unknown
}

/** What is wanted of one type. With neither of the functions the lines are served as they are. */
export interface Selection {
  /** Only the compartments of these patients (ids); absent: of everybody. */
  patients?: ReadonlySet<string>
  /** Whether resources outside of every patient's compartment come too. */
  supporting: boolean
  keep?: (resource: Resource) => boolean
  rewrite?: (line: string) => string
  /** Text that determines `keep` and `rewrite`, so that equal selections have equal ETags. */
  key: string
}

export interface Deletion {
  type: string
  id: string
  /** The id of the patient in whose compartment the resource was. */
  patient?: string
  /** Epoch milliseconds. */
  at: number
}

/** How the membership of a group came to be what it is. */
export interface Membership {
  /** Listed, and said to be inactive: no members. */
  inactive: ReadonlySet<string>
  /** When they became members, epoch milliseconds; those who always were are not among them. */
  joinedAt: ReadonlyMap<string, number>
  /** Patients who were members until they were deleted. */
  lost: ReadonlySet<string>
}

export interface DataSource {
  /** In the order of the manifest. */
  readonly types: readonly string[]
  hasPatient(id: string): Promise<boolean>
  /** The members of a group: ids, or everybody. Undefined when there is no such group. */
  group(id: string): Promise<ReadonlySet<string> | 'everybody' | undefined>
  /** The lines of a type in files of at most `pageSize` resources; no file when there is no line. */
  select(type: string, selection: Selection, pageSize: number): Promise<Content[]>
  deletions(): Iterable<Deletion>
  /** Absent, or undefined: the members of the group have always been the same. */
  membership?(id: string): Membership | undefined
  /** What the server has to say of an export, as a file of OperationOutcomes; absent: nothing. */
  reports?(): readonly OutcomeIssue[]
}

/** The group of the first ten patients, and the group of all. */
export const GROUP_OF_TEN = '123'
export const GROUP_OF_ALL = 'all'
export const GROUP_OF_TEN_SIZE = 10
